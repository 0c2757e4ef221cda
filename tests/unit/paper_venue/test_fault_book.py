"""Which fault strikes what: by aim, by wallet, by count and by seeded chance."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.faults.fault_book import FaultBook
from polycopy.paper_venue.core.faults.rules import AFTER, BEFORE, PLACES, Fault, FaultKind

LOST = FaultKind.LOST_AFTER
ON = "POST /order"


def fault(name: str = "one", kind: FaultKind = LOST, on: str = ON, **more: object) -> Fault:
    return Fault(kind=kind, on=on, name=name, **more)  # type: ignore[arg-type]  # drawn


def book(*faults: Fault, seed: str = "seed") -> FaultBook:
    made = FaultBook(seed)
    for each in faults:
        made.set(each)
    return made


def strikes(faults: FaultBook, count: int, name: str = "one") -> list[bool]:
    struck = [faults.strike_request(ON) for _ in range(count)]
    return [each is not None and each.called == name for each in struck]


@pytest.mark.parametrize(
    ("on", "target", "fits"),
    [
        ("POST /order", "POST /order", True),
        ("POST /order", "POST /orders", False),
        ("POST", "POST /orders", True),
        ("POST /", "POST /orders", True),
        ("", "GET /time", True),
        ("GET /data", "GET /data/order/0x1", True),
        ("GET /data/order", "GET /data/orders", False),
        ("DELETE", "POST /order", False),
        ("POST /order/more", "POST /order", False),
    ],
)
def test_a_request_is_aimed_at_by_whole_parts_from_the_left(
    on: str,
    target: str,
    fits: bool,  # noqa: FBT001 - a parameter of the case
) -> None:
    assert (book(fault(on=on)).strike_request(target) is not None) is fits


def test_a_rule_skips_first_and_then_strikes_so_often() -> None:
    faults = book(fault(skip=2, times=3))

    assert strikes(faults, 8) == [False, False, True, True, True, False, False, False]
    (standing,) = faults.snapshot()
    assert (standing.fitted, standing.struck) == (8, 3)


def test_a_rule_for_one_wallet_neither_strikes_nor_counts_another() -> None:
    faults = book(fault(wallet="0xAB"))

    assert faults.strike_request(ON, "0xcd") is None
    assert faults.strike_request(ON, "0xcd", "0xab") is not None
    assert faults.snapshot()[0].fitted == 1
    assert faults.by_wallet


def test_of_several_rules_the_first_strikes_and_the_others_keep_their_turn() -> None:
    faults = book(fault("one", times=1), fault("two", times=1))

    names = [each and each.name for each in (faults.strike_request(ON) for _ in range(3))]

    assert names == ["one", "two", None]


def test_rules_of_another_kind_are_not_asked() -> None:
    faults = book(fault("slow", FaultKind.SLOW, times=1), fault("lost", times=1))

    after = faults.strike_request(ON, kinds=AFTER)
    before = faults.strike_request(ON, kinds=BEFORE)

    assert after is not None
    assert after.name == "lost"
    assert before is not None
    assert before.name == "slow"
    assert [standing.fitted for standing in faults.snapshot()] == [1, 1]


def test_a_rule_of_the_same_name_replaces_and_starts_counting_anew() -> None:
    faults = book(fault(times=1))
    assert strikes(faults, 2) == [True, False]

    faults.set(fault(times=1))

    assert strikes(faults, 2) == [True, False]
    assert len(faults.snapshot()) == 1


def test_nameless_rules_of_one_kind_and_aim_are_one() -> None:
    faults = book(fault(""), fault("", wallet="0xAB"), fault("", times=5))

    assert [standing.name for standing in faults.snapshot()] == [
        "lost_after POST /order",
        "lost_after POST /order 0xab",
    ]


def test_a_fault_goes_off_by_name_and_all_go_off_without_one() -> None:
    faults = book(fault("one"), fault("two"))

    faults.clear("one")
    faults.clear("nobody")
    assert [standing.name for standing in faults.snapshot()] == ["two"]
    assert not faults.quiet

    faults.clear()
    assert faults.snapshot() == []
    assert faults.quiet
    assert faults.strike_request(ON) is None


def test_sockets_orders_trades_and_balances_are_struck_where_they_are() -> None:
    faults = book(
        fault("a", FaultKind.STALL, "rtds"),
        fault("b", FaultKind.DELAYED, "order"),
        fault("c", FaultKind.SETTLE_FAILED, "trade"),
        fault("d", FaultKind.STALE_BALANCE, "balance"),
    )

    found = {on: faults.strike(on) for on in PLACES}

    assert {on: each.name for on, each in found.items() if each} == {
        "rtds": "a",
        "order": "b",
        "trade": "c",
        "balance": "d",
    }
    assert faults.strikes_at("rtds")
    assert not faults.strikes_at("user")
    assert faults.quiet


def test_every_kind_has_a_place_where_it_may_strike() -> None:
    requests = AFTER | BEFORE
    placed = requests.union(*PLACES.values())

    assert placed == frozenset(FaultKind)
    assert not any(requests & kinds for kinds in PLACES.values())


CHANCES = st.floats(0, 1, allow_nan=False)
OTHERS = st.lists(
    st.builds(
        fault,
        st.sampled_from(("two", "three", "four")),
        probability=CHANCES,
        skip=st.integers(0, 5),
        times=st.integers(0, 5),
    ),
    max_size=3,
)


def thrown(faults: FaultBook, count: int, others: Iterator[Fault | None]) -> list[bool]:
    """What rule `one`, asked first, did to each of `count` requests while others came and went."""
    found: list[bool] = []
    for _ in range(count):
        found += strikes(faults, 1)
        more = next(others, None)
        if more is not None:
            faults.set(more)
        else:
            faults.clear("two")
    return found


@given(CHANCES, st.integers(0, 10), OTHERS, st.text(max_size=5))
def test_no_other_rule_moves_a_rules_dice(
    probability: float, skip: int, others: list[Fault], seed: str
) -> None:
    one = fault(probability=probability, skip=skip)

    alone = strikes(book(one, seed=seed), 30)
    in_company = thrown(book(one, seed=seed), 30, iter([*others, None]))

    assert alone == in_company


@given(CHANCES, st.text(max_size=5))
def test_the_same_seed_strikes_the_same_again(probability: float, seed: str) -> None:
    one = fault(probability=probability)

    assert strikes(book(one, seed=seed), 20) == strikes(book(one, seed=seed), 20)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 60), CHANCES)
def test_a_rule_strikes_what_is_left_after_skipping_and_never_more_than_asked(
    skip: int, times: int, count: int, probability: float
) -> None:
    faults = book(fault(skip=skip, times=times, probability=probability))

    struck = strikes(faults, count)

    assert not any(struck[:skip])
    assert not times or sum(struck) <= times
    if probability == 1:
        left = max(count - skip, 0)
        assert sum(struck) == (min(left, times) if times else left)
    if probability == 0:
        assert not any(struck)


def test_chance_comes_out_as_often_as_it_should() -> None:
    struck = sum(strikes(book(fault(probability=0.3)), 2_000))

    assert 500 < struck < 700
