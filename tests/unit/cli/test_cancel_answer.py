"""What the operator hears about the cancel that he wanted."""

import pytest

from polycopy.cli.core import cancel_answer
from polycopy.cli.core.cancel_answer import End
from polycopy.cli.service.asking import Asker
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.ids import EventId
from polycopy.schemas.orders import (
    OrderCancelAnswered,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
)
from polycopy.schemas.subjects import account_filter, order_subject
from polycopy.schemas.terms import CancelVerdict
from tests.support.hand_clock import HandClock
from tests.unit.cli.makers import ACCOUNT, NOW_MS, VENUE_ORDER, filled, requested
from tests.unit.cli.makers import VENUE_TRADE as TRADE

ORDER = requested(EventId("a" * 32), EventId("b" * 32), VENUE_ORDER)


def answered(verdict: CancelVerdict) -> OrderCancelAnswered:
    return OrderCancelAnswered(
        order_id=ORDER.order_id, verdict=verdict, cancel_answered_at_ms=NOW_MS
    )


class PromptExecutor(MemoryLog):
    """A log in which each wish is answered before anybody looks."""

    def __init__(self, *answers: OrderEvent) -> None:
        super().__init__()
        self._answers = answers

    async def append(self, new: Draft, *, expected: int | None = None) -> int:
        sequence = await super().append(new, expected=expected)
        for event in self._answers if new.subject.startswith("control.") else ():
            last = await self.last(account_filter(ACCOUNT))
            origin = Origin(source="test", time_ms=NOW_MS, causation_id=str(await self.end()))
            said = draft(event, subject=order_subject(ACCOUNT, event), origin=origin)
            await super().append(said, expected=last.sequence if last else 0)
        return sequence


async def told(*answers: OrderEvent) -> OrderCancelAnswered | End | None:
    log = PromptExecutor(*answers)
    asker = Asker(
        log=log, clock=HandClock(), order=ORDER, operator="ann", wait_s=0.01, known=await log.end()
    )
    return await asker.cancel("")


async def test_a_venue_that_does_not_decide_in_time_is_told_as_it_last_answered() -> None:
    pending, unknown = answered(CancelVerdict.PENDING), answered(CancelVerdict.UNKNOWN)
    assert await told(unknown, pending) == pending
    assert await told() is None


@pytest.mark.parametrize("verdict", sorted(set(CancelVerdict) - cancel_answer.UNDECIDED))
async def test_a_decision_of_the_venue_is_the_answer(verdict: CancelVerdict) -> None:
    unknown = answered(CancelVerdict.UNKNOWN)
    assert await told(unknown, answered(verdict), unknown) == answered(verdict)


@pytest.mark.parametrize(
    ("event", "words", "good"),
    [
        (answered(CancelVerdict.CANCELLED), ": the venue cancelled it", True),
        (answered(CancelVerdict.NOT_FOUND), ": the venue does not know it", False),
        (answered(CancelVerdict.MATCHED), ": too late: the venue matched it, a fill ", False),
        (answered(CancelVerdict.PENDING), "in that time; the executor asks again", False),
        (answered(CancelVerdict.UNKNOWN), "what became of it; the executor asks again", False),
        (filled(ORDER.order_id, VENUE_ORDER, TRADE), " ended without it: filled", False),
        (
            OrderExpired(order_id=ORDER.order_id, expired_at_ms=1),
            "ended without it: expired",
            False,
        ),
        (
            OrderCancelled(order_id=ORDER.order_id, reason="user", cancelled_at_ms=1),
            " ended without it: cancelled",
            True,
        ),
    ],
)
def test_the_answer_is_one_line_and_good_only_where_the_order_is_cancelled(
    event: OrderCancelAnswered | End, words: str, *, good: bool
) -> None:
    answer = cancel_answer.answer_of(ACCOUNT, event)
    line = cancel_answer.words(answer)
    assert line.startswith(f"order {ORDER.order_id}")
    assert words in line
    assert answer.cancelled is good
    assert (answer.verdict is None) is bool(answer.ended)
