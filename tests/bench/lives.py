"""Orders from request to confirmation: what an account's log is made of, and whole evenings."""

import hashlib
from collections.abc import Iterator

import msgspec

from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.ids import (
    AccountId,
    EventId,
    StrategyId,
    TokenId,
    TransactionHash,
    VenueOrderId,
    Wallet,
)
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    CapitalDeposited,
    ExecutorEpochStarted,
    FillConfirmed,
    OrderEvent,
    OrderFilled,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRequested,
)
from polycopy.schemas.signals import TradeEvaluated
from polycopy.schemas.subjects import order_subject, subject_of
from polycopy.schemas.terms import Level
from polycopy.schemas.trades import TradeObserved
from tests.support import trading as make
from tests.support.event_makers import make as example

EVENTS_A_LIFE = 4
_LEADERS = 50
_TOKENS = 200
_START_MS = 1_795_000_000_000
_DEPOSIT_MICROS = 10**15
_EVIDENCE = msgspec.structs.replace(
    make.EVIDENCE,
    levels=tuple(Level(price_micros=500_000 - 10_000 * n, size_micros=10**8) for n in range(5)),
)
_BODY = "{" + "b" * 800 + "}"
"""As long as the body of a real POST."""


def opening(account: AccountId) -> list[OrderEvent]:
    """Capital and an epoch."""
    return [
        CapitalDeposited(account=account, strategy_id=make.STRATEGY, amount_micros=_DEPOSIT_MICROS),
        ExecutorEpochStarted(account=account, epoch=1, instance="bench"),
    ]


def life(account: AccountId, number: int, *, at_ms: int = 0) -> list[OrderEvent]:
    """Requested, placed, filled, confirmed, within seconds. An odd order sells what the even one
    before it bought.

    Ids as long and as unlike each other as real ones; orders of two hundred tokens.
    """
    drawn = hashlib.sha256(str(number).encode()).hexdigest()
    name, at_ms = drawn[:32], at_ms or _START_MS + number
    side = Side.SELL if number % 2 else Side.BUY
    token = TokenId(f"{10**76 + number // 2 % _TOKENS}")
    venue_order_id = VenueOrderId(f"0x{drawn[::-1]}")
    request: OrderRequested = msgspec.structs.replace(
        make.requested(name, side=side, token=token),
        account=account,
        venue_order_id=venue_order_id,
        trade_id=EventId(drawn[32:]),
        leader=Wallet(f"0x{number % _LEADERS:040x}"),
        evidence=_EVIDENCE,
        request_body=_BODY,
        requested_at_ms=at_ms,
        title="Will it rain?",
    )
    placed: OrderPlaced = msgspec.structs.replace(
        make.placed(name), venue_order_id=venue_order_id, placed_at_ms=at_ms + 40
    )
    fill: OrderFilled | OrderPartiallyFilled = msgspec.structs.replace(
        make.filled(name, f"{drawn[:8]}-{drawn[8:36]}", side=side, fee=10_000),
        venue_order_id=venue_order_id,
        token_id=token,
        matched_at_ms=at_ms + 50,
    )
    confirmed: FillConfirmed = msgspec.structs.replace(
        make.confirmed(name, fill.venue_trade_id),
        venue_order_id=venue_order_id,
        transaction_hash=TransactionHash(f"0x{drawn}"),
        confirmed_at_ms=at_ms + 4_000,
    )
    return [request, placed, fill, confirmed]


def order_draft(account: AccountId, event: OrderEvent, version: int) -> Draft:
    """As the executor appends it; `version` counts the account's events from 1."""
    return draft(
        event,
        subject=order_subject(account, event),
        origin=_origin(version, f"signal-{version}"),
        key=str(version),
        aggregate_version=version,
    )


def leader_trade(number: int, strategies: int) -> Iterator[Draft]:
    """A trade observed, and evaluated by so many strategies."""
    trade, signal = example(TradeObserved, full=True), example(TradeEvaluated, full=True)
    assert isinstance(trade, TradeObserved)
    assert isinstance(signal, TradeEvaluated)
    transaction = TransactionHash(f"0x{number:064x}")
    trade = msgspec.structs.replace(trade, transaction_hash=transaction)
    observed = draft(trade, subject=subject_of(trade), origin=_origin(number, f"trade-{number}"))
    yield observed
    trade_id = observed.envelope.event_id
    [decision] = signal.decisions
    decisions = tuple(
        msgspec.structs.replace(decision, strategy_id=StrategyId(f"strategy-{place}"))
        for place in range(strategies)
    )
    signal = msgspec.structs.replace(
        signal, transaction_hash=transaction, trade_id=trade_id, decisions=decisions
    )
    yield draft(signal, subject=subject_of(signal), origin=_origin(number, trade_id))


def _origin(number: int, cause: str | EventId) -> Origin:
    return Origin(source="bench", time_ms=_START_MS + number, causation_id=cause)
