"""The frames of the activity feed (RTDS), byte for byte in the venue's field names and types.

`trades`: every row, takers and makers. `orders_matched`: the taker's order as a whole. The wallet
comes in mixed case (EIP-55) now and then; the payload's time is whole seconds, the envelope's
milliseconds.
"""

from collections.abc import Callable

import msgspec
from eth_hash.auto import keccak

from polycopy.paper_venue.core import identity, wire
from polycopy.paper_venue.core.market import Market
from polycopy.paper_venue.core.script import Row, Transaction
from polycopy.schemas.ids import Wallet

TOPIC = "activity"
_CHECKSUMMED_EVERY = 3
_LOWEST_RAISED = 8


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A frame but for the connection's id; `event_slug` and `slug` are what filters look at."""

    kind: str
    event_slug: str
    slug: str
    body: wire.Body


def frames(transaction: Transaction, market_of: Callable[[Row], Market], at_us: int) -> list[Frame]:
    """All frames of a transaction in the order in which they are sent."""
    told = [("trades", row) for row in transaction.rows] + [
        ("orders_matched", row) for row in transaction.rows[:1]
    ]
    return [
        _frame(kind, row, market_of(row), transaction.transaction_hash, at_us) for kind, row in told
    ]


def text(frame: Frame, connection_id: str) -> str:
    return wire.encode({"connection_id": connection_id, **frame.body}).decode()


def checksummed(wallet: Wallet) -> str:
    """EIP-55: the mixed case in which the venue often writes an address."""
    plain = wallet.removeprefix("0x").lower()
    raised = keccak(plain.encode()).hex()
    pairs = zip(plain, raised, strict=False)
    return "0x" + "".join(
        letter.upper() if int(digit, 16) >= _LOWEST_RAISED else letter for letter, digit in pairs
    )


def _frame(kind: str, row: Row, market: Market, transaction_hash: str, at_us: int) -> Frame:
    name = identity.digest("name", row.wallet)
    mixed = int(name[:2], 16) % _CHECKSUMMED_EVERY == 0
    payload: wire.Body = {
        "asset": row.token_id,
        "bio": "",
        "conditionId": market.condition_id,
        "eventSlug": market.event_slug,
        "icon": "",
        "name": f"trader-{name[:6]}",
        "outcome": market.tokens[row.index].outcome,
        "outcomeIndex": row.index,
        "price": wire.number(row.price_micros),
        "profileImage": "",
        "proxyWallet": checksummed(row.wallet) if mixed else row.wallet,
        "pseudonym": f"Paper-{name[6:12]}",
        "side": row.side.value,
        "size": wire.number(row.size_micros),
        "slug": market.slug,
        "timestamp": at_us // 1_000_000,
        "title": market.title,
        "transactionHash": transaction_hash,
    }
    body: wire.Body = {
        "payload": payload,
        "timestamp": at_us // 1000,
        "topic": TOPIC,
        "type": kind,
    }
    return Frame(kind=kind, event_slug=market.event_slug, slug=market.slug, body=body)
