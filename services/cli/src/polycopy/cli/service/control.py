"""Saying what the operator decided: read the aggregate's last event, append after it, or neither.

The cause of an event is the event before it, so that the same wish said twice at the same moment is
one event, and a wish said again later is another.
"""

from collections.abc import Callable

import msgspec

from polycopy.cli.core import following_view
from polycopy.cli.core.account_report import Switch, last_switches
from polycopy.cli.core.control_state import KnownStrategy, strategies
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Conflict, Transient
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.control import (
    AccountLimitsSet,
    OrderCancelAsked,
    OrderJudged,
    OrderReconcileAsked,
    Pool,
    PoolAdded,
    PoolRemoved,
    Strategy,
    StrategyCreated,
    StrategyPaused,
    StrategyResumed,
    TargetAdded,
    TargetNamed,
    TargetNameRemoved,
    TargetRemoved,
    TradingState,
    TradingStateSet,
)
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import AccountId, EventId, PoolId, StrategyId, Wallet
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.orders import ExecutorEpochStarted
from polycopy.schemas.subjects import (
    ALL_EPOCHS,
    ALL_FOLLOWING,
    ALL_LIMITS,
    ALL_STRATEGIES,
    ALL_TRADING_STATES,
    guard_of,
    subject_of,
)
from polycopy.trading import permissions
from polycopy.trading.following import Following
from polycopy.trading.permissions import Permissions

_SOURCE = "cli"
_TRIES = 5
OrderWish = OrderCancelAsked | OrderReconcileAsked | OrderJudged
Said = (
    TargetAdded
    | TargetRemoved
    | TargetNamed
    | TargetNameRemoved
    | PoolAdded
    | PoolRemoved
    | StrategyCreated
    | StrategyPaused
    | StrategyResumed
    | TradingStateSet
    | AccountLimitsSet
    | OrderWish
)


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """Where what was said stands in the log."""

    event_id: EventId
    sequence: int


async def add_target(log: Log, clock: Clock, wallet: Wallet, label: str = "") -> bool:
    """False where the wallet is followed already."""
    wanted = TargetAdded(wallet=wallet, label=label)
    said = await _say(
        log, clock, wanted, needed=lambda last: not isinstance(last and last.event, TargetAdded)
    )
    return said is not None


async def remove_target(log: Log, clock: Clock, wallet: Wallet) -> bool:
    """False where the wallet is not followed."""
    wanted = TargetRemoved(wallet=wallet)
    said = await _say(
        log, clock, wanted, needed=lambda last: isinstance(last and last.event, TargetAdded)
    )
    return said is not None


async def add_name(log: Log, clock: Clock, name: str, label: str = "") -> bool:
    """False where the trader is wanted already, in whatever case the name is written."""
    wanted = TargetNamed(name=name, label=label)
    said = await _say(
        log, clock, wanted, needed=lambda last: not isinstance(last and last.event, TargetNamed)
    )
    return said is not None


async def remove_name(log: Log, clock: Clock, name: str) -> bool:
    """False where nobody is wanted by that name."""
    wanted = TargetNameRemoved(name=name)
    said = await _say(
        log, clock, wanted, needed=lambda last: isinstance(last and last.event, TargetNamed)
    )
    return said is not None


async def add_pool(log: Log, clock: Clock, pool: Pool) -> bool:
    """False where it is followed so already. One that is defined otherwise is defined anew."""
    wanted = PoolAdded(pool=pool)
    said = await _say(
        log, clock, wanted, needed=lambda last: (last.event if last else None) != wanted
    )
    return said is not None


async def remove_pool(log: Log, clock: Clock, pool_id: PoolId) -> bool:
    """False where it is not followed."""
    wanted = PoolRemoved(pool_id=pool_id)
    said = await _say(
        log, clock, wanted, needed=lambda last: isinstance(last and last.event, PoolAdded)
    )
    return said is not None


async def create_strategy(log: Log, clock: Clock, strategy: Strategy) -> bool:
    """False where a strategy of that name exists; a strategy is never changed."""
    wanted = StrategyCreated(strategy=strategy)
    return await _say(log, clock, wanted, needed=lambda last: last is None) is not None


async def pause_strategy(log: Log, clock: Clock, name: StrategyId, *, paused: bool) -> bool:
    """Let it take no entries, or let it again; exits go on. False where it is so already."""
    wanted = StrategyPaused(strategy_id=name) if paused else StrategyResumed(strategy_id=name)

    def needed(last: Recorded | None) -> bool:
        return last is not None and isinstance(last.event, StrategyPaused) is not paused

    return await _say(log, clock, wanted, needed=needed) is not None


async def set_trading_state(log: Log, clock: Clock, wanted: TradingStateSet) -> bool:
    """False where it is so already. Cancelling what rests is an act and no state: it is said each
    time that it is wanted."""

    def needed(last: Recorded | None) -> bool:
        said = last.event if last else None
        before = said.state if isinstance(said, TradingStateSet) else TradingState.ACTIVE
        return wanted.cancel_open or before is not wanted.state

    return await _say(log, clock, wanted, needed=needed) is not None


async def set_limits(log: Log, clock: Clock, wanted: AccountLimitsSet) -> bool:
    """False where they are so already."""

    def needed(last: Recorded | None) -> bool:
        said = last.event if last else None
        before = said.limits if isinstance(said, AccountLimitsSet) else AccountLimits()
        return before != wanted.limits

    return await _say(log, clock, wanted, needed=needed) is not None


async def wish(log: Log, clock: Clock, wanted: OrderWish) -> Stored:
    """What is wanted of an order is said each time: somebody waits for the answer."""
    stored = await _say(log, clock, wanted, needed=lambda _: True)
    assert stored is not None  # noqa: S101 - it is always needed
    return stored


async def served_accounts(log: Log) -> set[AccountId]:
    """Those that an executor took over, now or earlier."""
    taken = await log.read([ALL_EPOCHS])
    return {
        recorded.event.account
        for recorded in taken
        if isinstance(recorded.event, ExecutorEpochStarted)
    }


async def known_accounts(log: Log) -> set[AccountId]:
    """Those that an executor took over, and those of the strategies."""
    strategies = await list_strategies(log)
    return await served_accounts(log) | {one.strategy.account for one in strategies}


async def allowed(log: Log) -> Permissions:
    """What the operator lets the accounts do."""
    state = permissions.initial()
    for recorded in await log.read([*ALL_TRADING_STATES, ALL_LIMITS]):
        if isinstance(recorded.event, TradingStateSet | AccountLimitsSet):
            state = permissions.evolve(state, recorded.event)
    return state


async def switches(log: Log) -> list[Switch]:
    """Who said what about trading last."""
    return last_switches(await log.read(ALL_TRADING_STATES))


async def who_is_followed(log: Log, clock: Clock) -> Following:
    """Whom the log tells to follow now, and why."""
    return following_view.folded(await log.read(ALL_FOLLOWING), clock.now_ms())


async def list_strategies(log: Log) -> list[KnownStrategy]:
    return strategies(await log.read([ALL_STRATEGIES]))


async def _say(
    log: Log, clock: Clock, event: Said, *, needed: Callable[[Recorded | None], bool]
) -> Stored | None:
    """None where it is not `needed` after the last event of its aggregate. An account has events of
    two kinds, and there the last one of the same kind counts."""
    subject = subject_of(event)
    guard = guard_of(subject) or subject
    kind = subject if isinstance(event, TradingStateSet | AccountLimitsSet) else guard
    for _ in range(_TRIES):
        last = await log.last(guard)
        if not needed(last if kind == guard else await log.last(kind)):
            return None
        cause = last.envelope.event_id if last else ""
        origin = Origin(source=_SOURCE, time_ms=clock.now_ms(), causation_id=cause)
        new = draft(event, subject=subject, origin=origin)
        try:
            sequence = await log.append(new, expected=last.sequence if last else 0)
        except Conflict:
            continue  # Somebody else decided at the same moment: look again.
        return Stored(event_id=new.envelope.event_id, sequence=sequence)
    raise Transient(f"others keep changing {subject}; try again")
