"""What a run amounts to, counted from the log and the venue's journal."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.cli.core import report
from polycopy.cli.core.progress import group_key
from polycopy.cli.core.rows import LeaderTradeRow, ReadModel
from polycopy.cli.core.venue import Emission, Journal, VenueOrder
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import OrderId, TransactionHash, VenueOrderId
from polycopy.schemas.orders import OrderCancelled, OrderLost, OrderRecovered, OrderRequested
from polycopy.schemas.trades import TradeObserved
from tests.unit.cli.makers import HASH, NOW_MS, OTHER, STRATEGY, VENUE_ORDER, copied_trade

EVENTS = copied_trade().events
SENT_US = NOW_MS * 1_000


def journal(*delays_us: int, transaction_hash: TransactionHash = HASH) -> Journal:
    return Journal(
        emissions=(Emission(transaction_hash=transaction_hash, at_us=SENT_US),),
        orders=tuple(
            VenueOrder(venue_order_id=VENUE_ORDER, received_at_us=SENT_US + delay, accepted=True)
            for delay in delays_us
        ),
    )


def test_events_are_counted_by_what_they_mean() -> None:
    counts = report.counts(EVENTS)
    assert msgspec.structs.astuple(counts) == (1, 1, 1, 1, 0, 0, 1)


def test_an_order_counts_as_lost_until_it_turns_up_or_ends() -> None:
    log = copied_trade()
    [known] = [one.event for one in log.events if isinstance(one.event, OrderRequested)]
    request = msgspec.structs.replace(known, order_id=OrderId("7" * 32))
    lost = OrderLost(
        order_id=request.order_id, findings=(), denials=3, denied_since_ms=1, lost_at_ms=2
    )
    turned_up = OrderRecovered(
        order_id=request.order_id, source="order", status="LIVE", recovered_at_ms=3
    )
    over = OrderCancelled(order_id=request.order_id, reason="judged over", cancelled_at_ms=4)
    for event, expected in ((request, 0), (lost, 1), (turned_up, 0), (lost, 1), (over, 0)):
        log.say(event)
        assert report.counts(log.events).orders_lost == expected


def test_what_stood_in_the_log_before_the_run_is_no_news() -> None:
    assert report.news(EVENTS, began_after=0) == report.News(trades=1, orders=1)
    assert report.news(EVENTS, began_after=6) == report.News(trades=0, orders=1)
    assert report.news(EVENTS, began_after=len(EVENTS)) == report.News(trades=0, orders=0)


def test_each_strategy_has_its_own_line_in_the_order_of_creation() -> None:
    live, forward = report.strategies(EVENTS)
    assert (live.strategy_id, live.qualified, live.orders, live.fills) == (STRATEGY, 1, 1, 1)
    assert (forward.strategy_id, forward.qualified) == (OTHER, 0)
    assert forward.refused == {"price_out_of_range": 1}


def test_latency_is_from_the_leaders_frame_to_our_post() -> None:
    assert report.latency(EVENTS, journal(4_200)) == report.Latency(p50=4.2, p99=4.2, max=4.2)


def test_without_an_order_at_the_venue_there_is_no_latency() -> None:
    nothing = report.Latency(p50=None, p99=None, max=None)
    assert report.latency(EVENTS, Journal()) == nothing
    other = TransactionHash("0x" + "99" * 32)
    assert report.latency(EVENTS, journal(4_200, transaction_hash=other)) == nothing
    stranger = msgspec.structs.replace(journal(1).orders[0], venue_order_id=VenueOrderId("0x1"))
    assert report.latency(EVENTS, Journal(orders=(stranger,))) == nothing


@given(st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=200))
def test_a_percentile_is_a_figure_that_was_measured(delays_us: list[int]) -> None:
    figures = report.latency(EVENTS, journal(*delays_us))
    assert figures.p50 is not None
    assert figures.p99 is not None
    assert figures.max == max(delays_us) / 1_000
    assert figures.p50 <= figures.p99 <= figures.max
    assert sum(delay / 1_000 <= figures.p50 for delay in delays_us) * 2 >= len(delays_us)


def test_the_digest_hangs_on_orders_and_fills_and_not_on_the_clock() -> None:
    later = [
        msgspec.structs.replace(
            one, envelope=msgspec.structs.replace(one.envelope, time_ms=NOW_MS + 5)
        )
        for one in EVENTS
    ]
    assert report.digest(EVENTS) == report.digest(later)
    dearer = [
        msgspec.structs.replace(
            one, event=msgspec.structs.replace(one.event, limit_price_micros=530_000)
        )
        if isinstance(one.event, OrderRequested)
        else one
        for one in EVENTS
    ]
    assert report.digest(EVENTS) != report.digest(dearer)
    assert report.digest(EVENTS) != report.digest(EVENTS[:8])


def test_a_digest_can_leave_forward_tests_out() -> None:
    [request] = [one.event for one in EVENTS if isinstance(one.event, OrderRequested)]
    [other] = [venue for venue in VenueName if venue is not request.venue]
    assert report.digest(EVENTS, [request.venue]) == report.digest(EVENTS)
    assert report.digest(EVENTS, [other]) == report.digest([])


def test_a_leader_trade_of_another_size_than_the_venue_said_is_counted() -> None:
    [trade] = [one.event for one in EVENTS if isinstance(one.event, TradeObserved)]
    key = group_key(trade.transaction_hash, trade.wallet, trade.token_id, trade.side)
    row = LeaderTradeRow(
        transaction_hash=trade.transaction_hash,
        wallet=trade.wallet,
        token_id=trade.token_id,
        side=trade.side,
        size_micros=trade.size_micros,
    )
    model = ReadModel(leader_trades=(row,))
    assert report.trades_wrong({key: trade.size_micros}, model) == 0
    assert report.trades_wrong({key: trade.size_micros + 1}, model) == 1
    assert report.trades_wrong({"never seen": 1}, model) == 0
