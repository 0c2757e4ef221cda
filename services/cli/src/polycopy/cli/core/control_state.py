"""What the operator decided so far: followed wallets and strategies, folded from `control.*`."""

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
    TargetAdded,
    TargetRemoved,
)
from polycopy.schemas.ids import StrategyId, Wallet
from polycopy.schemas.moments import moment
from polycopy.schemas.money import decimal_text

_PERCENT_OF_MILLION = 100


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A followed wallet."""

    wallet: Wallet
    label: str
    added_at_ms: int


class KnownStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy, when it was created, and whether it takes entries."""

    strategy: Strategy
    created_at_ms: int
    paused: bool = False


def targets(events: Iterable[Recorded]) -> list[Target]:
    """The wallets that are followed now, by the time they were added."""
    followed: dict[Wallet, Target] = {}
    for recorded in events:
        match recorded.event:
            case TargetAdded(wallet=wallet, label=label):
                at_ms = recorded.envelope.time_ms
                followed[wallet] = Target(wallet=wallet, label=label, added_at_ms=at_ms)
            case TargetRemoved(wallet=wallet):
                followed.pop(wallet, None)
    return list(followed.values())


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


def view_targets(followed: Iterable[Target], stack: str = "") -> Table:
    return Table(
        columns=(Column("wallet"), Column("label"), Column("since")),
        rows=tuple((t.wallet, t.label, moment(t.added_at_ms)) for t in followed),
        empty=f"no wallet is followed: add one with {command('target add WALLET', stack)}",
    )


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
