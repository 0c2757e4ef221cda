"""What an earlier session left behind, and what stopping means: E80 to E87."""

import pytest

from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import OrderFilled, OrderRequested
from polycopy.trading.order_life import OrderState
from tests.acceptance.pair import CAPITAL, COPY, FILLS, Pair
from tests.acceptance.sockets import no_socket, open_sockets, working
from tests.support.directing import buys, rests, token_of
from tests.support.executing import KEY
from tests.support.signalling import decision

FIVE_DOLLARS = decision(COPY, notional=5 * MICROS, limit=500_000)


def held_at_the_venue(pair: Pair, index: int) -> int:
    accounts = pair.control.running.venue.desk.exchange.accounts
    return accounts[KEY.address].shares.get(token_of(pair.control, index=index), 0)


async def test_a_signal_from_before_the_start_opens_its_position_once(pair: Pair) -> None:
    """E80: starting buys nothing. A signal that waited does, as long as it is young."""
    waited = await pair.signal(FIVE_DOLLARS)
    await pair.begin()
    assert await pair.said(OrderRequested) == []

    assert await pair.executor.handle(waited)
    await pair.rounds(1)
    await pair.begin()
    assert await pair.executor.handle(waited) == []

    assert len(await pair.said(OrderRequested)) == len(await pair.said(OrderFilled)) == 1
    assert held_at_the_venue(pair, 0) == 10 * MICROS


async def test_a_stopped_status_sync_leaves_no_socket_and_hears_nothing(pair: Pair) -> None:
    """E83."""
    async with working(pair):
        assert await open_sockets(pair) == 1
    await no_socket(pair)
    body = await pair.request(buys(pair.control))
    end = await pair.log.end()

    await pair.post(body)

    assert await pair.log.end() == end
    await pair.rounds(1)
    assert await pair.log.end() > end


async def test_open_orders_of_an_earlier_session_are_open_as_the_venue_has_them(
    pair: Pair,
) -> None:
    """E84; and E81 of a process: it may end at any time, and what rests stays at rest."""
    await pair.rest(rests(pair.control, 1), "a")
    await pair.rest(rests(pair.control, 2), "b")
    await pair.control.done("take", market="mine", side="SELL", size=8, price=0.45)

    await pair.begin()

    theirs = await pair.in_the_book()
    account = await pair.account()
    ours = [account.orders[order_id] for order_id in account.open_ids]
    assert {one.venue_order_id for one in ours} == set(theirs)
    assert {one.state for one in ours} == {OrderState.OPEN, OrderState.PARTIALLY_FILLED}
    for one in ours:
        at_venue = theirs[one.venue_order_id]
        assert (one.token_id, one.side) == (at_venue["asset_id"], at_venue["side"])
        assert (one.order_type, at_venue["price"]) == (at_venue["order_type"], "0.45")
        assert one.size_micros == int(at_venue["original_size"]) * MICROS
        assert one.filled_size_micros == int(at_venue["size_matched"]) * MICROS
    await pair.cancel("a", "b")
    await pair.rounds(1)
    assert not await pair.in_the_book()
    assert (await pair.account()).free_micros == CAPITAL - 3_600_000


@pytest.mark.parametrize("told", [False, True], ids=["not told before", "told before"])
async def test_filled_orders_of_an_earlier_session_are_filled_and_count_once(
    pair: Pair,
    told: bool,  # noqa: FBT001 - a case
) -> None:
    """E85."""
    await pair.copy(FIVE_DOLLARS)
    if told:
        await pair.rounds(1)
    assert len(await pair.said(*FILLS)) == int(told)

    await pair.begin()
    await pair.begin()

    [fill] = await pair.said(*FILLS)
    assert isinstance(fill, OrderFilled)
    assert (fill.size_micros, fill.price_micros) == (10 * MICROS, 500_000)
    [order] = (await pair.account()).orders.values()
    assert (order.state, order.fees_micros) == (OrderState.FILLED, fill.fee_micros)


@pytest.mark.parametrize(("index", "price"), [(0, 500_000), (1, 600_000)], ids=["yes", "no"])
async def test_a_position_of_an_earlier_session_is_held_and_can_be_sold(
    pair: Pair, index: int, price: int
) -> None:
    """E82, E86: stopping leaves it, and the next process sells it. There is no short position
    (E87): whoever expects the opposite holds the other outcome."""
    await pair.copy(decision(COPY, notional=10 * price, limit=price), index=index)
    await pair.rounds(1)

    await pair.begin()

    token_id = token_of(pair.control, index=index)
    held = (await pair.account()).positions[token_id]
    assert held.size_micros == held_at_the_venue(pair, index) == 10 * MICROS
    assert held.cost_micros == 10 * price
    exit_all = decision(COPY, notional=0, size=held.size_micros, limit=10_000)
    await pair.copy(exit_all, side=Side.SELL, index=index)
    await pair.rounds(1)
    assert not (await pair.account()).positions
    assert held_at_the_venue(pair, index) == 0
