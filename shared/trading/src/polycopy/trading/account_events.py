"""How the events of orders change an account; `account.evolve` is the way in.

Money moves in one place, `put`: an order as it was is replaced by the order as it is, and whatever
differs between the two flows.
"""

from sys import intern

import msgspec
from immutables import Map

from polycopy.schemas.ids import ConditionId, OrderId, StrategyId, TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    Fill,
    FillConfirmed,
    FillReverted,
    OrderCancelAnswered,
    OrderCancelled,
    OrderCancelRequested,
    OrderExamined,
    OrderExpired,
    OrderFailed,
    OrderLost,
    OrderPlaced,
    OrderRecovered,
    OrderRequested,
    OrderUncertain,
)
from polycopy.trading import lots
from polycopy.trading.account_state import Account
from polycopy.trading.lots import NO_PART, Position
from polycopy.trading.order_life import TRANSITIONS, UNLOCKED, UNRESOLVED, OrderState
from polycopy.trading.order_state import (
    DUST_MICROS,
    UNSEEN,
    FillKey,
    FillRecord,
    Order,
    contradiction,
)

_replace = msgspec.structs.replace
_OVERFILLED = "more was matched than asked for"
_REPEATED = "one match was said twice"
_DISPUTED = "one match was confirmed and reverted"

StatusEvent = (
    OrderPlaced
    | OrderFailed
    | OrderUncertain
    | OrderCancelled
    | OrderExpired
    | OrderLost
    | OrderRecovered
    | OrderExamined
    | OrderCancelRequested
    | OrderCancelAnswered
)


def requested(account: Account, event: OrderRequested) -> Account:
    if event.order_id in account.orders:
        return contradicted(account)
    order = Order(  # One text for the ids that many orders share: they are the larger part of it.
        order_id=event.order_id,
        strategy_id=StrategyId(intern(event.strategy_id)),
        trade_id=event.trade_id,
        leader=event.leader,
        venue=event.venue,
        venue_order_id=event.venue_order_id,
        condition_id=ConditionId(intern(event.condition_id)),
        token_id=TokenId(intern(event.token_id)),
        side=event.side,
        order_type=event.order_type,
        size_micros=event.size_micros,
        notional_micros=event.notional_micros,
        limit_price_micros=event.limit_price_micros,
        lock_micros=event.lock_micros,
        fee=event.fee,
        requested_at_ms=event.requested_at_ms,
        expires_at_ms=event.expires_at_ms,
        epoch=account.epoch,
        state=OrderState.REQUESTED,
        request=event,
        number=account.version + 1,
    )
    if order.side is Side.SELL:
        held = account.positions.get(order.token_id)
        there = [account.lots[lot_id] for lot_id in held.open_lots] if held else []
        order = _replace(order, allotments=lots.allot(order, there))
    account = _replace(
        account, venue_ids=account.venue_ids.set(event.venue_order_id, order.order_id)
    )
    return put(account, order)


def status_told(account: Account, event: StatusEvent) -> Account:
    order = account.orders.get(event.order_id)
    if order is None:
        return contradicted(account)
    after = TRANSITIONS.get((order.state, type(event)))
    if after is None:
        return contradicted(account, order, contradiction(order.state, type(event)))
    match event:
        case OrderPlaced():
            heard_at_ms = max(order.heard_at_ms, event.sent_at_ms, event.placed_at_ms)
            order = _replace(order, answered=True, heard_at_ms=heard_at_ms)
        case OrderFailed() if after is not order.state:
            order = _replace(order, failure_code=event.code)
        case OrderRecovered() if after is not order.state:
            heard_at_ms = max(order.heard_at_ms, event.recovered_at_ms)
            order = _replace(order, answered=True, heard_at_ms=heard_at_ms)
        case OrderCancelRequested():
            asked_at_ms = event.cancel_requested_at_ms
            order = _replace(order, cancel_requested_at_ms=asked_at_ms, cancel_verdict=None)
        case OrderCancelAnswered():
            order = _replace(order, cancel_verdict=event.verdict)
        case _:
            pass
    if after is OrderState.OPEN and order.matched_size_micros:
        after = OrderState.PARTIALLY_FILLED  # It came back, and was matched in part before.
    return put(account, _replace(order, state=after))


def match_told(account: Account, event: Fill | FillConfirmed | FillReverted) -> Account:
    order = account.orders.get(event.order_id)
    if order is None:
        return contradicted(account)
    key = (event.venue_trade_id, order.venue_order_id)
    before = order.fills.get(key, UNSEEN)
    match event:
        case FillConfirmed():
            told = put(account, _with_record(order, key, _replace(before, confirmed=True)))
            disputed = before.reverted
        case FillReverted():
            told = put(account, _with_record(order, key, _replace(before, reverted=True)))
            disputed = before.confirmed
        case _:
            return _matched(account, order, key, event)
    return _noted(told, order.order_id, _DISPUTED) if disputed else told


def _matched(account: Account, order: Order, key: FillKey, event: Fill) -> Account:
    before = order.fills.get(key, UNSEEN)
    if before.seen:
        return contradicted(account, order, _REPEATED)
    order = _replace(
        order,
        state=TRANSITIONS[order.state, type(event)],
        matched_size_micros=order.matched_size_micros + event.size_micros,
        matched_notional_micros=order.matched_notional_micros + event.notional_micros,
        heard_at_ms=max(order.heard_at_ms, event.matched_at_ms),
    )
    record = _replace(
        before,
        size_micros=event.size_micros,
        notional_micros=event.notional_micros,
        fee_micros=event.fee_micros,
    )
    told = put(account, _with_record(order, key, record))
    overfilled = order.unmatched_micros < -DUST_MICROS
    return _noted(told, order.order_id, _OVERFILLED) if overfilled else told


def _with_record(order: Order, key: FillKey, record: FillRecord) -> Order:
    """Keep what is known of a match, and count it where it begins or ceases to."""
    begins = record.counts - order.fills.get(key, UNSEEN).counts  # 1, −1, or 0 for no change
    return _replace(
        order,
        fills=order.fills.set(key, record),
        filled_size_micros=order.filled_size_micros + begins * record.size_micros,
        filled_notional_micros=order.filled_notional_micros + begins * record.notional_micros,
        fees_micros=order.fees_micros + begins * record.fee_micros,
    )


def put(account: Account, order: Order) -> Account:
    """Store an order as it now is, set aside what it now needs, and let the money flow."""
    before = account.orders.get(order.order_id)
    pusd, shares = order.needs
    request = order.request if order.state in UNRESOLVED else None
    order = _replace(
        order,
        locked_micros=pusd,
        locked_size_micros=shares,
        request=request,
        touched_at_ms=account.clock_ms,
    )
    lock_change = pusd - (before.locked_micros if before else 0)
    fees = order.fees_micros - (before.fees_micros if before else 0)
    traded = order.filled_notional_micros - (before.filled_notional_micros if before else 0)
    cash = -traded if order.side is Side.BUY else traded
    account = _with_parts(account, before, order, cash)
    return _replace(
        account,
        free_micros=account.free_micros + cash - fees - lock_change,
        locked_micros=account.locked_micros + lock_change,
        fees_micros=account.fees_micros + fees,
        orders=account.orders.set(order.order_id, order),
        open_ids=_among(account.open_ids, order, belongs=order.state not in UNLOCKED),
        lost_ids=_among(account.lost_ids, order, belongs=order.state is OrderState.LOST),
        version=account.version + 1,
    )


def _with_parts(account: Account, before: Order | None, order: Order, cash: int) -> Account:
    """The lots and the position with what the order now has done to them; what was got or paid and
    did not become or end a cost is realised."""
    still = before is not None and (
        before.filled_size_micros == order.filled_size_micros
        and before.filled_notional_micros == order.filled_notional_micros
        and before.locked_size_micros == order.locked_size_micros
    )
    if still:
        return account
    was, now = lots.parts(before) if before else {}, lots.parts(order)
    held = account.positions.get(order.token_id) or Position(
        token_id=order.token_id, condition_id=order.condition_id
    )
    cost, kept = held.cost_micros, account.lots
    for lot_id in was | now:
        lot = kept.get(lot_id)
        after = lots.changed(
            lot or lots.new_lot(order), was.get(lot_id, NO_PART), now.get(lot_id, NO_PART)
        )
        held = lots.with_lot(held, lot, after)
        kept = kept.delete(lot_id) if lot and after.untouched else kept.set(lot_id, after)
    return _replace(
        account,
        realised_micros=account.realised_micros + cash + held.cost_micros - cost,
        lots=kept,
        positions=with_position(account, held).positions,
    )


def with_position(account: Account, held: Position) -> Account:
    """One that holds and locks nothing is left out."""
    positions = account.positions
    if held.open_lots:
        positions = positions.set(held.token_id, held)
    elif held.token_id in positions:
        positions = positions.delete(held.token_id)
    return _replace(account, positions=positions)


def _among(ids: Map[OrderId, None], order: Order, *, belongs: bool) -> Map[OrderId, None]:
    there = order.order_id in ids
    if belongs and not there:
        return ids.set(order.order_id, None)
    return ids.delete(order.order_id) if there and not belongs else ids


def contradicted(account: Account, order: Order | None = None, why: str = "") -> Account:
    """An event that cannot be true with the rest: counted, and otherwise without effect."""
    if order is not None:
        account = _noted(account, order.order_id, why)
        return _replace(account, version=account.version + 1)
    return _replace(account, version=account.version + 1, anomalies=account.anomalies + 1)


def _noted(account: Account, order_id: OrderId, why: str) -> Account:
    order = account.orders[order_id]
    if why not in order.anomalies:
        order = _replace(order, anomalies=(*order.anomalies, why))
    orders = account.orders.set(order_id, order)
    return _replace(account, orders=orders, anomalies=account.anomalies + 1)
