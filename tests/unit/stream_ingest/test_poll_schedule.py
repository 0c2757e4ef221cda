"""Whom the poll asks next, and since when."""

from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.core.poll_schedule import Ask, Pace, PollSchedule, Read

ANNA, BERT, CARL = (Wallet(f"0x{number:040x}") for number in (1, 2, 3))
WALL_MS = 1_795_000_000_000
PACE = Pace()
OVERLAP_S = PACE.overlap_ms // 1000


class Table:
    """A schedule and its two clocks, which go alike."""

    def __init__(self, *wallets: Wallet, pace: Pace = PACE) -> None:
        self.schedule = PollSchedule(pace)
        self.now_ms = 0
        self.aim(*wallets)

    @property
    def wall_ms(self) -> int:
        return WALL_MS + self.now_ms

    def aim(self, *wallets: Wallet) -> None:
        self.schedule.aim(wallets, now_ms=self.now_ms, wall_ms=self.wall_ms)

    def at(self, now_ms: int) -> Ask | None:
        self.now_ms = now_ms
        return self.schedule.next(now_ms=now_ms)

    def ask(self, now_ms: int) -> Ask:
        found = self.at(now_ms)
        assert found is not None
        return found

    def done(self, ask: Ask, *, newest_ms: int = -1, rest_s: int = -1) -> None:
        read = Read(newest_ms=newest_ms, rest_s=rest_s)
        self.schedule.done(ask, read, now_ms=self.now_ms, wall_ms=self.wall_ms)

    def fail(self, ask: Ask) -> None:
        self.schedule.done(ask, None, now_ms=self.now_ms, wall_ms=self.wall_ms)

    def look(self, wallet: Wallet, now_ms: int) -> None:
        self.now_ms = now_ms
        self.schedule.look(wallet, now_ms=now_ms)

    def times(self, until_ms: int, *, newest_ms: int = -1) -> list[int]:
        """When the wallets are asked until then, each answered at once."""
        found: list[int] = []
        while (wait_ms := self.schedule.wait_ms(self.now_ms)) is not None:
            if self.now_ms + wait_ms > until_ms:
                break
            ask = self.ask(self.now_ms + wait_ms)
            self.done(ask, newest_ms=newest_ms)
            found.append(self.now_ms)
        return found


def test_a_new_wallet_is_asked_at_once_about_the_overlap() -> None:
    ask = Table(ANNA).ask(0)

    assert (ask.wallet, ask.start_s, ask.end_s) == (ANNA, WALL_MS // 1000 - OVERLAP_S, 0)


def test_a_quiet_wallet_is_swept_every_minute() -> None:
    assert Table(ANNA).times(200_000) == [0, 60_000, 120_000, 180_000]


def test_a_wallet_that_just_traded_is_asked_every_five_seconds() -> None:
    assert Table(ANNA).times(20_000, newest_ms=WALL_MS) == [0, 5_000, 10_000, 15_000, 20_000]


def test_a_trade_makes_active_for_a_quarter_of_an_hour_from_when_it_was() -> None:
    times = Table(ANNA).times(PACE.active_ms, newest_ms=WALL_MS - PACE.active_ms + 12_000)

    assert times[:4] == [0, 5_000, 10_000, 60_000]


def test_between_sweeps_only_the_last_minute_is_asked_again() -> None:
    table = Table(ANNA)
    table.done(table.ask(0), newest_ms=WALL_MS)
    short = table.ask(5_000)
    table.done(short, newest_ms=WALL_MS)
    table.times(59_999)
    whole = table.ask(60_000)

    assert (short.whole, short.start_s) == (False, WALL_MS // 1000 - 60)
    assert (whole.whole, whole.start_s) == (True, WALL_MS // 1000 - OVERLAP_S)


def test_the_start_never_moves_because_time_goes_by() -> None:
    table = Table(ANNA)
    starts = set[int]()
    for minute in range(100):
        ask = table.ask(minute * 60_000)
        starts.add(ask.start_s)
        table.done(ask)

    assert starts == {WALL_MS // 1000 - OVERLAP_S}


def test_an_old_row_does_not_move_the_start_back() -> None:
    table = Table(ANNA)
    table.done(table.ask(0), newest_ms=WALL_MS - 5_000)
    table.done(table.ask(5_000), newest_ms=WALL_MS - 50_000)

    assert table.ask(10_000).start_s == (WALL_MS - 5_000) // 1000 - 60


def test_a_look_is_asked_at_once_and_again_while_rows_become_visible() -> None:
    table = Table(ANNA)
    table.times(20_000)
    table.look(ANNA, 20_500)

    assert table.times(34_000)[:4] == [20_500, 23_500, 26_500, 30_500]


def test_a_look_goes_before_everybody_who_waits() -> None:
    table = Table(ANNA, BERT, CARL)
    table.look(CARL, 10)

    assert table.ask(10).wallet == CARL


def test_looks_for_one_wallet_are_a_second_apart() -> None:
    table = Table(ANNA)
    asked = list[int]()
    for now_ms in range(0, 5_000, 50):
        table.look(ANNA, now_ms)
        if ask := table.at(now_ms):
            asked.append(now_ms)
            table.done(ask)

    assert asked == [0, 1_000, 2_000, 3_000, 4_000]


def test_a_look_while_the_wallet_is_asked_is_not_lost() -> None:
    table = Table(ANNA)
    ask = table.ask(0)
    table.look(ANNA, 10)
    assert table.at(20) is None
    table.done(ask)

    assert table.ask(30).wallet == ANNA


def test_a_stranger_is_not_looked_for() -> None:
    table = Table()
    table.look(ANNA, 0)

    assert table.schedule.wait_ms(0) is None


def test_who_was_looked_for_is_active() -> None:
    table = Table(ANNA)
    table.done(table.ask(0))
    table.look(ANNA, 1_000)

    assert table.times(30_000) == [1_000, 4_000, 7_000, 11_000, 16_000, 21_000, 26_000]


def test_active_wallets_come_before_the_sweep_and_do_not_stop_it() -> None:
    active = [Wallet(f"0xa{number:039x}") for number in range(20)]
    quiet = [Wallet(f"0xb{number:039x}") for number in range(20)]
    table = Table(*active)
    for _ in active:
        table.done(table.ask(0), newest_ms=WALL_MS)
    table.aim(*active, *quiet)
    asked = [table.ask(10_000).wallet for _ in range(25)]

    assert [wallet in quiet for wallet in asked] == [number % 5 == 4 for number in range(25)]
    assert [wallet for wallet in asked if wallet in active] == active
    assert [wallet for wallet in asked if wallet in quiet] == quiet[:5]


def test_a_wallet_is_not_asked_while_it_is_asked() -> None:
    table = Table(ANNA)
    table.ask(0)

    assert table.at(500_000) is None


def test_a_removed_wallet_is_not_asked_and_its_answer_not_wanted() -> None:
    table = Table(ANNA, BERT)
    ask = table.ask(0)
    table.aim(BERT)

    assert not table.schedule.follows(ask)
    table.done(ask, newest_ms=WALL_MS)
    assert table.ask(0).wallet == BERT
    assert table.at(500_000) is None


def test_a_wallet_that_comes_back_begins_anew() -> None:
    table = Table(ANNA)
    old = table.ask(0)
    table.aim()
    table.now_ms = 10_000
    table.aim(ANNA)
    new = table.ask(10_000)

    assert not table.schedule.follows(old)
    assert table.schedule.follows(new)
    assert new.start_s == old.start_s + 10


def test_what_a_walk_left_is_read_before_the_start_moves() -> None:
    table = Table(ANNA)
    first = table.ask(0)
    rest_s = WALL_MS // 1000 - 100
    table.done(first, newest_ms=WALL_MS, rest_s=rest_s)
    rest = table.ask(0)
    assert (rest.start_s, rest.end_s) == (first.start_s, rest_s)
    table.done(rest, newest_ms=rest_s * 1000, rest_s=rest_s - 100)
    last = table.ask(0)
    assert (last.start_s, last.end_s) == (first.start_s, rest_s - 100)
    table.done(last, newest_ms=(rest_s - 100) * 1000)

    assert table.ask(5_000).start_s == WALL_MS // 1000 - 60


def test_a_walk_that_fails_leaves_the_start_where_it_was() -> None:
    table = Table(ANNA)
    first = table.ask(0)
    table.fail(first)
    assert table.at(999) is None
    again = table.ask(1_000)
    table.fail(again)

    assert (again.start_s, again.whole) == (first.start_s, True)
    assert table.at(2_999) is None
    assert table.ask(3_000).start_s == first.start_s


def test_a_wallet_that_always_fails_is_asked_once_a_sweep() -> None:
    table = Table(ANNA)
    table.look(ANNA, 0)
    times = list[int]()
    while table.now_ms < 600_000:
        wait_ms = table.schedule.wait_ms(table.now_ms)
        assert wait_ms is not None
        ask = table.ask(table.now_ms + wait_ms)
        times.append(table.now_ms)
        table.fail(ask)

    assert times[-1] - times[-2] == PACE.sweep_ms


def test_the_period_of_the_sweep_is_what_it_really_was() -> None:
    table = Table(ANNA)
    table.done(table.ask(0))
    assert table.schedule.sweep_age_ms(30_000) == 30_000
    table.done(table.ask(90_000))

    assert table.schedule.sweep_age_ms(90_001) == 90_000


def test_a_sweep_of_nobody_has_no_period() -> None:
    table = Table(ANNA)
    assert len(table.schedule) == 1
    table.aim()

    assert (len(table.schedule), table.schedule.sweep_age_ms(90_000)) == (0, 0)
