"""What closes an account to new orders, whatever the order: the operator's word, and not knowing
enough about the money.

An exit passes every gate but HALTED. Whoever may not know what he owns may still sell it: what is
for sale is what the log knows, and the venue sells no share twice.
"""

from collections.abc import Iterator

from polycopy.schemas.accounts import BalanceDisputed
from polycopy.schemas.control import TradingState, VenueName
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import Side, decimal_text
from polycopy.schemas.terms import Refusal, RefusalCode
from polycopy.trading.account_state import Account, open_orders
from polycopy.trading.order_life import OrderState
from polycopy.trading.order_state import Order
from polycopy.trading.pretrade import Intent

OVERDUE_AFTER_MS = 120_000
"""The venue ends a FAK or a FOK within seconds, held back ones too. Whoever has not heard how one
ended for two minutes does not hear what the account spends. One that was heard of later than that
from now, by a clock that was ahead, may have been silent for as long."""

_PUSD = TokenId("")
_GOING_ON = frozenset({OrderState.OPEN, OrderState.PARTIALLY_FILLED})
"""The venue took the order: it said so, or matched it."""


def gate_refusals(
    account: Account, intent: Intent, state: TradingState, at_ms: int
) -> Iterator[Refusal]:
    """All gates that are closed to the intent. O(open orders)."""
    entry = intent.side is Side.BUY
    if state is TradingState.HALTED:
        yield Refusal(code=RefusalCode.TRADING_HALTED)
    if state is TradingState.REDUCING and entry:
        yield Refusal(code=RefusalCode.TRADING_REDUCING)
    if needs_reports(intent):
        yield from _behind(account)
        yield from _overdue(account, at_ms)
        yield from _disputed(account, intent.token_id)


def needs_reports(intent: Intent) -> bool:
    """Whether it may only leave once the venue's reports are in: an entry with money."""
    return intent.side is Side.BUY and intent.venue is VenueName.POLYMARKET


def _behind(account: Account) -> Iterator[Refusal]:
    if not account.caught_up:
        nobody = f"nobody has caught up epoch {account.epoch} yet"
        yield Refusal(code=RefusalCode.ACCOUNT_BEHIND, detail=account.behind_reason or nobody)


def _overdue(account: Account, at_ms: int) -> Iterator[Refusal]:
    silent = [order for order in open_orders(account) if _is_overdue(order, at_ms)]
    if silent:
        oldest = min(silent, key=lambda order: order.heard_at_ms)
        waited_s = (at_ms - oldest.heard_at_ms) // 1_000
        how = f"for {waited_s} s" if waited_s > 0 else f"heard of {-waited_s} s ahead of our clock"
        detail = f"{len(silent)} without an end, order {oldest.order_id} {how}"
        yield Refusal(code=RefusalCode.REPORTS_OVERDUE, detail=detail)


def _is_overdue(order: Order, at_ms: int) -> bool:
    going_on = order.state in _GOING_ON and not order.rests
    return going_on and abs(at_ms - order.heard_at_ms) > OVERDUE_AFTER_MS


def _disputed(account: Account, token_id: TokenId) -> Iterator[Refusal]:
    for disputed in (token_id, _PUSD):
        if told := account.disputes.get(disputed):
            yield Refusal(code=RefusalCode.BALANCE_DISPUTED, detail=_balances(told))


def _balances(told: BalanceDisputed) -> str:
    what = f"token {told.token_id}" if told.token_id else "pUSD"
    expected, found = decimal_text(told.expected_micros), decimal_text(told.venue_micros)
    return f"{what}: the log explains {expected}, the venue has {found}"
