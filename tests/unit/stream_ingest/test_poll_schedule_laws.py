"""Laws of the poll: nobody is forgotten, nobody who left is asked, nothing is skipped."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.core.budget import SPAN_MS, Budget
from polycopy.stream_ingest.core.poll_schedule import Ask, Pace, PollSchedule, Read

WALL_MS = 1_795_000_000_000
PACE = Pace(every_ms=500, sweep_ms=6_000, overlap_ms=90_000, active_ms=9_000)
WALLETS = [Wallet(f"0x{number:040x}") for number in range(12)]
NAMES = st.sampled_from(WALLETS)
STEPS = st.lists(
    st.tuples(st.just("look"), NAMES)
    | st.tuples(st.just("aim"), st.sets(NAMES))
    | st.tuples(st.just("pass"), st.integers(0, 2_000))
    | st.tuples(st.just("fail"), st.just(0))
    | st.tuples(st.just("rest"), st.integers(0, 80_000))
    | st.tuples(st.just("read"), st.integers(0, 20_000)),
    max_size=80,
)


@given(st.integers(1, 5), st.lists(st.integers(0, 700), min_size=1, max_size=60))
def test_no_second_has_more_requests_than_the_budget(per_second: int, pauses: list[int]) -> None:
    budget, now_ms, sent = Budget(per_second), 0, list[int]()
    for pause_ms in pauses:
        now_ms += pause_ms
        now_ms += budget.wait_ms(now_ms)
        budget.take(now_ms)
        sent.append(now_ms)

    for first, later in zip(sent, sent[per_second:], strict=False):
        assert later - first > SPAN_MS  # Read from a clock that cuts off parts of milliseconds.


@given(st.integers(1, 5))
def test_a_budget_is_used_to_the_full(per_second: int) -> None:
    budget = Budget(per_second)
    for _ in range(per_second):
        assert budget.wait_ms(0) == 0
        budget.take(0)

    assert budget.wait_ms(0) == SPAN_MS + 1
    assert budget.wait_ms(SPAN_MS + 1) == 0


def test_a_budget_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="less than one"):
        Budget(0)


@given(
    wallets=st.sets(NAMES, min_size=1),
    active=st.sets(NAMES),
    per_second=st.integers(4, 30),
    delay_ms=st.integers(0, 300),
)
def test_everybody_is_swept_in_time_where_the_budget_allows(
    wallets: set[Wallet], active: set[Wallet], per_second: int, delay_ms: int
) -> None:
    """Those who are active want 2 requests a second; what is left over is for the sweep."""
    hot = set(sorted(active & wallets)[: per_second // 4])
    schedule, budget = PollSchedule(PACE), Budget(per_second)
    schedule.aim(sorted(wallets), now_ms=0, wall_ms=WALL_MS)
    swept = dict.fromkeys(wallets, 0)
    answers: deque[tuple[int, Ask]] = deque()
    longest_ms = 0
    for now_ms in range(0, 30_000, 10):
        while answers and answers[0][0] <= now_ms:
            _, ask = answers.popleft()
            newest_ms = WALL_MS + now_ms if ask.wallet in hot else -1
            read = Read(newest_ms=newest_ms)
            schedule.done(ask, read, now_ms=now_ms, wall_ms=WALL_MS + now_ms)
        while not budget.wait_ms(now_ms) and (found := schedule.next(now_ms=now_ms)):
            budget.take(now_ms)
            answers.append((now_ms + delay_ms, found))
            if found.whole:
                longest_ms = max(longest_ms, now_ms - swept[found.wallet])
                swept[found.wallet] = now_ms
    longest_ms = max(longest_ms, *(30_000 - last_ms for last_ms in swept.values()))
    slack_ms = 1_000 * len(wallets) // (per_second // 2) + 1_000 + delay_ms
    assert longest_ms <= PACE.sweep_ms + slack_ms


class Watcher:
    """Plays the steps against a schedule, and knows what was read of each wallet."""

    def __init__(self) -> None:
        self.schedule = PollSchedule(PACE)
        self.now_ms = 0
        self.wanted = set[Wallet]()
        self.known: dict[Wallet, int] = {}
        """Up to when everything was read, in seconds."""
        self.heads: dict[Wallet, int] = {}
        self.since: dict[tuple[Wallet, int], int] = {}

    def step(self, name: str, value: int | Wallet | set[Wallet]) -> None:
        match name, value:
            case "look", str():
                self.schedule.look(Wallet(value), now_ms=self.now_ms)
            case "aim", set():
                self.wanted = value
                self.known = {each: at for each, at in self.known.items() if each in value}
                self.schedule.aim(sorted(value), now_ms=self.now_ms, wall_ms=WALL_MS + self.now_ms)
            case "pass", int():
                self.now_ms += value
            case _, int():
                self.ask(name, value)

    def ask(self, name: str, back_ms: int) -> None:
        ask = self.schedule.next(now_ms=self.now_ms)
        if ask is None:
            wait_ms = self.schedule.wait_ms(self.now_ms)
            assert wait_ms is None or wait_ms > 0
            return
        assert ask.wallet in self.wanted
        wall_ms = WALL_MS + self.now_ms
        head_s = ask.end_s or wall_ms // 1000
        last_s = max(head_s - back_ms // 1000, ask.start_s)
        self.check(ask)
        read: Read | None = Read(newest_ms=head_s * 1000)
        if name == "rest" and last_s != ask.end_s and last_s > ask.start_s:
            read = Read(newest_ms=head_s * 1000, rest_s=last_s)
        elif name == "fail":
            read = None
        else:
            known_s = self.known.get(ask.wallet, 0)
            self.known[ask.wallet] = max(known_s, self.heads[ask.wallet])
        self.schedule.done(ask, read, now_ms=self.now_ms, wall_ms=wall_ms)

    def check(self, ask: Ask) -> None:
        """What is asked joins what is known: no second is left out, and the overlap is kept."""
        known_s = self.known.get(ask.wallet)
        if ask.end_s:
            return
        self.heads[ask.wallet] = (WALL_MS + self.now_ms) // 1000
        if known_s is not None:
            overlap_ms = PACE.overlap_ms if ask.whole else PACE.short_overlap_ms
            assert ask.start_s <= max(known_s - overlap_ms // 1000, self.since_s(ask))

    def since_s(self, ask: Ask) -> int:
        return self.since.setdefault((ask.wallet, ask.number), ask.start_s)


@given(STEPS)
def test_no_row_lies_between_what_was_read_and_what_is_asked(
    steps: list[tuple[str, int | Wallet | set[Wallet]]],
) -> None:
    watcher = Watcher()
    for name, value in steps:
        watcher.step(name, value)


@given(STEPS, STEPS)
def test_a_wallet_that_is_followed_is_always_asked_again(
    steps: list[tuple[str, int | Wallet | set[Wallet]]],
    more: list[tuple[str, int | Wallet | set[Wallet]]],
) -> None:
    watcher = Watcher()
    for name, value in [*steps, *more]:
        watcher.step(name, value)
    missing = set(watcher.wanted)
    for _ in range(200):
        watcher.now_ms += PACE.sweep_ms
        while (ask := watcher.schedule.next(now_ms=watcher.now_ms)) is not None:
            missing.discard(ask.wallet)
            wall_ms = WALL_MS + watcher.now_ms
            watcher.schedule.done(ask, Read(), now_ms=watcher.now_ms, wall_ms=wall_ms)
        if not missing:
            break

    assert not missing
