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
from polycopy.trading.account_state import DAY_MS, Account
from polycopy.trading.lots import NO_PART, Lot, Position
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
        day=account.clock_ms // DAY_MS,
        number=account.version + 1,
    )
    if order.side is Side.SELL:
        held = account.positions.get(order.token_id)
        there = [account.lots[lot_id] for lot_id in held.open_lots] if held else []
        order = _replace(order, allotments=lots.allot(order, there))
    return put(account, order)


def status_told(account: Account, event: StatusEvent) -> Account:
    order = account.orders.get(event.order_id)
    if order is None:
        return contradicted(account)
    after = TRANSITIONS.get((order.state, type(event)))
    if after is None:
        return contradicted(account, order, contradiction(order.state, type(event)))
    if after is OrderState.OPEN and order.matched_size_micros:
        after = OrderState.PARTIALLY_FILLED  # It came back, and was matched in part before.
    return put(account, _replace(order, state=after, **_said(order, event, after)))


def _said(order: Order, event: StatusEvent, after: OrderState) -> dict[str, object]:
    """What else is known of the order now."""
    match event:
        case OrderPlaced():
            heard_at_ms = max(order.heard_at_ms, event.sent_at_ms, event.placed_at_ms)
            return {"answered": True, "heard_at_ms": heard_at_ms}
        case OrderFailed() if after is not order.state:
            return {"failure_code": event.code}
        case OrderRecovered() if after is not order.state:
            return {
                "answered": True,
                "heard_at_ms": max(order.heard_at_ms, event.recovered_at_ms),
            }
        case OrderCancelRequested():
            asked_at_ms = event.cancel_requested_at_ms
            return {"cancel_requested_at_ms": asked_at_ms, "cancel_verdict": None}
        case OrderCancelAnswered():
            return {"cancel_verdict": event.verdict}
        case _:
            return {}


def match_told(account: Account, event: Fill | FillConfirmed | FillReverted) -> Account:
    order = account.orders.get(event.order_id)
    if order is None:
        return contradicted(account)
    key = (event.venue_trade_id, order.venue_order_id)
    before = order.fills.get(key, UNSEEN)
    match event:
        case FillConfirmed():
            record = _replace(before, confirmed=True)
            told = put(account, _with_record(order, key, before, record))
            disputed = before.reverted
        case FillReverted():
            record = _replace(before, reverted=True)
            told = put(account, _with_record(order, key, before, record))
            disputed = before.confirmed
        case _:
            return _matched(account, order, key, before, event)
    return _noted(told, order.order_id, _DISPUTED) if disputed else told


def _matched(
    account: Account, order: Order, key: FillKey, before: FillRecord, event: Fill
) -> Account:
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
    told = put(account, _with_record(order, key, before, record))
    overfilled = order.unmatched_micros < -DUST_MICROS
    return _noted(told, order.order_id, _OVERFILLED) if overfilled else told


def _with_record(order: Order, key: FillKey, before: FillRecord, record: FillRecord) -> Order:
    """Keep what is known of a match, and count it where it begins or ceases to."""
    fills = order.fills.set(key, record)
    begins = record.counts - before.counts  # 1, −1, or 0 for no change
    if not begins:
        return _replace(order, fills=fills)
    return _replace(
        order,
        fills=fills,
        filled_size_micros=order.filled_size_micros + begins * record.size_micros,
        filled_notional_micros=order.filled_notional_micros + begins * record.notional_micros,
        fees_micros=order.fees_micros + begins * record.fee_micros,
    )


def put(account: Account, order: Order) -> Account:
    """Store an order as it now is, set aside what it now needs, and let the money flow."""
    before = account.orders.get(order.order_id)
    pusd, shares = order.needs
    order = _replace(
        order,
        locked_micros=pusd,
        locked_size_micros=shares,
        request=order.request if order.state in UNRESOLVED else None,
        touched_at_ms=account.clock_ms,
    )
    locked, fees, traded = pusd, order.fees_micros, order.filled_notional_micros
    venue_ids, open_ids, lost_ids = account.venue_ids, account.open_ids, account.lost_ids
    if before is None:
        venue_ids = venue_ids.set(order.venue_order_id, order.order_id)
    else:
        locked -= before.locked_micros
        fees -= before.fees_micros
        traded -= before.filled_notional_micros
    if before is None or before.state is not order.state:
        open_ids = _among(open_ids, order, belongs=order.state not in UNLOCKED)
        lost_ids = _among(lost_ids, order, belongs=order.state is OrderState.LOST)
    cash = -traded if order.side is Side.BUY else traded
    kept, positions, cost = _parts_moved(account, before, order)
    return _replace(
        account,
        free_micros=account.free_micros + cash - fees - locked,
        locked_micros=account.locked_micros + locked,
        fees_micros=account.fees_micros + fees,
        realised_micros=account.realised_micros + cash + cost,
        lots=kept,
        positions=positions,
        orders=account.orders.set(order.order_id, order),
        venue_ids=venue_ids,
        open_ids=open_ids,
        lost_ids=lost_ids,
        version=account.version + 1,
    )


def _parts_moved(
    account: Account, before: Order | None, order: Order
) -> tuple[Map[OrderId, Lot], Map[TokenId, Position], int]:
    """The lots and the positions with what the order now has done to them, and by how much the cost
    of all grew: what was got or paid beyond that is realised."""
    kept, positions = account.lots, account.positions
    if before is not None and (
        before.filled_size_micros == order.filled_size_micros
        and before.filled_notional_micros == order.filled_notional_micros
        and before.locked_size_micros == order.locked_size_micros
    ):
        return kept, positions, 0
    was, now = lots.parts(before) if before else {}, lots.parts(order)
    if not was and not now:
        return kept, positions, 0
    held = positions.get(order.token_id) or Position(
        token_id=order.token_id, condition_id=order.condition_id
    )
    cost = held.cost_micros
    for lot_id in was | now:
        lot = kept.get(lot_id)
        after = lots.changed(
            lot or lots.new_lot(order), was.get(lot_id, NO_PART), now.get(lot_id, NO_PART)
        )
        held = lots.with_lot(held, lot, after)
        kept = kept.delete(lot_id) if lot and after.untouched else kept.set(lot_id, after)
    return kept, with_position(positions, held), held.cost_micros - cost


def with_position(positions: Map[TokenId, Position], held: Position) -> Map[TokenId, Position]:
    """One that holds and locks nothing is left out."""
    if held.open_lots:
        return positions.set(held.token_id, held)
    return positions.delete(held.token_id) if held.token_id in positions else positions


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
