"""A worker's loop: handle one message after the other, and answer each.

A handler that fails says which side failed by the exception (see `errors`). A bug is logged and the
message comes again; after several in a row nothing is gained by going on, and the process ends.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from enum import StrEnum

import msgspec

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Conflict, Halt, Permanent, Transient
from polycopy.runtime.log import Delivery, Recorded
from polycopy.runtime.logs import get_logger
from polycopy.runtime.metrics import HANDLE_SECONDS, HANDLED, SEQUENCE

Handle = Callable[[Recorded], Awaitable[Sequence[str]]]
"""Returns the types of the events that it said, for the log line."""

_DOUBLINGS_MAX = 16

_logger = get_logger("polycopy.worker")


class Outcome(StrEnum):
    """How a message ended."""

    DONE = "done"
    RETRIED = "retried"
    PARKED = "parked"
    BUG = "bug"


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """A Transient is retried after its time, twice as long with each attempt up to `retry_s_max`,
    and parked after `attempts_max`; a bug is retried after `bug_retry_s`, and `bugs_max` in a row
    end the worker."""

    attempts_max: int = 20
    retry_s_max: float = 60.0
    bugs_max: int = 5
    bug_retry_s: float = 1.0


_USUAL = Patience()


async def run_worker(
    deliveries: AsyncIterator[Delivery],
    handle: Handle,
    *,
    clock: Clock,
    patience: Patience = _USUAL,
) -> None:
    """Handle messages until cancelled. Raises Halt, and the bug after too many in a row. A Conflict
    that a handler lets through is Transient: its fold was old."""
    bugs = 0
    try:
        async for delivery in deliveries:
            bug = await _handle_one(delivery, handle, clock, patience)
            bugs = 0 if bug is None else bugs + 1
            if bug is not None and bugs >= patience.bugs_max:
                raise bug
    finally:
        if isinstance(deliveries, AsyncGenerator):
            await deliveries.aclose()  # Gives back what is in hand.


async def _handle_one(
    delivery: Delivery, handle: Handle, clock: Clock, patience: Patience
) -> Exception | None:
    """Handle and answer one message; the exception, if it was a bug."""
    recorded = delivery.recorded
    event = recorded.envelope.event_type
    began_s = clock.monotonic_s()
    said: Sequence[str] = ()
    reason = ""
    bug: Exception | None = None
    try:
        said = await handle(recorded)
        outcome = Outcome.DONE
        await delivery.done()
    except Halt:
        raise
    except Permanent as error:
        reason = str(error)
        outcome = await _park(delivery, reason)
    except (Transient, Conflict) as error:
        reason = str(error)
        outcome = await _retry_or_park(delivery, error, patience)
    except Exception as error:  # Anything else is our own bug.
        reason, bug, outcome = repr(error), error, Outcome.BUG
        _logger.exception("bug", sequence=recorded.sequence, event_type=event)
        await delivery.retry(patience.bug_retry_s)
    seconds = clock.monotonic_s() - began_s
    HANDLED.labels(event, outcome).inc()
    HANDLE_SECONDS.labels(event).observe(seconds)
    SEQUENCE.set(recorded.sequence)
    _logger.info(
        "handled",
        sequence=recorded.sequence,
        event_type=event,
        event_id=recorded.envelope.event_id,
        correlation_id=recorded.envelope.correlation_id,
        attempt=delivery.attempt,
        outcome=str(outcome),
        said=list(said),
        duration_ms=round(1000 * seconds, 3),
        **({"reason": reason} if reason else {}),
    )
    return bug


async def _retry_or_park(
    delivery: Delivery, error: Transient | Conflict, patience: Patience
) -> Outcome:
    if delivery.attempt >= patience.attempts_max:
        return await _park(delivery, f"given up after {delivery.attempt} attempts: {error}")
    after_s = error.after_s if isinstance(error, Transient) else 0.0
    doublings = min(delivery.attempt - 1, _DOUBLINGS_MAX)
    await delivery.retry(min(after_s * 2**doublings, patience.retry_s_max))
    return Outcome.RETRIED


async def _park(delivery: Delivery, reason: str) -> Outcome:
    """Where the message cannot be parked now, it comes again."""
    try:
        await delivery.park(reason)
    except Transient as error:
        await delivery.retry(error.after_s)
        return Outcome.RETRIED
    return Outcome.PARKED
