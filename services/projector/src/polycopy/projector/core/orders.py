"""What an order event changes. Money is never computed here: rows are views of the account's fold.

An event that contradicts what is known changes what the fold says it does: anomalies.
"""

from typing import NamedTuple

import msgspec
from immutables import Map

from polycopy.projector.core import order_rows
from polycopy.projector.core.order_rows import Match, Told
from polycopy.readmodel.changes import Change
from polycopy.runtime.log import Recorded
from polycopy.schemas.accounts import (
    AccountCaughtUp,
    AccountFellBehind,
    BalanceAgreed,
    BalanceDisputed,
    ExternalOrderSeen,
)
from polycopy.schemas.ids import AccountId, OrderId, TokenId
from polycopy.schemas.orders import (
    CapitalDeposited,
    ExecutorEpochStarted,
    Fill,
    OrderEvent,
    OrderRefused,
    OrderRequested,
    PositionSettled,
)
from polycopy.trading import account as accounts
from polycopy.trading.account_state import Account
from polycopy.trading.order_state import UNSEEN, Order


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The folds, and the realised profit by what it came from: an account knows only its sum."""

    accounts: Map[AccountId, Account] = Map()
    by_order: Map[OrderId, int] = Map()
    by_position: Map[tuple[AccountId, TokenId], int] = Map()


class _Step(NamedTuple):
    """An account before and after an event, with the profits realised before and after."""

    sequence: int
    before: Account
    after: Account
    old: State
    new: State


def project(state: State, recorded: Recorded, event: OrderEvent) -> tuple[State, list[Change]]:
    """The account's row changes with every event."""
    account_id = AccountId(recorded.subject.split(".")[1])
    before = state.accounts.get(account_id) or accounts.initial(account_id)
    after = accounts.evolve(before, event)
    order, token_id = _about(after, event)
    new = _evolve(state, before, after, order, token_id)
    step = _Step(recorded.sequence, before, after, state, new)
    changes = _changes(step, event, order)
    if token_id is not None:
        changes += _position(step, token_id)
    changes.append(order_rows.account(recorded.sequence, after))
    return new, changes


def _about(account: Account, event: OrderEvent) -> tuple[Order | None, TokenId | None]:
    """The order, where the account knows it, and the token that the event is about."""
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


def _evolve(
    state: State, before: Account, after: Account, order: Order | None, token_id: TokenId | None
) -> State:
    by_order, by_position = state.by_order, state.by_position
    profit = after.realised_micros - before.realised_micros
    if profit and order is not None:
        by_order = by_order.set(order.order_id, by_order.get(order.order_id, 0) + profit)
    if profit and token_id is not None:
        key = (after.account, token_id)
        by_position = by_position.set(key, by_position.get(key, 0) + profit)
    folds = state.accounts.set(after.account, after)
    return State(accounts=folds, by_order=by_order, by_position=by_position)


def _changes(step: _Step, event: OrderEvent, order: Order | None) -> list[Change]:
    """Rows of the order and its match; nothing for an order that the account does not know."""
    account_id = step.after.account
    match event:
        case CapitalDeposited() | ExecutorEpochStarted():
            return []
        case AccountFellBehind() | AccountCaughtUp() | ExternalOrderSeen():
            return []  # No table shows them yet.
        case BalanceDisputed() | BalanceAgreed():
            return []
        case PositionSettled():
            return [order_rows.settled(step.sequence, account_id, event)]
        case OrderRefused():
            return [] if order else [order_rows.refused(step.sequence, account_id, event)]
        case OrderRequested():
            if order is None or order.order_id in step.before.orders:
                return []
            return order_rows.requested(step.sequence, account_id, event, order)
        case _:
            return [] if order is None else _told(step, event, order)


def _told(step: _Step, event: Told, order: Order) -> list[Change]:
    known = step.before.orders[order.order_id]
    profit = step.new.by_order.get(order.order_id, 0)
    changes = [order_rows.told(step.sequence, event, known, order, profit)]
    if isinstance(event, Match):
        key = (event.venue_trade_id, event.venue_order_id)
        repeated = isinstance(event, Fill) and known.fills.get(key, UNSEEN).seen
        if not repeated:
            record = order.fills[key]
            changes.append(
                order_rows.match(step.sequence, step.after.account, event, order, record)
            )
    return changes


def _position(step: _Step, token_id: TokenId) -> list[Change]:
    """The position where it changed; a market can pay for one that is not held any more."""
    key = (step.after.account, token_id)
    profit = step.new.by_position.get(key, 0)
    held = step.after.positions.get(token_id)
    same_profit = profit == step.old.by_position.get(key, 0)
    if same_profit and held == step.before.positions.get(token_id):
        return []
    return [order_rows.position(step.sequence, step.after.account, token_id, held, profit)]
