"""Order heartbeats: whoever has started them and then falls silent loses all its open orders.

The first call of an API key, with an empty id, arms; every answer gives the id of the next call.
A wrong id is told the right one and buys no time. Nothing disarms but the end itself, after which
the key may start anew. The venue looks every five seconds, so it may be late by as much; here the
end comes when it is due, which is the soonest that a client must be ready for.
"""

import heapq

import msgspec

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.identity import uuid_like
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.messages import Answer, answer
from polycopy.paper_venue.core.protocol.parsing import parsed

SILENCE_US = 10_000_000


class _Asked(msgspec.Struct):
    heartbeat_id: str | None = None


class _Pulse(msgspec.Struct, kw_only=True):
    expected: str
    ends_at_us: int


class Heartbeats:
    """By API key. `seed` makes the ids."""

    def __init__(self, seed: str) -> None:
        self.silence_us = SILENCE_US
        self._seed = seed
        self._pulses: dict[str, _Pulse] = {}
        self._count = 0
        self._ends: list[tuple[int, str]] = []

    def beat(self, api_key: str, body: bytes, now_us: int) -> Answer:
        """`POST /v1/heartbeats`. Body shapes: what `polymarket-client` 0.14.0 sends and reads."""
        asked = parsed(body, _Asked)
        if asked is None:
            return answer(refusals.INVALID_BODY)
        expected = self._expected(api_key, now_us)
        if (asked.heartbeat_id or "") != expected:
            told = {"error_msg": refusals.INVALID_HEARTBEAT, "heartbeat_id": expected}
            return Answer(400, wire.encode(told))
        self._count += 1
        following = uuid_like("heartbeat", self._seed, api_key, self._count)
        self._arm(api_key, following, now_us)
        return Answer(200, wire.encode({"heartbeat_id": following}))

    def beat_simply(self, api_key: str, now_us: int) -> Answer:
        """`POST /heartbeats`, the older call without ids; the newer one then starts with none."""
        self._arm(api_key, "", now_us)
        return Answer(200, wire.encode({"status": "ok"}))

    def deadline_us(self, api_key: str) -> int | None:
        """When this key's orders go unless it is heard. None: it never started."""
        pulse = self._pulses.get(api_key)
        return None if pulse is None else pulse.ends_at_us

    def next_deadline_us(self) -> int | None:
        """The nearest of all keys'. O(log beats), spread over the beats."""
        while self._ends and self.deadline_us(self._ends[0][1]) != self._ends[0][0]:
            heapq.heappop(self._ends)
        return self._ends[0][0] if self._ends else None

    def fallen_silent(self, now_us: int) -> list[str]:
        """Keys whose time is over, the earliest first. Each is named once, and may start anew."""
        silent: list[str] = []
        while (due_us := self.next_deadline_us()) is not None and due_us <= now_us:
            _, api_key = heapq.heappop(self._ends)
            del self._pulses[api_key]
            silent.append(api_key)
        return silent

    def _expected(self, api_key: str, now_us: int) -> str:
        """A pulse that is over expects nothing more, also where nobody has looked yet."""
        pulse = self._pulses.get(api_key)
        return "" if pulse is None or pulse.ends_at_us <= now_us else pulse.expected

    def _arm(self, api_key: str, expected: str, now_us: int) -> None:
        ends_at_us = now_us + self.silence_us
        self._pulses[api_key] = _Pulse(expected=expected, ends_at_us=ends_at_us)
        heapq.heappush(self._ends, (ends_at_us, api_key))
