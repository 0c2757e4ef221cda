"""Whom to ask next, since when, and how soon.

Three reasons to ask of a wallet, in this order: somebody looks for it; it is active (it traded, or
was looked for, within `active_ms`); its turn in the sweep has come. Within a reason whoever waits
longest is first. Where the budget is too small for all the sweep takes longer, but never stands
still: after `active_in_row` active wallets one of the sweep is asked.

Rows become visible seconds late and out of order, so a wallet is asked again from the newest row
that was seen minus an overlap, never from "now": the whole overlap in the sweep, a short one
between. What a walk left unread is asked for next, and until then the newest row stays what it was.

Two kinds of times: `now_ms` of a clock that never steps back, `wall_ms` and the rows' times since
the epoch. A step costs O(log n), `aim` O(n).
"""

import heapq
from collections.abc import Collection
from enum import IntEnum

import msgspec

from polycopy.schemas.ids import Wallet


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """`look_again_ms`: when to ask again after a look, as what it is about may not be visible yet;
    `look_gap_ms`: not sooner than this after the last look for the wallet."""

    every_ms: int = 5_000
    sweep_ms: int = 60_000
    overlap_ms: int = 900_000
    short_overlap_ms: int = 60_000
    active_ms: int = 900_000
    active_in_row: int = 4
    look_gap_ms: int = 1_000
    look_again_ms: tuple[int, ...] = (3_000, 6_000, 10_000)


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Read this wallet's rows from `start_s` on; `end_s` 0: to the newest. `number` tells one life
    of a followed wallet from the next."""

    wallet: Wallet
    start_s: int
    end_s: int = 0
    whole: bool
    number: int
    asked_ms: int


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an Ask. `newest_ms` -1: no row. `rest_s`: what is older than that, and it, was
    not read; -1: all was."""

    newest_ms: int = -1
    rest_s: int = -1


_NEVER = -1


class _Why(IntEnum):
    LOOK = 0
    ACTIVE = 1
    SWEEP = 2


class _Hole(msgspec.Struct, frozen=True, kw_only=True):
    """What a walk left: to be read to its end before `newest_ms` counts as seen."""

    start_s: int
    end_s: int
    newest_ms: int
    whole: bool
    asked_ms: int


class _Followed(msgspec.Struct, kw_only=True):
    number: int
    since_ms: int
    swept_ms: int
    active_until_ms: int = 0
    asked_ms: int = -1
    looked_ms: int = -1
    newest_ms: int = -1
    looks_ms: list[int]
    hole: _Hole | None = None
    busy: bool = False
    fails: int = 0
    not_before_ms: int = 0
    never_swept: bool = True
    due_ms: list[int]


class PollSchedule:
    """See above. Deterministic: the same calls give the same answers."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._followed: dict[Wallet, _Followed] = {}
        self._heaps: tuple[list[tuple[int, int, Wallet]], ...] = ([], [], [])
        self._numbers = 0
        self._active_in_row = 0
        self._period_ms = 0

    def __len__(self) -> int:
        return len(self._followed)

    def aim(self, wallets: Collection[Wallet], *, now_ms: int, wall_ms: int) -> None:
        """Follow these and no others. Who is new is asked at once, about the overlap before now."""
        wanted = dict.fromkeys(Wallet(wallet.lower()) for wallet in wallets)
        for wallet in [each for each in self._followed if each not in wanted]:
            del self._followed[wallet]
        for wallet in wanted:
            if wallet not in self._followed:
                self._followed[wallet] = _Followed(
                    number=self._next_number(),
                    since_ms=max(wall_ms - self._pace.overlap_ms, 0),
                    swept_ms=now_ms,
                    looks_ms=[],
                    due_ms=[_NEVER] * len(_Why),
                )
                self._queue(wallet, now_ms)

    def look(self, wallet: Wallet, *, now_ms: int) -> None:
        """Ask of it now, and again while its rows may become visible. A stranger is let pass."""
        found = self._followed.get(wallet)
        if found is None:
            return
        gap_ms = self._pace.look_gap_ms
        soon_ms = now_ms if found.looked_ms < 0 else max(now_ms, found.looked_ms + gap_ms)
        waiting = [at_ms for at_ms in found.looks_ms if at_ms <= soon_ms]
        again = [now_ms + later_ms for later_ms in self._pace.look_again_ms]
        found.looks_ms = [*(waiting[:1] or [soon_ms]), *again]
        found.active_until_ms = max(found.active_until_ms, now_ms + self._pace.active_ms)
        self._queue(wallet, now_ms)

    def wait_ms(self, now_ms: int) -> int | None:
        """How long nobody is to be asked; None: there is nobody."""
        tops = [self._top(why) for why in _Why]
        return min((max(top - now_ms, 0) for top in tops if top is not None), default=None)

    def next(self, *, now_ms: int) -> Ask | None:
        """Whom to ask now. He is not named again before `done`."""
        due = {why for why in _Why if (top := self._top(why)) is not None and top <= now_ms}
        if not due:
            return None
        why = min(due)
        if why is not _Why.SWEEP and _Why.SWEEP in due:
            is_sweep_s_turn = self._active_in_row >= self._pace.active_in_row
            why = _Why.SWEEP if is_sweep_s_turn else why
        self._active_in_row = 0 if why is _Why.SWEEP else self._active_in_row + 1
        return self._asked(self._heaps[why][0][2], why, now_ms)

    def follows(self, ask: Ask) -> bool:
        """Whether the answer is still wanted."""
        found = self._followed.get(ask.wallet)
        return found is not None and found.number == ask.number

    def done(self, ask: Ask, read: Read | None, *, now_ms: int, wall_ms: int) -> None:
        """The walk is over; None: it failed, and is tried again after a growing while."""
        found = self._followed.get(ask.wallet)
        if found is None or found.number != ask.number:
            return
        found.busy = False
        if read is None:
            found.fails += 1
            later_ms = min(self._pace.look_gap_ms << min(found.fails - 1, 16), self._pace.sweep_ms)
            found.not_before_ms = now_ms + later_ms
        else:
            found.fails = found.not_before_ms = 0
            self._heed(found, ask, read)
            age_ms = max(wall_ms - read.newest_ms, 0)
            if read.newest_ms >= 0 and age_ms < self._pace.active_ms:
                until_ms = now_ms + self._pace.active_ms - age_ms
                found.active_until_ms = max(found.active_until_ms, until_ms)
        self._queue(ask.wallet, now_ms)

    def sweep_age_ms(self, now_ms: int) -> int:
        """How long ago the wallet was swept (or added) that is next in the sweep, or what was
        between the last two sweeps of a wallet, where that is longer: the real period."""
        if self._top(_Why.SWEEP) is None:
            return self._period_ms
        waits = self._followed[self._heaps[_Why.SWEEP][0][2]]
        return max(now_ms - waits.swept_ms, self._period_ms)

    def _heed(self, found: _Followed, ask: Ask, read: Read) -> None:
        hole = found.hole
        newest_ms = max(read.newest_ms, hole.newest_ms if hole else -1)
        asked_ms = hole.asked_ms if hole else ask.asked_ms
        if read.rest_s >= 0:
            found.hole = _Hole(
                start_s=ask.start_s,
                end_s=read.rest_s,
                newest_ms=newest_ms,
                whole=ask.whole,
                asked_ms=asked_ms,
            )
            return
        found.hole = None
        found.newest_ms = max(found.newest_ms, newest_ms)
        if ask.whole:
            self._period_ms = 0 if found.never_swept else asked_ms - found.swept_ms
            found.swept_ms, found.never_swept = asked_ms, False

    def _asked(self, wallet: Wallet, why: _Why, now_ms: int) -> Ask:
        found = self._followed[wallet]
        found.busy = True
        found.due_ms = [_NEVER] * len(_Why)
        found.asked_ms = now_ms
        if why is _Why.LOOK:
            found.looked_ms = now_ms
        found.looks_ms = [at_ms for at_ms in found.looks_ms if at_ms > now_ms]
        hole = found.hole
        if hole is None:
            whole = now_ms >= self._sweep_ms(found)
            start_s, end_s = self._start_s(found, whole=whole), 0
        else:
            whole, start_s, end_s = hole.whole, hole.start_s, hole.end_s
        return Ask(
            wallet=wallet,
            start_s=start_s,
            end_s=end_s,
            whole=whole,
            number=found.number,
            asked_ms=now_ms,
        )

    def _start_s(self, found: _Followed, *, whole: bool) -> int:
        if found.newest_ms < 0:
            return found.since_ms // 1000
        overlap_ms = self._pace.overlap_ms if whole else self._pace.short_overlap_ms
        return max(found.newest_ms - overlap_ms, found.since_ms) // 1000

    def _sweep_ms(self, found: _Followed) -> int:
        """Whoever is new is first."""
        return 0 if found.never_swept else found.swept_ms + self._pace.sweep_ms

    def _queue(self, wallet: Wallet, now_ms: int) -> None:
        """Everything for which the wallet is to be asked again, by when it is due."""
        found = self._followed[wallet]
        if found.busy:
            return
        for why, due_ms in zip(_Why, self._due_ms(found, now_ms), strict=True):
            at_ms = due_ms if due_ms == _NEVER else max(due_ms, found.not_before_ms)
            if at_ms not in (_NEVER, found.due_ms[why]):
                found.due_ms[why] = at_ms
                heapq.heappush(self._heaps[why], (at_ms, self._next_number(), wallet))

    def _due_ms(self, found: _Followed, now_ms: int) -> tuple[int, int, int]:
        """By reason."""
        look_ms = active_ms = _NEVER
        if found.looks_ms:
            look_ms = found.looks_ms[0]
            if found.looked_ms >= 0:
                look_ms = max(look_ms, found.looked_ms + self._pace.look_gap_ms)
        again_ms = found.asked_ms + self._pace.every_ms
        if found.hole is not None:
            active_ms = now_ms
        elif found.asked_ms >= 0 and again_ms < found.active_until_ms:
            active_ms = again_ms
        return look_ms, active_ms, self._sweep_ms(found)

    def _top(self, why: _Why) -> int | None:
        """When the first of them is due. What is not true any more is thrown away here."""
        heap = self._heaps[why]
        while heap:
            at_ms, _, wallet = heap[0]
            found = self._followed.get(wallet)
            if found is not None and found.due_ms[why] == at_ms:
                return at_ms
            heapq.heappop(heap)
        return None

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers
