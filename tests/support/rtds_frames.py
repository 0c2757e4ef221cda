"""Frames as the venue's real-time data socket sends them."""

import json
from typing import Any

from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, Wallet

WALLET = Wallet("0x" + "ab" * 20)
TOKEN = TokenId("71321045679252212594626385532706912750332728571942532289631379312455583992563")
CONDITION = ConditionId("0x" + "d2" * 32)
TRANSACTION = TransactionHash("0x" + "c1" * 32)
TRADED_AT_S = 1_795_327_986


def payload(**changes: Any) -> dict[str, Any]:
    """A trade as the venue words it. Keyword arguments replace fields; None takes one away."""
    fields = {
        "asset": TOKEN,
        "bio": "",
        "conditionId": CONDITION,
        "eventSlug": "an-event",
        "icon": "",
        "name": "somebody",
        "outcome": "Yes",
        "outcomeIndex": 999,
        "price": 0.52,
        "profileImage": "",
        "proxyWallet": WALLET,
        "pseudonym": "Happy-Fox",
        "side": "BUY",
        "size": 10,
        "slug": "a-market",
        "timestamp": TRADED_AT_S,
        "title": "Will it?",
        "transactionHash": TRANSACTION,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def envelope(kind: str = "trades", **changes: Any) -> dict[str, Any]:
    """A frame as an object."""
    return {
        "connection_id": "abc=",
        "payload": payload(**changes),
        "timestamp": TRADED_AT_S * 1000 + 1_900,
        "topic": "activity",
        "type": kind,
    }


def frame(kind: str = "trades", **changes: Any) -> bytes:
    """A frame as it comes over the socket."""
    return json.dumps(envelope(kind, **changes)).encode()


def recorded(row: dict[str, Any], kind: str = "trades", *, sent_at_ms: int = 0) -> bytes:
    """A row of the recorded tape as the frame that it once was; numbers as they were written."""
    changes = {
        "asset": row["asset"],
        "conditionId": row["condition_id"],
        "outcome": row["outcome"],
        "proxyWallet": row["wallet"],
        "side": row["side"],
        "slug": row["slug"],
        "timestamp": row["timestamp"],
        "title": row["title"],
        "transactionHash": row["tx_hash"],
    }
    whole = envelope(kind, **changes, size="SIZE", price="PRICE")
    text = json.dumps(whole | ({"timestamp": sent_at_ms} if sent_at_ms else {}))
    return text.replace('"SIZE"', str(row["size"])).replace('"PRICE"', str(row["price"])).encode()
