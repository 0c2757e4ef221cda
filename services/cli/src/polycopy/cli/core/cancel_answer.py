"""What became of the operator's wish to have an order cancelled."""

import msgspec

from polycopy.cli.core import life
from polycopy.schemas.catalog import event_token
from polycopy.schemas.ids import AccountId, OrderId
from polycopy.schemas.orders import (
    OrderCancelAnswered,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
)
from polycopy.schemas.terms import CancelVerdict

End = OrderFilled | OrderCancelled | OrderExpired | OrderFailed
UNDECIDED = frozenset({CancelVerdict.PENDING, CancelVerdict.UNKNOWN})
"""The executor asks the venue again."""


class CancelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """For programs. `verdict` None: the order `ended`, in that way, before one was there."""

    order_id: OrderId
    account: AccountId
    verdict: CancelVerdict | None = None
    answer: str = ""
    ended: str = ""
    cancelled: bool
    """Whether it is what the operator wanted."""


def answer_of(account: AccountId, told: OrderCancelAnswered | End) -> CancelAnswer:
    if isinstance(told, OrderCancelAnswered):
        return CancelAnswer(
            order_id=told.order_id,
            account=account,
            verdict=told.verdict,
            answer=told.answer,
            cancelled=told.verdict is CancelVerdict.CANCELLED,
        )
    return CancelAnswer(
        order_id=told.order_id,
        account=account,
        ended=event_token(type(told)),
        cancelled=isinstance(told, OrderCancelled),
    )


def words(answer: CancelAnswer) -> str:
    """One line for people."""
    head = f"order {answer.order_id}"
    if answer.verdict is None:
        return f"{head} ended without it: {answer.ended}"
    again = "; the executor asks again" if answer.verdict in UNDECIDED else ""
    return f"{head}: {life.CANCEL_WORDS[answer.verdict]}{again}"
