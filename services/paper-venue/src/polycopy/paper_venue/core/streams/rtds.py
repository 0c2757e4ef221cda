"""The frames of the activity feed (RTDS), byte for byte in the venue's field names and types.

`trades`: every row, takers and makers. `orders_matched`: the taker's order as a whole. The wallet
comes in mixed case (EIP-55) now and then; the payload's time is whole seconds, the envelope's
milliseconds.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec
from eth_hash.auto import keccak

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.engine.ledger import NO_OUTCOME
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.profiles import profile
from polycopy.paper_venue.core.protocol import wire
from polycopy.schemas.ids import TokenId, Wallet
from polycopy.schemas.money import Side

TOPIC = "activity"
_CHECKSUMMED_EVERY = 3
_LOWEST_RAISED = 8


class Part(Protocol):
    """One wallet's part in a trade: a leader's row, or an execution on the chain."""

    @property
    def wallet(self) -> Wallet: ...

    @property
    def token_id(self) -> TokenId: ...

    @property
    def index(self) -> int: ...

    @property
    def side(self) -> Side: ...

    @property
    def size_micros(self) -> int: ...

    @property
    def price_micros(self) -> int: ...


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A frame but for the connection's id; `event_slug` and `slug` are what filters look at."""

    kind: str
    event_slug: str
    slug: str
    body: wire.Body


def frames(transaction_hash: str, parts: Sequence[tuple[Part, Market]], at_us: int) -> list[Frame]:
    """All frames of a trade in the order in which they are sent: every part as a trade, and the
    first, which is the taker's, as a matched order. `at_us`: when they are sent."""
    told = [("trades", *each) for each in parts] + [("orders_matched", *each) for each in parts[:1]]
    return [_frame(kind, part, market, transaction_hash, at_us) for kind, part, market in told]


def written(frame: Frame) -> str:
    """A frame as JSON, the same for everybody: `named` puts a connection's id in front."""
    return wire.encode(frame.body).decode()


def named(written: str, connection_id: str) -> str:
    return f'{{"connection_id":"{connection_id}",{written[1:]}'


def checksummed(wallet: Wallet) -> str:
    """EIP-55: the mixed case in which the venue often writes an address."""
    plain = wallet.removeprefix("0x").lower()
    raised = keccak(plain.encode()).hex()
    pairs = zip(plain, raised, strict=False)
    return "0x" + "".join(
        letter.upper() if int(digit, 16) >= _LOWEST_RAISED else letter for letter, digit in pairs
    )


def _frame(kind: str, row: Part, market: Market, transaction_hash: str, at_us: int) -> Frame:
    trader = profile(row.wallet)
    mixed = int(identity.digest("name", row.wallet)[:2], 16) % _CHECKSUMMED_EVERY == 0
    payload: wire.Body = {
        "asset": row.token_id,
        "bio": "",
        "conditionId": market.condition_id,
        "eventSlug": market.event_slug,
        "icon": "",
        "name": trader.name,
        "outcome": "" if row.index == NO_OUTCOME else market.tokens[row.index].outcome,
        "outcomeIndex": row.index,
        "price": wire.number(row.price_micros),
        "profileImage": "",
        "proxyWallet": checksummed(row.wallet) if mixed else row.wallet,
        "pseudonym": trader.pseudonym,
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
