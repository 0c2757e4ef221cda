"""Strategies and leader trades as they stand in a log."""

from typing import Any

from polycopy.runtime.log import Recorded
from polycopy.schemas.control import (
    ProportionalSizing,
    Strategy,
    StrategyCreated,
    VenueName,
)
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import (
    AccountId,
    ConditionId,
    StrategyId,
    TokenId,
    TransactionHash,
    Wallet,
)
from polycopy.schemas.money import MICROS, Side, notional_down
from polycopy.schemas.subjects import subject_of
from polycopy.schemas.trades import TradeObserved

LEADER = Wallet("0x" + "ab" * 20)
OTHER = Wallet("0x" + "cd" * 20)
NOW_MS = 1_795_000_000_000


def strategy(name: str = "alpha", **changes: Any) -> Strategy:
    """Copies 10 % of everything, within wide limits."""
    defaults: dict[str, Any] = {
        "strategy_id": StrategyId(name),
        "account": AccountId(name),
        "venue": VenueName.PAPER,
        "sizing": ProportionalSizing(ratio_ppm=100_000),
        "capital_micros": 1_000 * MICROS,
    }
    return Strategy(**{**defaults, **changes})


def created(name: str = "alpha", *, sequence: int = 1, **changes: Any) -> Recorded:
    return recorded(StrategyCreated(strategy=strategy(name, **changes)), sequence=sequence)


def recorded(event: Any, *, sequence: int, key: str = "") -> Recorded:
    """An event as the log would hold it."""
    origin = Origin(source="test", time_ms=NOW_MS, causation_id="test")
    new = draft(event, subject=subject_of(event), origin=origin, key=key)
    stored: Event = new.event
    return Recorded(sequence=sequence, subject=new.subject, envelope=new.envelope, event=stored)


def trade(
    shares: int = 100, price_micros: int = 500_000, *, increase: int | None = None, **changes: Any
) -> TradeObserved:
    """A leader trade of so many shares, `increase` of them new (default: all)."""
    size = shares * MICROS
    defaults: dict[str, Any] = {
        "transaction_hash": TransactionHash("0x" + "c1" * 32),
        "wallet": LEADER,
        "token_id": TokenId("7"),
        "side": Side.BUY,
        "condition_id": ConditionId("0x" + "d2" * 32),
        "size_micros": size,
        "increase_micros": size if increase is None else increase * MICROS,
        "notional_micros": notional_down(size, price_micros),
        "price_micros": price_micros,
        "source": "rtds",
        "rows": 1,
        "traded_at_ms": NOW_MS - 1_000,
        "received_at_ms": NOW_MS - 10,
    }
    return TradeObserved(**{**defaults, **changes})
