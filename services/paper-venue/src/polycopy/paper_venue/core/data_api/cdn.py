"""The cache before the Data API, which is what makes its answers old.

What was answered once is answered again, for as long as the path's `max-age` says, to whoever asks
with the very same path and query: a parameter that nobody reads (`_`) asks the indexer itself.
Others saw it on these three paths of version 2 (September 2026); version 1 has none here.
"""

from collections import OrderedDict

import msgspec

from polycopy.paper_venue.core.protocol.messages import Answer

MAX_AGE_S = {"/v2/trades": 300, "/v2/activity": 15, "/v2/positions": 5}
KEPT = 4096
_US_PER_S = 1_000_000


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    answer: Answer
    at_us: int
    max_age_s: int


class Cdn:
    """At most `kept` answers; the one that was asked for longest ago goes first."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._most = kept

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, target: str, now_us: int) -> Answer | None:
        """An answer that is not too old, with its age; it keeps the trace id of its first time."""
        found = self._kept.get(target)
        if found is None:
            return None
        age_s = (now_us - found.at_us) // _US_PER_S
        if not 0 <= age_s < found.max_age_s:
            del self._kept[target]
            return None
        self._kept.move_to_end(target)
        hit = (("Age", str(age_s)), ("X-Cache", "Hit from cloudfront"))
        headers = (*found.answer.headers, _control(found.max_age_s), *hit)
        return msgspec.structs.replace(found.answer, headers=headers)

    def keep(self, target: str, path: str, answer: Answer, now_us: int) -> Answer:
        """The answer as it is sent the first time. Only a 200 of a path with an age is kept."""
        max_age_s = MAX_AGE_S.get(path, 0)
        if not max_age_s or answer.status != 200:  # noqa: PLR2004 - HTTP
            return answer
        self._kept[target] = _Kept(answer=answer, at_us=now_us, max_age_s=max_age_s)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        headers = (*answer.headers, _control(max_age_s), ("X-Cache", "Miss from cloudfront"))
        return msgspec.structs.replace(answer, headers=headers)


def _control(max_age_s: int) -> tuple[str, str]:
    return ("Cache-Control", f"public, max-age={max_age_s}")
