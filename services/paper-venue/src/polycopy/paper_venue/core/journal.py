"""What the venue saw, for whoever checks a system from outside."""

from collections.abc import Iterable, Iterator

import msgspec

from polycopy.paper_venue.core import wire
from polycopy.paper_venue.core.desk import Attempt
from polycopy.paper_venue.core.exchange import Exchange
from polycopy.paper_venue.core.script import Row

KEPT = 1_000_000
"""Entries of one kind; the oldest go first."""


class Emission(msgspec.Struct, frozen=True, kw_only=True):
    """A leader transaction that was sent; `at_us` just before its first frame."""

    index: int
    transaction_hash: str
    at_us: int


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request and how it was answered. `status` 0: not looked at; `lost`: the answer did
    not reach anybody; `fault`: the name of the fault that struck."""

    method: str
    path: str
    status: int
    received_at_us: int
    lost: bool = False
    fault: str = ""


class FillEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One known order's part in a trade: key (venue trade id, venue order id)."""

    venue_trade_id: str
    venue_order_id: str
    token_id: str
    side: str
    role: str
    maker: str
    size_micros: int
    price_micros: int
    notional_micros: int
    fee_micros: int
    at_us: int
    status: str
    transaction_hash: str


def fills(exchange: Exchange) -> Iterator[FillEntry]:
    """Every fill of an order of ours, in the order of the matches."""
    for trade in exchange.trades.values():
        matched = trade.matched
        for leg in (matched.taker, *matched.makers):
            if leg.stranger:
                continue
            yield FillEntry(
                venue_trade_id=matched.trade_id,
                venue_order_id=leg.order_id,
                token_id=leg.token_id,
                side=leg.side.value,
                role="taker" if leg is matched.taker else "maker",
                maker=leg.address,
                size_micros=leg.size_micros,
                price_micros=leg.price_micros,
                notional_micros=leg.notional_micros,
                fee_micros=leg.fee_micros,
                at_us=matched.at_us,
                status=trade.status.value,
                transaction_hash=trade.transaction_hash,
            )


def body(
    exchanges: Iterable[Exchange],
    attempts: Iterable[Attempt],
    emissions: Iterable[Emission],
    requests: Iterable[Seen],
) -> bytes:
    return wire.encode(
        {
            "orders": list(attempts),
            "fills": [fill for exchange in exchanges for fill in fills(exchange)],
            "emissions": list(emissions),
            "requests": list(requests),
        }
    )


def rows(transaction_rows: tuple[Row, ...]) -> list[wire.Body]:
    """A transaction's rows for the control port; the first is the taker's."""
    return [
        {
            "wallet": row.wallet,
            "token_id": row.token_id,
            "condition_id": row.condition_id,
            "side": row.side.value,
            "size_micros": row.size_micros,
            "price_micros": row.price_micros,
            "role": "maker" if place else "taker",
        }
        for place, row in enumerate(transaction_rows)
    ]
