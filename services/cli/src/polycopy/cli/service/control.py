"""Saying what the operator decided: read the aggregate's last event, append after it, or neither.

The cause of an event is the event before it, so that the same wish said twice at the same moment is
one event, and a wish said again later is another.
"""

from collections.abc import Callable

from polycopy.cli.core.control_state import KnownStrategy, Target, strategies, targets
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Conflict, Transient
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.control import (
    Strategy,
    StrategyCreated,
    StrategyPaused,
    StrategyResumed,
    TargetAdded,
    TargetRemoved,
)
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import AccountId, StrategyId, Wallet
from polycopy.schemas.orders import ExecutorEpochStarted
from polycopy.schemas.subjects import (
    ALL_EPOCHS,
    ALL_STRATEGIES,
    ALL_TARGETS,
    guard_of,
    subject_of,
)

_SOURCE = "cli"
_TRIES = 5
Said = TargetAdded | TargetRemoved | StrategyCreated | StrategyPaused | StrategyResumed


async def add_target(log: Log, clock: Clock, wallet: Wallet, label: str = "") -> bool:
    """False where the wallet is followed already."""
    wanted = TargetAdded(wallet=wallet, label=label)
    return await _say(
        log, clock, wanted, needed=lambda last: not isinstance(last and last.event, TargetAdded)
    )


async def remove_target(log: Log, clock: Clock, wallet: Wallet) -> bool:
    """False where the wallet is not followed."""
    wanted = TargetRemoved(wallet=wallet)
    return await _say(
        log, clock, wanted, needed=lambda last: isinstance(last and last.event, TargetAdded)
    )


async def create_strategy(log: Log, clock: Clock, strategy: Strategy) -> bool:
    """False where a strategy of that name exists; a strategy is never changed."""
    wanted = StrategyCreated(strategy=strategy)
    return await _say(log, clock, wanted, needed=lambda last: last is None)


async def pause_strategy(log: Log, clock: Clock, name: StrategyId, *, paused: bool) -> bool:
    """Let it take no entries, or let it again; exits go on. False where it is so already."""
    wanted = StrategyPaused(strategy_id=name) if paused else StrategyResumed(strategy_id=name)

    def needed(last: Recorded | None) -> bool:
        return last is not None and isinstance(last.event, StrategyPaused) is not paused

    return await _say(log, clock, wanted, needed=needed)


async def served_accounts(log: Log) -> set[AccountId]:
    """Those that an executor took over, now or earlier."""
    taken = await log.read([ALL_EPOCHS])
    return {
        recorded.event.account
        for recorded in taken
        if isinstance(recorded.event, ExecutorEpochStarted)
    }


async def list_targets(log: Log) -> list[Target]:
    return targets(await log.read([ALL_TARGETS]))


async def list_strategies(log: Log) -> list[KnownStrategy]:
    return strategies(await log.read([ALL_STRATEGIES]))


async def _say(
    log: Log, clock: Clock, event: Said, *, needed: Callable[[Recorded | None], bool]
) -> bool:
    subject = subject_of(event)
    guard = guard_of(subject) or subject
    for _ in range(_TRIES):
        last = await log.last(guard)
        if not needed(last):
            return False
        cause = last.envelope.event_id if last else ""
        origin = Origin(source=_SOURCE, time_ms=clock.now_ms(), causation_id=cause)
        try:
            await log.append(
                draft(event, subject=subject, origin=origin),
                expected=last.sequence if last else 0,
            )
        except Conflict:
            continue  # Somebody else decided at the same moment: look again.
        return True
    raise Transient(f"others keep changing {subject}; try again")
