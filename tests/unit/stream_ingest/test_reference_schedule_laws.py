"""What holds of the schedule whatever is used, read, or fails."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.stream_ingest.core.reference import Ages, Kind, Schedule, Sizes

NOW = 1_795_000_000_000
HOUR = 3_600_000
ALL = tuple(Kind)


class Play:
    """A schedule driven by chance, checked at each step."""

    def __init__(self) -> None:
        self.schedule = Schedule(Ages(), Sizes(markets=3, traders=3, tokens=3))
        self.in_hand: list[tuple[Kind, str]] = []
        self.now = NOW

    def step(self, choice: int, name: int, ms: int) -> None:
        condition, wallet = ConditionId(f"0x{name}"), Wallet(f"w{name}")
        self.now += ms
        match choice:
            case 0:
                self.schedule.used_market(condition, self.now)
            case 1:
                self.schedule.unknown_token(TokenId(str(name)), self.now)
            case 2:
                self.schedule.aim([Wallet(f"w{each}") for each in range(name)], self.now)
            case 3:
                self.schedule.used_trader(wallet, self.now)
            case 4 | 5:
                self.take(name + 1)
            case 6:
                self.finish(well=False, end=self.now)
            case _:
                self.finish(well=True, end=self.now + ms - HOUR)

    def take(self, at_most: int) -> None:
        job = self.schedule.take(ALL, self.now, at_most=at_most)
        if job is not None:
            assert 1 <= len(job.names) <= at_most
            for name in job.names:
                assert self.schedule.in_hand(job.kind, name)
                self.in_hand.append((job.kind, name))

    def finish(self, *, well: bool, end: int) -> None:
        if not self.in_hand:
            return
        kind, name = self.in_hand.pop(0)
        if not well:
            self.schedule.failed(kind, name, self.now)
            return
        match kind:
            case Kind.TOKEN:
                self.schedule.token_known(TokenId(name))
            case Kind.MARKET:
                closed = end % 2 == 0
                self.schedule.market_read(
                    ConditionId(name), self.now, ends_at_ms=end, closed=closed
                )
            case Kind.RESOLUTION if end % 3:
                self.schedule.resolved(ConditionId(name), self.now)
            case Kind.RESOLUTION:
                self.schedule.resolution_read(ConditionId(name), self.now)
            case Kind.TRADER:
                self.schedule.trader_read(Wallet(name), self.now)


STEPS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5), st.integers(0, HOUR)), max_size=60)


@given(STEPS)
def test_whatever_happens_tables_stay_bounded_and_everything_is_read_in_the_end(
    steps: list[tuple[int, int, int]],
) -> None:
    play = Play()
    for step in steps:
        play.step(*step)
        assert play.schedule.waiting <= 3 * 2 + 3 + 3
    while play.in_hand:
        play.finish(well=False, end=NOW)
    play.now += 100 * HOUR
    due = Counter[Kind]()
    while (job := play.schedule.take(ALL, play.now)) is not None:
        due[job.kind] += 1
        for name in job.names:
            play.in_hand.append((job.kind, name))
        assert sum(due.values()) <= play.schedule.waiting
    assert sum(due.values()) == play.schedule.waiting


@given(STEPS)
def test_the_same_words_give_the_same_jobs(steps: list[tuple[int, int, int]]) -> None:
    plays = (Play(), Play())
    for play in plays:
        for step in steps:
            play.step(*step)

    assert plays[0].in_hand == plays[1].in_hand
