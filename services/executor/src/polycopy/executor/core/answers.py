"""What an answer of the venue proves, and what to do where none came."""

from collections.abc import Sequence
from typing import assert_never

import msgspec

from polycopy.executor.core.breaker import Trouble
from polycopy.schemas.ids import OrderId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    OrderEvent,
    OrderFailed,
    OrderPlaced,
    OrderRequested,
    OrderUncertain,
)
from polycopy.schemas.terms import FailureCode, UncertainCode
from polycopy.trading import account as accounts
from polycopy.trading.account_reports import (
    SeenFill,
    confirm_fill,
    record_cancel,
    record_fill,
    record_outcome,
)
from polycopy.trading.account_state import Account
from polycopy.trading.order_life import OrderState
from polycopy.trading.order_state import FillStatus

_ANSWER_MAX = 4_000
"""Characters of a venue's answer that an event keeps."""


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """The venue knows the order. `adopted`: how we know, where it was no answer to our own bytes.

    `fills` and `done` are for a venue whose answer tells all that will ever happen (paper).
    """

    status: str
    answer: str = ""
    adopted: str = ""
    fills: tuple[SeenFill, ...] = ()
    done: bool = False


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """The venue says that this sending made no order. `retry_after_s`: for how long it will take
    none, where it says so."""

    code: FailureCode
    http_status: int
    answer: str
    retry_after_s: int = 0


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """Sent, and nothing is proven. `retry_after_s`: as above."""

    code: UncertainCode
    detail: str = ""
    http_status: int = 0
    retry_after_s: int = 0


class NotSent(msgspec.Struct, frozen=True, kw_only=True):
    """Not a byte left, so nothing became of the order yet: the request stays owed. Another try is
    no use before `retry_after_s`."""

    detail: str
    retry_after_s: int = 0


Answer = Placed | Rejected | Unknown | NotSent
_STEP_BACK_MS_MAX = 1_000
"""More than a clock is set back where it is kept well."""
INTERRUPTED = Unknown(code=UncertainCode.INTERRUPTED)
"""Somebody stopped between a request and its answer."""


def effects(
    account: Account, request: OrderRequested, answer: Answer, *, sent_at_ms: int, at_ms: int
) -> list[OrderEvent]:
    """What an answer to a request adds to what the account knows; [] where that is nothing new.

    `sent_at_ms` 0: the answer came from looking, not from sending.
    """
    match answer:
        case Placed():
            return _placed(account, request, answer, sent_at_ms=sent_at_ms, at_ms=at_ms)
        case Rejected():
            order = account.orders[request.order_id]
            if order.state is OrderState.UNCERTAIN:
                # It speaks of this sending. An earlier one of the same bytes may have been matched
                # and be the very reason: no balance left, no match left, a market closed since.
                return []
            failed = OrderFailed(
                order_id=request.order_id,
                code=answer.code,
                http_status=answer.http_status,
                answer=answer.answer[:_ANSWER_MAX],
                failed_at_ms=at_ms,
            )
            return record_outcome(account, failed)
        case Unknown():
            uncertain = OrderUncertain(
                order_id=request.order_id,
                code=answer.code,
                detail=answer.detail[:_ANSWER_MAX],
                http_status=answer.http_status,
                uncertain_at_ms=at_ms,
            )
            return record_outcome(account, uncertain)
        case NotSent():
            return []
        case _:
            assert_never(answer)


def trouble(account: Account, order_id: OrderId, answer: Answer) -> Trouble | None:
    """What the answer says about the venue's health; None: it is well. Every order is backed by
    what the account has, so a reject for its balance means that the venue counts otherwise. It may,
    of shares whose purchase is not settled yet; and of shares that are disputed it does, which was
    told already."""
    match answer:
        case Rejected(code=FailureCode.BALANCE_OR_ALLOWANCE) if _is_told(account, order_id):
            return None
        case Unknown():
            return Trouble.NO_ANSWER
        case Rejected(code=FailureCode.BALANCE_OR_ALLOWANCE):
            return Trouble.STALE_BALANCE
        case Rejected(code=FailureCode.CONFIGURATION | FailureCode.NOT_ACCEPTED):
            return Trouble.CLOSED
        case _:
            return None


def _is_told(account: Account, order_id: OrderId) -> bool:
    """Whether the order sells shares that are disputed, or of a fill that may be taken back."""
    order = account.orders[order_id]
    if order.side is Side.SELL and order.token_id in account.disputes:
        return True
    bought = (account.orders.get(one.lot_id) for one in order.allotments)
    fills = (fill for order in bought if order is not None for fill in order.fills.values())
    return any(fill.status is FillStatus.PROVISIONAL for fill in fills)


def may_send(request: OrderRequested, at_ms: int, resend_ms_max: int) -> bool:
    """Whether an order is young enough to be sent, for the first time or again: the same bytes,
    which make one order at most. Later the price is not the one that was decided on; the lock
    stays. Before its own request it was only by a clock that went back, which tells no age."""
    return -_STEP_BACK_MS_MAX <= at_ms - request.requested_at_ms <= resend_ms_max


def _placed(
    account: Account, request: OrderRequested, answer: Placed, *, sent_at_ms: int, at_ms: int
) -> list[OrderEvent]:
    said = record_outcome(
        account,
        OrderPlaced(
            order_id=request.order_id,
            venue_order_id=request.venue_order_id,
            status=answer.status,
            answer=answer.answer[:_ANSWER_MAX],
            adopted=answer.adopted,
            sent_at_ms=sent_at_ms,
            placed_at_ms=at_ms,
        ),
    )
    known = _after(account, said)
    for fill in answer.fills:
        filled = record_fill(known, fill)
        known = _after(known, filled)
        confirmed = confirm_fill(
            known, fill.venue_trade_id, fill.venue_order_id, fill.transaction_hash, at_ms
        )
        known = _after(known, confirmed)
        said += filled + confirmed
    if answer.done:
        said += record_cancel(known, request.order_id, "the rest found no match", at_ms)
    return said


def _after(account: Account, events: Sequence[OrderEvent]) -> Account:
    for event in events:
        account = accounts.evolve(account, event)
    return account
