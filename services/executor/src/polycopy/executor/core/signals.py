"""Which decisions of a signal are taken up, and as what."""

import msgspec

from polycopy.executor.core.limits import Limits
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.ids import AccountId, order_id
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.signals import Decision, TradeEvaluated
from polycopy.schemas.terms import FailureCode, Refusal, RefusalCode
from polycopy.trading.account_state import KEPT_MS, Account
from polycopy.trading.approval import refuse
from polycopy.trading.pretrade import Intent


def for_money(signal: TradeEvaluated) -> list[Decision]:
    """The decisions to act on first."""
    return [one for one in signal.decisions if one.qualified and one.venue is not VenueName.PAPER]


def on_paper(signal: TradeEvaluated) -> list[list[Decision]]:
    """The forward tests to act on after that, by account, in their order."""
    accounts: dict[AccountId, list[Decision]] = {}
    for decision in signal.decisions:
        if decision.qualified and decision.venue is VenueName.PAPER:
            accounts.setdefault(decision.account, []).append(decision)
    return list(accounts.values())


def intent(
    envelope: Envelope, signal: TradeEvaluated, decision: Decision, limits: Limits
) -> Intent:
    """What the decision wants, with the one order id that this signal has for the strategy."""
    return Intent(
        order_id=order_id(signal_id=envelope.event_id, strategy_id=decision.strategy_id),
        strategy_id=decision.strategy_id,
        signal_id=envelope.event_id,
        trade_id=signal.trade_id,
        venue=decision.venue,
        condition_id=signal.condition_id,
        token_id=signal.token_id,
        side=signal.side,
        limit_price_micros=decision.limit_price_micros,
        leader_price_micros=signal.price_micros,
        notional_micros=decision.notional_micros,
        size_micros=decision.size_micros,
        valid_until_ms=signal.evaluated_at_ms + limits.signal_age_ms_max,
        leader=signal.wallet,
        outcome=signal.outcome,
        title=signal.title,
    )


def is_known(account: Account, wanted: Intent, at_ms: int) -> bool:
    """Whether there is nothing to decide any more: it was decided, or so long ago that the account
    may have forgotten it, and then it is too late anyway."""
    forgotten_ms = min(account.forgotten_before_ms, at_ms - KEPT_MS)  # Whatever a clock said.
    forgotten = 0 < wanted.valid_until_ms < forgotten_ms
    return forgotten or account.decided(wanted.order_id)


def second_attempt(account: Account, wanted: Intent, at_ms: int) -> Intent | None:
    """One more order for the same decision, where the venue rejected the first for lack of a
    balance that the account has; None: there is no reason, or no time."""
    order = account.orders.get(wanted.order_id)
    if order is None or order.failure_code is not FailureCode.BALANCE_OR_ALLOWANCE:
        return None
    if wanted.attempt > 1 or order.matched_size_micros or wanted.is_late(at_ms):
        return None
    again = order_id(
        signal_id=wanted.signal_id, strategy_id=wanted.strategy_id, attempt=wanted.attempt + 1
    )
    return msgspec.structs.replace(wanted, order_id=again, attempt=wanted.attempt + 1)


def turn_away(account: Account, wanted: Intent, at_ms: int) -> list[OrderEvent]:
    """The refusal of an order whose account this executor does not serve; [] the second time."""
    if account.decided(wanted.order_id):
        return []
    why = Refusal(
        code=RefusalCode.ACCOUNT_NOT_SERVED,
        detail=f"no executor sends {wanted.venue} orders of {account.account}",
    )
    return [refuse(account.account, wanted, (why,), at_ms)]
