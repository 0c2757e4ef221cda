"""What is read next."""

import pytest

from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.stream_ingest.core.reference import Job, Kind, Schedule, Sizes

NOW = 1_795_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE
ALL = tuple(Kind)
ONE, TWO, THREE = (ConditionId(f"0x{number}") for number in range(1, 4))
ANNA, BERT, CARL = (Wallet(name) for name in ("anna", "bert", "carl"))
TOKEN = TokenId("7")


def market(*names: str) -> Job:
    return Job(kind=Kind.MARKET, names=names)


def resolution(*names: str) -> Job:
    return Job(kind=Kind.RESOLUTION, names=names)


def trader(*names: str) -> Job:
    return Job(kind=Kind.TRADER, names=names)


def known(ends_at_ms: int = 0, *, now: int = NOW, closed: bool = False) -> Schedule:
    """A market that was used and read."""
    schedule = Schedule()
    schedule.used_market(ONE, now)
    assert schedule.take(ALL, now) == market(ONE)
    schedule.market_read(ONE, now, ends_at_ms=ends_at_ms, closed=closed)
    return schedule


def test_nothing_is_read_without_use() -> None:
    assert Schedule().take(ALL, NOW) is None
    assert Schedule().next_ms(ALL) is None


def test_what_is_in_hand_is_not_taken_again() -> None:
    schedule = Schedule()
    schedule.used_market(ONE, NOW)

    assert schedule.next_ms(ALL) == NOW
    assert schedule.take(ALL, NOW) == market(ONE)
    assert schedule.in_hand(Kind.MARKET, ONE)
    schedule.used_market(ONE, NOW)
    assert schedule.take(ALL, NOW) is None


def test_tokens_go_before_new_markets_before_resolutions_before_ages_before_traders() -> None:
    schedule = known(ends_at_ms=NOW - 1)
    later = NOW + HOUR
    schedule.aim([ANNA], NOW)
    schedule.used_market(TWO, later)
    schedule.unknown_token(TOKEN, later)

    taken = [schedule.take(ALL, later) for _ in range(6)]
    assert taken == [
        Job(kind=Kind.TOKEN, names=(TOKEN,)),
        market(TWO),
        resolution(ONE),
        market(ONE),
        trader(ANNA),
        None,
    ]


def test_only_what_is_asked_for_is_taken() -> None:
    schedule = Schedule()
    schedule.aim([ANNA], NOW)
    schedule.used_market(ONE, NOW)

    assert schedule.take((Kind.TRADER,), NOW) == trader(ANNA)
    assert schedule.next_ms((Kind.TRADER,)) is None
    assert schedule.take((Kind.TRADER, Kind.TOKEN), NOW) is None


def test_several_of_a_kind_are_taken_together_oldest_first() -> None:
    schedule = Schedule()
    for condition, at in ((TWO, NOW), (ONE, NOW), (THREE, NOW - 1)):
        schedule.used_market(condition, at)

    assert schedule.take(ALL, NOW, at_most=2) == market(THREE, ONE)
    assert schedule.take(ALL, NOW, at_most=2) == market(TWO)


def test_a_market_in_use_is_read_every_ten_minutes_and_every_hour_after_that() -> None:
    schedule = known()

    assert schedule.take(ALL, NOW + 10 * MINUTE - 1) is None
    assert schedule.take(ALL, NOW + 10 * MINUTE) == market(ONE)
    schedule.market_read(ONE, NOW + HOUR, ends_at_ms=0, closed=False)
    assert schedule.take(ALL, NOW + 2 * HOUR - 1) is None
    assert schedule.next_ms(ALL) == NOW + 2 * HOUR
    schedule.used_market(ONE, NOW + HOUR + MINUTE)
    assert schedule.take(ALL, NOW + HOUR + 10 * MINUTE) == market(ONE)


def test_a_market_past_its_end_is_asked_how_it_ended_every_two_minutes() -> None:
    end = NOW + MINUTE
    schedule = known(end)

    assert schedule.take(ALL, end - 1) is None
    assert schedule.take(ALL, end) == resolution(ONE)
    schedule.resolution_read(ONE, end)
    assert schedule.take(ALL, end + 2 * MINUTE - 1) is None
    assert schedule.take(ALL, end + 2 * MINUTE) == resolution(ONE)


def test_a_resolution_that_is_long_late_is_looked_for_less_often() -> None:
    late = NOW + 10 * HOUR
    schedule = known(NOW)
    assert schedule.take((Kind.RESOLUTION,), late) == resolution(ONE)
    schedule.resolution_read(ONE, late)
    assert schedule.next_ms((Kind.RESOLUTION,)) == late + 30 * MINUTE
    much_later = NOW + 1_000 * HOUR
    assert schedule.take((Kind.RESOLUTION,), much_later) == resolution(ONE)
    schedule.resolution_read(ONE, much_later)
    assert schedule.next_ms((Kind.RESOLUTION,)) == much_later + HOUR


def test_a_market_that_was_closed_early_is_asked_at_once() -> None:
    schedule = known(NOW + 1_000 * HOUR, closed=True)

    assert schedule.take(ALL, NOW) == resolution(ONE)


def test_what_is_over_is_read_no_more() -> None:
    schedule = known(NOW, closed=True)
    schedule.resolved(ONE, NOW)
    schedule.used_market(ONE, NOW + HOUR)

    assert schedule.waiting == 0
    assert schedule.take(ALL, NOW + 100 * HOUR) is None


def test_a_market_that_ended_is_read_until_it_is_closed() -> None:
    schedule = known(NOW)
    schedule.resolved(ONE, NOW)

    assert schedule.take(ALL, NOW) == market(ONE)
    schedule.market_read(ONE, NOW, ends_at_ms=NOW, closed=False)
    assert schedule.take(ALL, NOW + 10 * MINUTE) == market(ONE)
    schedule.market_read(ONE, NOW + 10 * MINUTE, ends_at_ms=NOW, closed=True)
    assert schedule.waiting == 0


def test_an_end_that_is_heard_of_before_the_market_does_not_stop_its_description() -> None:
    schedule = Schedule()
    schedule.resolved(ONE, NOW)
    schedule.used_market(ONE, NOW)

    assert schedule.take(ALL, NOW) == market(ONE)


def test_a_trader_is_measured_every_six_hours_while_followed() -> None:
    schedule = Schedule()
    schedule.aim([ANNA], NOW)
    assert schedule.take(ALL, NOW) == trader(ANNA)
    schedule.trader_read(ANNA, NOW)

    assert schedule.next_ms(ALL) == NOW + 6 * HOUR
    schedule.aim([], NOW)
    assert schedule.take(ALL, NOW + 10 * HOUR) is None
    schedule.aim([ANNA], NOW + HOUR)
    assert schedule.take(ALL, NOW + 6 * HOUR) == trader(ANNA)


def test_a_trader_whom_nobody_follows_is_not_measured_again() -> None:
    schedule = Schedule()
    schedule.aim([ANNA], NOW)
    assert schedule.take(ALL, NOW) == trader(ANNA)
    schedule.aim([], NOW)
    schedule.trader_read(ANNA, NOW)
    schedule.used_trader(ANNA, NOW)

    assert schedule.waiting == 0


def test_who_trades_and_was_never_measured_goes_first() -> None:
    schedule = Schedule()
    schedule.aim([ANNA, BERT, CARL], NOW)
    schedule.used_trader(CARL, NOW)

    assert [schedule.take(ALL, NOW) for _ in range(3)] == [
        trader(CARL),
        trader(ANNA),
        trader(BERT),
    ]


def test_failures_wait_longer_each_time_and_no_longer_than_ten_minutes() -> None:
    schedule = Schedule()
    schedule.used_market(ONE, NOW)
    pauses = []
    at = NOW
    for _ in range(30):
        assert schedule.take(ALL, at) == market(ONE)
        schedule.failed(Kind.MARKET, ONE, at)
        schedule.used_market(ONE, at)
        due = schedule.next_ms(ALL)
        assert due is not None
        assert schedule.take(ALL, due - 1) is None
        pauses.append(due - at)
        at = due

    assert pauses[:5] == [1_000, 2_000, 4_000, 8_000, 16_000]
    assert pauses[-1] == 10 * MINUTE


def test_a_host_can_ask_for_a_longer_pause_and_success_forgets_failures() -> None:
    schedule = Schedule()
    schedule.used_market(ONE, NOW)
    schedule.take(ALL, NOW)
    schedule.failed(Kind.MARKET, ONE, NOW, after_ms=5_000)
    assert schedule.next_ms(ALL) == NOW + 5_000
    schedule.take(ALL, NOW + 5_000)
    schedule.market_read(ONE, NOW + 5_000, ends_at_ms=0, closed=False)
    at = NOW + HOUR
    assert schedule.take(ALL, at) == market(ONE)
    schedule.failed(Kind.MARKET, ONE, at)

    assert schedule.take(ALL, at + 1_000) == market(ONE)


def test_what_was_not_asked_goes_back_without_a_failure() -> None:
    schedule = Schedule()
    schedule.used_market(ONE, NOW)
    schedule.take(ALL, NOW)
    schedule.put_back(Kind.MARKET, ONE, NOW + 5)
    schedule.put_back(Kind.MARKET, ONE, NOW + 9)
    schedule.failed(Kind.MARKET, ONE, NOW)

    assert schedule.take(ALL, NOW + 4) is None
    assert schedule.take(ALL, NOW + 5) == market(ONE)


def test_a_token_that_is_known_is_looked_for_no_more() -> None:
    schedule = Schedule()
    schedule.unknown_token(TOKEN, NOW)
    schedule.token_known(TOKEN)

    assert schedule.take(ALL, NOW) is None
    schedule.failed(Kind.TOKEN, TOKEN, NOW)
    assert schedule.waiting == 0


def test_tables_are_bounded_and_what_was_used_longest_ago_goes() -> None:
    schedule = Schedule(sizes=Sizes(markets=2, traders=2, tokens=2))
    for number, condition in enumerate((ONE, TWO, ONE, THREE)):
        schedule.used_market(condition, NOW + number)
    for number in range(3):
        schedule.unknown_token(TokenId(str(number)), NOW)
    for wallet in (CARL, ANNA, BERT):
        schedule.trader_read(wallet, NOW)
    schedule.aim([ANNA, CARL], NOW)

    later = NOW + 10
    assert schedule.take(ALL, later, at_most=9) == Job(kind=Kind.TOKEN, names=("1", "2"))
    assert schedule.take(ALL, later, at_most=9) == market(ONE, THREE)
    assert schedule.take(ALL, later, at_most=9) == trader(CARL)
    assert schedule.take((Kind.TRADER,), NOW + 7 * HOUR, at_most=9) == trader(ANNA)


def test_the_followed_make_room_when_there_are_no_others() -> None:
    schedule = Schedule(sizes=Sizes(traders=1))
    schedule.aim([ANNA, BERT], NOW)

    assert schedule.take(ALL, NOW, at_most=9) == trader(BERT)


def test_what_is_stale_is_thrown_away() -> None:
    schedule = Schedule()
    for number in range(5_000):
        at = NOW + number
        schedule.used_market(ONE, at)
        schedule.market_read(ONE, at, ends_at_ms=at + 10**9, closed=False)

    assert sum(map(len, schedule._heaps)) < 2_100  # noqa: SLF001 - nothing else shows it


@pytest.mark.parametrize("kind", ALL)
def test_what_nobody_knows_cannot_fail_or_go_back(kind: Kind) -> None:
    schedule = Schedule()
    schedule.failed(kind, "x", NOW)
    schedule.put_back(kind, "x", NOW)

    assert schedule.waiting == 0
