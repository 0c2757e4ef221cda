"""What an order event changes. Money is never computed here: rows are views of the account's fold.

An event that contradicts what is known changes what the fold says it does: anomalies. An account
forgets orders that are long over; their rows stay as they last were, for ever.
"""

import sys
from collections.abc import Iterable
from typing import NamedTuple, assert_never

import msgspec
from immutables import Map

from polycopy.projector.core import account_rows, order_rows
from polycopy.projector.core.order_rows import Match, Told
from polycopy.readmodel.changes import Change
from polycopy.runtime.log import Recorded
from polycopy.schemas.accounts import (
    AccountCaughtUp,
    AccountEvent,
    AccountFellBehind,
    BalanceAgreed,
    BalanceDisputed,
    ExternalOrderSeen,
)
from polycopy.schemas.ids import AccountId, OrderId, TokenId
from polycopy.schemas.orders import (
    CapitalDeposited,
    ExecutorEpochStarted,
    OrderEvent,
    OrderRefused,
    OrderRequested,
    PositionSettled,
)
from polycopy.trading import account as accounts
from polycopy.trading import forgetting
from polycopy.trading.account_state import Account
from polycopy.trading.order_state import Order

_replace = msgspec.structs.replace


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The folds, and the realised profit by what it came from: an account knows only its sum.

    `by_order` is forgotten with its order; `by_position` keeps one number a token, for ever.
    """

    accounts: Map[AccountId, Account] = Map()
    by_order: Map[OrderId, int] = Map()
    by_position: Map[tuple[AccountId, TokenId], int] = Map()


class _Step(NamedTuple):
    """An account before an event and after it, when it has not forgotten anything yet."""

    sequence: int
    before: Account
    after: Account
    order: Order | None
    """Which the event is about, where the account knows it; and so the token."""
    token_id: TokenId | None

    @property
    def profit(self) -> int:
        return self.after.realised_micros - self.before.realised_micros


def project(state: State, recorded: Recorded, event: OrderEvent) -> tuple[State, list[Change]]:
    """The account's row changes with every event."""
    account_id = AccountId(recorded.subject.split(".")[1])
    before = state.accounts.get(account_id) or accounts.initial(account_id)
    after = accounts.evolve(_replace(before, forget_at=sys.maxsize), event)
    step = _Step(recorded.sequence, before, after, *_about(after, event))
    new = _with_profit(state, step)
    changes = _changes(step, event, new)
    changes += _lots(step, event)
    changes += _position(step, new)
    changes.append(account_rows.account(recorded.sequence, after))
    return _kept(new, _replace(after, forget_at=before.forget_at)), changes


def _about(account: Account, event: OrderEvent) -> tuple[Order | None, TokenId | None]:
    match event:
        case CapitalDeposited() | ExecutorEpochStarted():
            return None, None
        case PositionSettled():
            return None, event.token_id
        case AccountFellBehind() | AccountCaughtUp() | ExternalOrderSeen():
            return None, None
        case BalanceDisputed() | BalanceAgreed():
            return None, None
        case _:
            order = account.orders.get(event.order_id)
            return order, None if order is None else order.token_id


def _with_profit(state: State, step: _Step) -> State:
    profit, by_order, by_position = step.profit, state.by_order, state.by_position
    if profit and step.order is not None:
        order_id = step.order.order_id
        by_order = by_order.set(order_id, by_order.get(order_id, 0) + profit)
    if profit and step.token_id is not None:
        key = (step.after.account, step.token_id)
        by_position = by_position.set(key, by_position.get(key, 0) + profit)
    return _replace(state, by_order=by_order, by_position=by_position)


def _kept(state: State, account: Account) -> State:
    """The state with the account as it goes on: what it forgets is forgotten here too."""
    kept = forgetting.forget(account)
    by_order = state.by_order
    if kept.orders is not account.orders:
        gone = {order_id for order_id in account.orders if order_id not in kept.orders}
        by_order = Map({key: profit for key, profit in by_order.items() if key not in gone})
    folds = state.accounts.set(account.account, kept)
    return _replace(state, accounts=folds, by_order=by_order)


def _changes(step: _Step, event: OrderEvent, new: State) -> list[Change]:
    """Rows of the order and its match; nothing for an order that the account does not know."""
    account_id = step.after.account
    match event:
        case CapitalDeposited() | ExecutorEpochStarted():
            return []
        case PositionSettled():
            return [account_rows.settled(step.sequence, account_id, event)]
        case OrderRefused():
            return [order_rows.refused(step.sequence, account_id, event)]
        case OrderRequested():
            if step.order is None or event.order_id in step.before.orders:
                return []
            return order_rows.requested(step.sequence, account_id, event, step.order)
        case (
            AccountFellBehind()
            | AccountCaughtUp()
            | ExternalOrderSeen()
            | BalanceDisputed()
            | BalanceAgreed()
        ):
            return _account_told(step, event)
        case _:
            return [] if step.order is None else _told(step, event, step.order, new)


def _account_told(step: _Step, event: AccountEvent) -> list[Change]:
    account_id, disputes = step.after.account, step.before.disputes
    match event:
        case AccountFellBehind() | AccountCaughtUp():
            return []  # Shown by the account's row.
        case ExternalOrderSeen():
            return [account_rows.external(step.sequence, account_id, event)]
        case BalanceDisputed():
            begins = event.token_id not in disputes
            return [account_rows.disputed(step.sequence, account_id, event, begins=begins)]
        case BalanceAgreed():
            if event.token_id not in disputes:
                return []
            return [account_rows.agreed(step.sequence, account_id, event)]
        case _:
            assert_never(event)


def _told(step: _Step, event: Told, order: Order, new: State) -> list[Change]:
    """No event but a request makes an order known: this one was."""
    known = step.before.orders[order.order_id]
    profit = new.by_order.get(order.order_id, 0)
    changes = [order_rows.told(step.sequence, event, known, order, profit)]
    if isinstance(event, Match):
        match_row = order_rows.match(step.sequence, step.after.account, event, known, order)
        changes += [match_row] if match_row else []
    return changes


def _lots(step: _Step, event: OrderEvent) -> list[Change]:
    """The lots that are not what they were."""
    changes = []
    for lot_id in _lots_of(step, event):
        before, after = step.before.lots.get(lot_id), step.after.lots.get(lot_id)
        known = after or before
        if known is not None and after is not before:
            gone = after is None
            changes.append(account_rows.lot(step.sequence, step.after.account, known, gone=gone))
    return changes


def _lots_of(step: _Step, event: OrderEvent) -> Iterable[OrderId]:
    """Those that the event may change: the order's own, what it sells, what a market pays for."""
    if isinstance(event, PositionSettled):
        held = step.before.positions.get(event.token_id)
        return held.open_lots if held else ()
    if step.order is None:
        return ()
    sold = (allotment.lot_id for allotment in step.order.allotments)
    return dict.fromkeys((step.order.order_id, *sold))


def _position(step: _Step, new: State) -> list[Change]:
    """The position where it changed; a market can pay for one that is not held any more."""
    if step.token_id is None:
        return []
    held = step.after.positions.get(step.token_id)
    if not step.profit and held == step.before.positions.get(step.token_id):
        return []
    profit = new.by_position.get((step.after.account, step.token_id), 0)
    return [account_rows.position(step.sequence, step.after.account, step.token_id, held, profit)]
