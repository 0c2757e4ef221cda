"""The account: initial, evolve, fold, and what is decided about it as a whole.

The state is in `account_state`, the events of an order in `account_events`, what the limits count
in `tally`. The venue's reports become events in `account_reports`, an intent becomes an order in
`approval`.
"""

from collections.abc import Iterable
from typing import assert_never, get_args

import msgspec

from polycopy.schemas.accounts import (
    AccountCaughtUp,
    AccountEvent,
    AccountFellBehind,
    BalanceAgreed,
    BalanceDisputed,
    ExternalOrderSeen,
)
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId, StrategyId
from polycopy.schemas.money import LIMIT
from polycopy.schemas.orders import (
    CapitalDeposited,
    ExecutorEpochStarted,
    FillConfirmed,
    FillReverted,
    OrderCancelAnswered,
    OrderCancelled,
    OrderCancelRequested,
    OrderEvent,
    OrderExamined,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderLost,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRecovered,
    OrderRefused,
    OrderRequested,
    OrderUncertain,
    PositionSettled,
)
from polycopy.schemas.terms import VenueAccount
from polycopy.trading import account_events, forgetting, lots, tally
from polycopy.trading.account_state import Account, is_strange
from polycopy.trading.lots import Position

_replace = msgspec.structs.replace
_KINDS = frozenset(get_args(OrderEvent))
"""To ask a union of so many costs more than the fold."""


def initial(account: AccountId) -> Account:
    return Account(account=account)


def fold(account: AccountId, events: Iterable[OrderEvent]) -> Account:
    """The account after all its events, in the order of the log."""
    state = initial(account)
    for event in events:
        state = evolve(state, event)
    return state


def deposit(account: Account, strategy_id: StrategyId, amount_micros: int) -> list[OrderEvent]:
    """[CapitalDeposited] at the first sight of a strategy, [] after that.

    [] also for less than nothing, and where all the account's deposits would pass `money.LIMIT`:
    whoever wrote such a strategy, the account's sums stay within 64 bits. It has no capital then.
    """
    within = 0 <= amount_micros <= LIMIT - account.deposited_micros
    if strategy_id in account.deposits or not within:
        return []
    return [
        CapitalDeposited(
            account=account.account, strategy_id=strategy_id, amount_micros=amount_micros
        )
    ]


def start_epoch(
    account: Account, instance: str, venue_account: VenueAccount, resend_ms_max: int = 0
) -> list[OrderEvent]:
    """[ExecutorEpochStarted] with the next epoch; [] where the account belongs to another."""
    if is_strange(account, venue_account):
        return []
    return [
        ExecutorEpochStarted(
            account=account.account,
            epoch=account.epoch + 1,
            instance=instance,
            venue_account=venue_account,
            resend_ms_max=resend_ms_max,
        )
    ]


def evolve(account: Account, event: OrderEvent) -> Account:
    """The account after one of its events. Never raises; a contradiction counts as an anomaly.

    O(log n) in the number of orders and positions, but for a SELL, which looks at all lots of its
    token, and for the forgetting, which looks at everything each time that everything has doubled.
    """
    account = tally.at(account, event)
    after = _evolve(account, event)
    return forgetting.forget(tally.counted(account, after, event))


def _evolve(account: Account, event: OrderEvent) -> Account:
    match event:
        case OrderRequested():
            return account_events.requested(account, event)
        case OrderPartiallyFilled() | OrderFilled() | FillConfirmed() | FillReverted():
            return account_events.match_told(account, event)
        case OrderPlaced() | OrderFailed() | OrderUncertain() | OrderCancelled() | OrderExpired():
            return account_events.status_told(account, event)
        case OrderLost() | OrderRecovered() | OrderExamined():
            return account_events.status_told(account, event)
        case OrderCancelRequested() | OrderCancelAnswered():
            return account_events.status_told(account, event)
        case OrderRefused():
            refused = account.refused_ids.set(event.order_id, event.refused_at_ms)
            return _next(account, refused_ids=refused)
        case CapitalDeposited():
            return _deposited(account, event)
        case ExecutorEpochStarted():
            return _epoch_started(account, event)
        case PositionSettled():
            return _position_settled(account, event)
        case _:
            return _account_told(account, event)


def _account_told(account: Account, event: AccountEvent) -> Account:
    match event:
        case AccountFellBehind():
            return _next(account, caught_up_epoch=0, behind_reason=event.reason)
        case AccountCaughtUp():
            return _next(account, caught_up_epoch=event.epoch, behind_reason="")
        case ExternalOrderSeen():
            seen = account.external_ids.set(event.venue_order_id, event.seen_at_ms)
            return _next(account, external_ids=seen)
        case BalanceDisputed():
            return _next(account, disputes=account.disputes.set(event.token_id, event))
        case BalanceAgreed():
            known = event.token_id in account.disputes
            rest = account.disputes.delete(event.token_id) if known else account.disputes
            return _next(account, disputes=rest)
        case _:
            assert_never(event)


def _next(account: Account, **changes: object) -> Account:
    return _replace(account, version=account.version + 1, **changes)


def unfit(account: Account, envelope: Envelope, event: Event) -> str:
    """Why nobody may decide about the account after this event, in one line; "" where it fits.

    Every event counts its account's events. A server leaves out a message that its disk damaged
    without a word, and a fold with a hole in it finds money that is spent.
    """
    if type(event) not in _KINDS:
        return (
            f"account {account.account} holds an event of another build ({envelope.event_type}): "
            "start this service in the build that wrote it, or a later one"
        )
    told = envelope.aggregate_version
    if told and told != account.version + 1:
        return (
            f"the log lost something: account {account.account} has {account.version} events "
            f"before its event number {told}; restore the log from a copy before anything trades"
        )
    return ""


def _epoch_started(account: Account, event: ExecutorEpochStarted) -> Account:
    told = event.venue_account
    strange = told is not None and is_strange(account, told)
    return _replace(
        account,
        epoch=event.epoch,
        instance=event.instance,
        venue_account=account.venue_account or told,
        version=account.version + 1,
        anomalies=account.anomalies + (event.epoch != account.epoch + 1) + strange,
    )


def _deposited(account: Account, event: CapitalDeposited) -> Account:
    before = account.deposits.get(event.strategy_id, 0)
    return _replace(
        account,
        deposited_micros=account.deposited_micros + event.amount_micros,
        free_micros=account.free_micros + event.amount_micros,
        deposits=account.deposits.set(event.strategy_id, before + event.amount_micros),
        version=account.version + 1,
    )


def _position_settled(account: Account, event: PositionSettled) -> Account:
    """Every lot of the token gets its share of the payout, the last the rest."""
    held = account.positions.get(event.token_id) or Position(
        token_id=event.token_id, condition_id=event.condition_id
    )
    size, cost, kept = held.size_micros, held.cost_micros, account.lots
    shared = left = event.payout_micros
    open_lots = sorted((kept[lot_id] for lot_id in held.open_lots), key=lambda lot: lot.number)
    for place, lot in enumerate(open_lots, start=1):
        share = left if place == len(open_lots) or not size else shared * lot.size_micros // size
        paid = lots.settled(lot, share)
        left -= share
        held, kept = lots.with_lot(held, lot, paid), kept.set(lot.lot_id, paid)
    return _replace(
        account,
        positions=account_events.with_position(account.positions, held),
        free_micros=account.free_micros + event.payout_micros,
        realised_micros=account.realised_micros + event.payout_micros + held.cost_micros - cost,
        lots=kept,
        version=account.version + 1,
        anomalies=account.anomalies + (event.size_micros != size),
    )
