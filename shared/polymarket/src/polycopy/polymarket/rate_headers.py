"""What an answer's headers say of the venue's rate limits: `Poly-RateLimit-*` and `Retry-After`.

The former come with answers to orders and cancels, and tell of the signer's bucket that the request
was taken from. They are no promise: other requests may be on their way.
Source: docs.polymarket.com trading rate limits.
"""

import re
from collections.abc import Mapping

import msgspec

_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]*)?")
_TIER_MAX = 40


class RateNotice(msgspec.Struct, frozen=True, kw_only=True):
    """`remaining`: tokens left, below 0 where cancels are owed. `reset_s`: when waiting ends, in
    epoch seconds of the venue; not when the bucket is full. `warned`: with the limits in force this
    request would have been turned away. `retry_after_s` is 0 where nothing is said."""

    remaining: int | None = None
    reset_s: int | None = None
    tier: str = ""
    warned: bool = False
    retry_after_s: int = 0

    @property
    def of_the_signer(self) -> bool:
        """Whether the venue itself speaks, and not the edge before it."""
        return self.remaining is not None


def read_rate_headers(headers: Mapping[str, str]) -> RateNotice:
    """Never raises. What cannot be read was not said: a date as `Retry-After`, too."""
    told = {name.lower(): value.strip() for name, value in headers.items()}
    retry_after_s = _whole(told.get("retry-after", ""), up=True)
    return RateNotice(
        remaining=_whole(told.get("poly-ratelimit-remaining", "")),
        reset_s=_whole(told.get("poly-ratelimit-reset", ""), up=True),
        tier=told.get("poly-ratelimit-tier", "")[:_TIER_MAX].lower(),
        warned=told.get("poly-ratelimit-warning", "").lower() == "true",
        retry_after_s=max(retry_after_s or 0, 0),
    )


def _whole(written: str, *, up: bool = False) -> int | None:
    """On the careful side: what is left is rounded down, a wait up."""
    if not _NUMBER.fullmatch(written):
        return None
    number, _, rest = written.partition(".")
    part = rest.strip("0") != ""
    negative = number.startswith("-")
    if part and up and not negative:
        return int(number) + 1
    return int(number) - 1 if part and not up and negative else int(number)
