"""How the events of orders and positions change an account; `account.evolve` is the way in."""

from sys import intern

import msgspec
from immutables import Map

from polycopy.schemas.ids import ConditionId, OrderId, StrategyId, TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    Fill,
    FillConfirmed,
    FillReverted,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderPlaced,
    OrderRequested,
    OrderUncertain,
    PositionSettled,
)
from polycopy.trading import holding
from polycopy.trading.account_state import (
    DUST_MICROS,
    UNSEEN,
    Account,
    FillKey,
    FillRecord,
    Order,
    Position,
    contradiction,
)
from polycopy.trading.order_life import TERMINAL, TRANSITIONS, UNRESOLVED, OrderState

_replace = msgspec.structs.replace
_OVERFILLED = "more was matched than asked for"
_REPEATED = "one match was said twice"
_DISPUTED = "one match was confirmed and reverted"

StatusEvent = OrderPlaced | OrderFailed | OrderUncertain | OrderCancelled | OrderExpired


class _Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What moved besides the order itself; `held` None: the position stays as it is."""

    held: Position | None = None
    cash_micros: int = 0
    fees_micros: int = 0
    realised_micros: int = 0


_STILL = _Flow()


def requested(account: Account, event: OrderRequested) -> Account:
    if event.order_id in account.orders:
        return contradicted(account)
    order = Order(  # One text for the ids that many orders share: they are the larger part of it.
        order_id=event.order_id,
        strategy_id=StrategyId(intern(event.strategy_id)),
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
    )
    account = _replace(
        account,
        open_ids=account.open_ids.set(event.order_id, None),
        venue_ids=account.venue_ids.set(event.venue_order_id, event.order_id),
    )
    return _put(account, order, _STILL)


def status_told(account: Account, event: StatusEvent) -> Account:
    order = account.orders.get(event.order_id)
    if order is None:
        return contradicted(account)
    after = TRANSITIONS.get((order.state, type(event)))
    if after is None:
        return contradicted(account, order, contradiction(order.state, type(event)))
    if isinstance(event, OrderPlaced):
        heard_at_ms = max(order.heard_at_ms, event.sent_at_ms, event.placed_at_ms)
        order = _replace(order, answered=True, heard_at_ms=heard_at_ms)
    return _put(account, _replace(order, state=after), _STILL)


def match_told(account: Account, event: Fill | FillConfirmed | FillReverted) -> Account:
    order = account.orders.get(event.order_id)
    if order is None:
        return contradicted(account)
    key = (event.venue_trade_id, order.venue_order_id)
    before = order.fills.get(key, UNSEEN)
    match event:
        case FillConfirmed():
            told = _with_record(account, order, key, _replace(before, confirmed=True))
            disputed = before.reverted
        case FillReverted():
            told = _with_record(account, order, key, _replace(before, reverted=True))
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
    told = _with_record(account, order, key, record)
    overfilled = order.unmatched_micros < -DUST_MICROS
    return _noted(told, order.order_id, _OVERFILLED) if overfilled else told


def _with_record(account: Account, order: Order, key: FillKey, record: FillRecord) -> Account:
    """Keep what is known of a match; move money and shares where it begins or ceases to count."""
    begins = record.counts - order.fills.get(key, UNSEEN).counts  # 1, −1, or 0 for no change
    if not begins:
        return _put(account, _replace(order, fills=order.fills.set(key, record)), _STILL)
    held = account.positions.get(order.token_id) or _nothing_held(order)
    sign = 1 if order.side is Side.BUY else -1
    size, value = sign * record.size_micros, sign * record.notional_micros
    if begins > 0:
        held, realised = holding.traded(held, size, value)
        record = _replace(record, realised_micros=realised)
    else:
        held, realised = holding.undone(held, size, value, record.realised_micros)
        record = _replace(record, realised_micros=0)
    after = _replace(
        order,
        fills=order.fills.set(key, record),
        filled_size_micros=order.filled_size_micros + begins * record.size_micros,
        filled_notional_micros=order.filled_notional_micros + begins * record.notional_micros,
        fees_micros=order.fees_micros + begins * record.fee_micros,
    )
    flow = _Flow(
        held=held,
        cash_micros=-begins * (value + record.fee_micros),
        fees_micros=begins * record.fee_micros,
        realised_micros=realised,
    )
    return _put(account, after, flow)


def _put(account: Account, order: Order, flow: _Flow) -> Account:
    """Store an order as it now is, set aside what it now needs, and let the money flow."""
    pusd, shares = order.needs
    lock_change = pusd - order.locked_micros
    shares_change = shares - order.locked_size_micros
    request = order.request if order.state in UNRESOLVED else None
    changed = lock_change or shares_change or request is not order.request
    if changed:
        order = _replace(order, locked_micros=pusd, locked_size_micros=shares, request=request)
    held = flow.held
    if shares_change:
        held = held or account.positions.get(order.token_id) or _nothing_held(order)
        locked = held.locked_size_micros + shares_change
        held = _replace(held, locked_size_micros=locked)
    open_ids = account.open_ids
    if order.state in TERMINAL and order.order_id in open_ids:
        open_ids = open_ids.delete(order.order_id)
    return _replace(
        account,
        free_micros=account.free_micros + flow.cash_micros - lock_change,
        locked_micros=account.locked_micros + lock_change,
        fees_micros=account.fees_micros + flow.fees_micros,
        realised_micros=account.realised_micros + flow.realised_micros,
        orders=account.orders.set(order.order_id, order),
        open_ids=open_ids,
        positions=account.positions if held is None else _with_position(account.positions, held),
        version=account.version + 1,
    )


def position_settled(account: Account, event: PositionSettled) -> Account:
    held = account.positions.get(event.token_id) or Position(
        token_id=event.token_id, condition_id=event.condition_id
    )
    paid = _replace(held, size_micros=0, cost_micros=0)
    return _replace(
        account,
        free_micros=account.free_micros + event.payout_micros,
        realised_micros=account.realised_micros + event.payout_micros - held.cost_micros,
        positions=_with_position(account.positions, paid),
        version=account.version + 1,
        anomalies=account.anomalies + (event.size_micros != held.size_micros),
    )


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


def _nothing_held(order: Order) -> Position:
    return Position(token_id=order.token_id, condition_id=order.condition_id)


def _with_position(held: Map[TokenId, Position], new: Position) -> Map[TokenId, Position]:
    if new.size_micros or new.locked_size_micros:
        return held.set(new.token_id, new)
    return held.delete(new.token_id) if new.token_id in held else held
