"""A trader's record from rows."""

from collections.abc import Iterable
from functools import reduce
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.positions_page import PositionRow, TradeRow
from polycopy.schemas.event import encode
from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.traders import Niche, Record, TraderMeasured
from polycopy.stream_ingest.core.trader_record import (
    RECENT_MS,
    UNKNOWN,
    Rows,
    changed,
    content,
    held_to_the_end,
    trader_record,
)

WALLET = Wallet("0x" + "ab" * 20)
NOW_MS = 1_795_000_000_000
LONG_AGO_MS = NOW_MS - RECENT_MS - 1
CONDITIONS = [ConditionId(f"0x{number:064x}") for number in range(4)]
CATEGORIES = {CONDITIONS[0]: "Sports", CONDITIONS[1]: "Crypto", CONDITIONS[2]: "Sports"}


def position(number: int = 1, **changes: object) -> PositionRow:
    """Ten shares for 40 cents that brought a dollar and are gone."""
    row = PositionRow(
        token_id=TokenId(str(number)),
        condition_id=CONDITIONS[0],
        bought_micros=10_000_000,
        entry_price_micros=400_000,
        cost_micros=4_000_000,
        gain_micros=1_000_000,
        over=True,
        held=False,
        last_event_ms=NOW_MS,
    )
    return msgspec.structs.replace(row, **changes)


def trade(number: int = 1, **changes: object) -> TradeRow:
    """Ten shares for 40 cents."""
    row = TradeRow(
        transaction_hash=TransactionHash(f"0x{number:064x}"),
        token_id=TokenId("1"),
        condition_id=CONDITIONS[0],
        side=Side.BUY,
        size_micros=10_000_000,
        notional_micros=4_000_000,
        traded_at_ms=NOW_MS,
    )
    return msgspec.structs.replace(row, **changes)


def measured(
    positions: Iterable[PositionRow] = (),
    trades: Iterable[TradeRow] = (),
    *,
    resolved_at_ms: dict[ConditionId, int] | None = None,
    categories: dict[ConditionId, str] | None = None,
) -> TraderMeasured:
    rows = Rows(positions=tuple(positions), trades=tuple(trades), source="v2", whole=True)
    return trader_record(
        WALLET,
        rows,
        categories=CATEGORIES if categories is None else categories,
        resolved_at_ms=resolved_at_ms or {},
        now_ms=NOW_MS,
    )


def test_nobody_has_an_empty_record() -> None:
    event = measured()

    assert (event.lifetime, event.recent, event.niches) == (Record(), Record(), ())


def test_a_position_won_where_it_brought_more_than_it_cost() -> None:
    event = measured([position(1), position(2, gain_micros=0), position(3, gain_micros=-4_000_000)])

    assert event.lifetime == Record(
        resolved=3,
        won=1,
        cost_micros=12_000_000,
        returned_micros=9_000_000,
        entry_price_sum_micros=1_200_000,
    )
    assert event.lifetime.win_rate_ppm == 333_333
    assert event.lifetime.roi_ppm == -250_000


def test_what_is_held_counts_once_its_market_is_over() -> None:
    held = position(1, held=True)

    assert measured([held]).lifetime.resolved == 1
    assert measured([msgspec.structs.replace(held, over=False)]).lifetime == Record()


def test_what_was_never_bought_says_nothing() -> None:
    assert measured([position(bought_micros=0)]).lifetime == Record()


def test_a_row_that_comes_twice_counts_once_and_gone_goes_before_held() -> None:
    event = measured([position(held=True, gain_micros=9), position(), position()])

    assert event.lifetime.resolved == 1
    assert event.lifetime.returned_micros == 5_000_000


def test_fills_of_one_transaction_token_and_side_are_one_trade() -> None:
    event = measured(
        trades=[trade(1), trade(1), trade(1, side=Side.SELL), trade(1, token_id=TokenId("2"))]
    )

    assert (event.lifetime.trades, event.lifetime.traded_micros) == (3, 16_000_000)
    assert event.lifetime.trade_mean_micros == 5_333_333


def test_only_the_last_thirty_days_are_recent() -> None:
    event = measured(
        [position(1), position(2, last_event_ms=LONG_AGO_MS)],
        [trade(1), trade(2, traded_at_ms=LONG_AGO_MS)],
    )

    assert (event.lifetime.resolved, event.lifetime.trades) == (2, 2)
    assert (event.recent.resolved, event.recent.trades) == (1, 1)


def test_what_is_held_ended_with_its_market_or_as_planned() -> None:
    held = position(held=True, last_event_ms=LONG_AGO_MS, ends_at_ms=LONG_AGO_MS)

    assert measured([held]).recent.resolved == 0
    assert measured([held], resolved_at_ms={CONDITIONS[0]: NOW_MS}).recent.resolved == 1
    planned = msgspec.structs.replace(held, ends_at_ms=NOW_MS + RECENT_MS)
    assert measured([planned]).recent.resolved == 1
    assert measured([planned], resolved_at_ms={CONDITIONS[0]: LONG_AGO_MS}).recent.resolved == 0
    unsaid = position(last_event_ms=0, ends_at_ms=NOW_MS)
    assert measured([unsaid]).recent.resolved == 1


def test_those_markets_are_asked_about_where_something_is_held_to_the_end() -> None:
    rows = [
        position(1, held=True, condition_id=CONDITIONS[2]),
        position(2, held=True, condition_id=CONDITIONS[1], over=False),
        position(3, held=False),
    ]

    assert held_to_the_end(rows) == [CONDITIONS[2]]


def niches(event: TraderMeasured) -> dict[str, Niche]:
    return {one.category or one.price_bracket: one for one in event.niches}


def test_niches_are_by_category_and_by_price() -> None:
    event = measured(
        [
            position(1, entry_price_micros=299_999),
            position(2, entry_price_micros=300_000, condition_id=CONDITIONS[1]),
            position(3, entry_price_micros=700_000, condition_id=CONDITIONS[3]),
            position(4, entry_price_micros=700_001),
        ],
        [trade(1, notional_micros=9_000_000), trade(2, size_micros=0)],
    )

    found = niches(event)
    assert list(found) == ["Crypto", "Sports", UNKNOWN, "high", "low", "mid"]
    counts = {name: (one.lifetime.resolved, one.lifetime.trades) for name, one in found.items()}
    assert counts == {
        "Crypto": (1, 0),
        "Sports": (2, 2),
        UNKNOWN: (1, 0),
        "low": (1, 1),
        "mid": (2, 0),
        "high": (1, 1),
    }


def test_there_are_no_more_categories_than_an_event_can_hold() -> None:
    conditions = [ConditionId(f"0x{number:064x}") for number in range(150)]
    rows = [position(n, condition_id=condition) for n, condition in enumerate(conditions)]
    event = measured(rows, categories={each: f"c{n:03}" for n, each in enumerate(conditions)})

    by_category = [one for one in event.niches if one.category]
    assert len(by_category) == 101
    assert by_category[-1].category == UNKNOWN
    assert by_category[-1].lifetime.resolved == 50


def test_the_name_is_the_one_that_was_shown_last() -> None:
    assert measured([position(name="old", last_event_ms=1)], [trade(name="new")]).name == "new"
    assert measured([position(name="new")], [trade(name="old", traded_at_ms=1)]).name == "new"
    assert measured([position()]).name == ""


def test_who_said_it_and_when_is_no_news() -> None:
    event = measured([position()])
    later = msgspec.structs.replace(event, read_at_ms=1, source="v1")

    assert not changed(event, later)
    assert content(event) == content(later)
    assert changed(None, event)
    assert changed(event, measured([position(), position(2)]))


AMOUNTS = st.integers(0, 10**14)
TIMES = st.integers(LONG_AGO_MS - 10, NOW_MS + 10) | st.just(0)
POSITIONS = st.builds(
    PositionRow,
    token_id=st.integers(1, 8).map(lambda number: TokenId(str(number))),
    condition_id=st.sampled_from(CONDITIONS),
    bought_micros=AMOUNTS,
    entry_price_micros=st.integers(0, 1_000_000),
    cost_micros=AMOUNTS,
    gain_micros=st.integers(-(10**14), 10**14),
    over=st.booleans(),
    held=st.booleans(),
    last_event_ms=TIMES,
    ends_at_ms=TIMES,
    name=st.sampled_from(["", "anna", "bert"]),
)
TRADES = st.builds(
    TradeRow,
    transaction_hash=st.integers(1, 5).map(lambda number: TransactionHash(f"0x{number:064x}")),
    token_id=st.integers(1, 3).map(lambda number: TokenId(str(number))),
    condition_id=st.sampled_from(CONDITIONS),
    side=st.sampled_from(Side),
    size_micros=AMOUNTS,
    notional_micros=AMOUNTS,
    traded_at_ms=TIMES,
    name=st.sampled_from(["", "anna", "bert"]),
)


@given(st.lists(POSITIONS, max_size=12), st.lists(TRADES, max_size=12), st.randoms())
def test_the_order_of_rows_does_not_matter_and_what_is_said_can_be_stored(
    positions: list[PositionRow], trades: list[TradeRow], dice: Random
) -> None:
    event = measured(positions, trades)
    dice.shuffle(positions)
    dice.shuffle(trades)

    assert encode(measured(positions, trades)) == encode(event)


@given(st.lists(POSITIONS, max_size=12), st.lists(TRADES, max_size=12))
def test_either_kind_of_niches_adds_up_to_the_whole(
    positions: list[PositionRow], trades: list[TradeRow]
) -> None:
    event = measured(positions, trades)

    for by_category in (True, False):
        chosen = [one for one in event.niches if bool(one.category) is by_category]
        assert total(one.lifetime for one in chosen) == event.lifetime
        assert total(one.recent for one in chosen) == event.recent
    assert event.recent.resolved <= event.lifetime.resolved


@given(st.lists(POSITIONS, max_size=12), st.lists(TRADES, max_size=12))
def test_rows_that_come_again_say_nothing_new_of_positions(
    positions: list[PositionRow], trades: list[TradeRow]
) -> None:
    assert encode(measured(positions * 2, trades)) == encode(measured(positions, trades))


def total(records: Iterable[Record]) -> Record:
    def plus(one: Record, other: Record) -> Record:
        fields = Record.__struct_fields__
        return Record(**{name: getattr(one, name) + getattr(other, name) for name in fields})

    return reduce(plus, records, Record())
