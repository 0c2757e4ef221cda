"""The strategies that the operator made so far, folded from `control.*`."""

from collections.abc import Iterable

import msgspec

from polycopy.cli.core.page import Column, Fit, Table
from polycopy.cli.core.words import command, money
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import (
    FixedSizing,
    ProportionalSizing,
    Sizing,
    Strategy,
    StrategyCreated,
    StrategyPaused,
    StrategyResumed,
)
from polycopy.schemas.ids import StrategyId
from polycopy.schemas.money import decimal_text

_PERCENT_OF_MILLION = 100


class KnownStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy, when it was created, and whether it takes entries."""

    strategy: Strategy
    created_at_ms: int
    paused: bool = False


def strategies(events: Iterable[Recorded]) -> list[KnownStrategy]:
    """All strategies by the time they were created."""
    known: dict[StrategyId, KnownStrategy] = {}
    for recorded in events:
        match recorded.event:
            case StrategyCreated(strategy=strategy):
                known[strategy.strategy_id] = KnownStrategy(
                    strategy=strategy, created_at_ms=recorded.envelope.time_ms
                )
            case StrategyPaused(strategy_id=name) if name in known:
                known[name] = msgspec.structs.replace(known[name], paused=True)
            case StrategyResumed(strategy_id=name) if name in known:
                known[name] = msgspec.structs.replace(known[name], paused=False)
    return list(known.values())


def view_strategies(known: Iterable[KnownStrategy], stack: str = "") -> Table:
    return Table(
        columns=(
            Column("strategy"),
            Column("account"),
            Column("venue", fit=Fit.KEEP),
            Column("sizing", fit=Fit.KEEP),
            Column("capital", right=True),
            Column("prices", fit=Fit.KEEP),
            Column("per order", fit=Fit.KEEP),
            Column("state", fit=Fit.KEEP),
        ),
        rows=tuple(_strategy_row(one) for one in known),
        empty=f"no strategy: create one with {command('strategy create FILE', stack)}",
    )


def _strategy_row(known: KnownStrategy) -> tuple[str, ...]:
    one = known.strategy
    prices = f"{decimal_text(one.price_min_micros)}–{decimal_text(one.price_max_micros)}"
    low, high = one.order_notional_min_micros, one.order_notional_max_micros
    return (
        one.strategy_id,
        one.account,
        one.venue,
        _sizing(one.sizing),
        money(one.capital_micros),
        prices,
        f"{money(low)}–{money(high)}",
        "paused" if known.paused else "running",
    )


def _sizing(sizing: Sizing) -> str:
    match sizing:
        case FixedSizing(notional_micros=notional):
            return money(notional)
        case ProportionalSizing(ratio_ppm=ratio):
            return f"{decimal_text(ratio * _PERCENT_OF_MILLION)} %"
