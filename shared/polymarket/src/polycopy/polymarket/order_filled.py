"""`OrderFilled`, which the venue's exchanges write on Polygon for every order of a trade.

One log a maker's order and one for the taker's (its `taker` is the exchange); the owner of the
order stands in the topic `maker` of either, so that one filter finds all trades of a wallet.
Amounts are micros: a BUY gives pUSD and gets shares, a SELL the other way round; the fee stands
beside them. A log is known by (transaction, log index). The index counts in the block: a
transaction that a reorganisation puts into another block has other indices there.

Not verified: what exchange V3 writes. It is read as V2's, and no V3 market was on the chain when
the sources were written. Source: ctf-exchange-v2 `ITrading.sol`; research of 2026-11.
"""

import re
from collections.abc import Collection, Iterable

import msgspec

from polycopy.polymarket import chain_blocks, json_rpc, wire
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.order_hash import EXCHANGE_V2, EXCHANGE_V3, NEG_RISK_EXCHANGE_V2
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.money import LIMIT, MICROS, Side

KIND = "logs"
SIGNATURE = (
    "OrderFilled(bytes32,address,address,uint8,uint256,uint256,uint256,uint256,bytes32,bytes32)"
)
TOPIC = "0xd543adfd945773f1a62f74f0ee55a5e3b9b1a28262980ba90b1a89f2ea84d8ee"
"""Keccak of the signature."""
EXCHANGES = tuple(
    exchange.address.lower() for exchange in (EXCHANGE_V2, NEG_RISK_EXCHANGE_V2, EXCHANGE_V3)
)
_TOPICS = 4
_MAKER = 2
_DATA = re.compile(r"0x[0-9a-f]{448}")
_WORDS = 4
_WORD_DIGITS = 64
_ADDRESS_TOPIC = re.compile(r"0x0{24}[0-9a-f]{40}")
_SIDES = (Side.BUY, Side.SELL)


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A log in its block. `row.traded_at_ms` is 0 where the log does not tell the block's time;
    `block_hash` is empty where it does not tell that. `removed`: a reorganisation took it back.
    `log` is what it was read from."""

    block: int
    block_hash: str
    removed: bool
    row: LeaderRow
    log: wire.Object


def filter_of(wallets: Collection[Wallet] | None) -> dict[str, object]:
    """What a node is asked for: all logs, or those of these wallets (nodes take up to 1,000)."""
    topics: list[object] = [TOPIC]
    if wallets is not None:
        topics += [None, [wallet_topic(wallet) for wallet in sorted(wallets)]]
    return {"address": list(EXCHANGES), "topics": topics}


def wallet_topic(wallet: Wallet) -> str:
    return "0x" + wallet.removeprefix("0x").rjust(_WORD_DIGITS, "0")


def wallet_of(log: wire.Json) -> Wallet | None:
    """Whose log it is, at a glance; None where that cannot be told."""
    topics = log.get("topics") if isinstance(log, dict) else None
    maker = topics[_MAKER] if isinstance(topics, list) and len(topics) > _MAKER else None
    if not isinstance(maker, str):
        return None
    topic = maker.lower()
    return Wallet("0x" + topic[-40:]) if _ADDRESS_TOPIC.fullmatch(topic) else None


def read(log: wire.Json) -> Filled | Unreadable:
    """Never raises."""
    try:
        return _filled(wire.an_object(log, "the log"))
    except wire.MisfitError as error:
        return wire.unreadable(error, wire.compact(log))


def dated(logs: Iterable[Filled], at_ms: int) -> tuple[LeaderRow, ...]:
    """The rows of logs whose block has this time."""
    return tuple(msgspec.structs.replace(filled.row, traded_at_ms=at_ms) for filled in logs)


def kept(logs: Iterable[Filled], at_ms: int) -> bytes:
    """The logs as a JSON list, to be read again: each tells the time of its block."""
    told = {"blockTimestamp": hex(at_ms // 1000)}
    return wire.compact([{**filled.log, **told} for filled in logs])


def _filled(log: wire.Object) -> Filled:
    wallet, block = _whose(log), json_rpc.quantity(log, "blockNumber")
    side, token_id, gives, gets = _words(log)
    size, notional = (gets, gives) if side is Side.BUY else (gives, gets)
    row = LeaderRow(
        kind=KIND,
        transaction_hash=wire.transaction_hash(log, "transactionHash"),
        wallet=wallet,
        token_id=token_id,
        condition_id=ConditionId(""),
        side=side,
        size_micros=_amount(size, "shares"),
        price_micros=_price(_amount(notional, "collateral"), size),
        traded_at_ms=_time_ms(log),
        notional_micros=notional,
        place=str(json_rpc.quantity(log, "logIndex")),
    )
    return Filled(
        block=block,
        block_hash=wire.bytes32(log, "blockHash") if wire.note(log, "blockHash") else "",
        removed=wire.flag(log, "removed"),
        row=row,
        log=log,
    )


def _whose(log: wire.Object) -> Wallet:
    if wire.wallet(log, "address") not in EXCHANGES:
        raise wire.MisfitError("a log of another contract")
    topics = wire.a_list(log.get("topics"), "topics")
    if len(topics) != _TOPICS or not isinstance(topics[0], str) or topics[0].lower() != TOPIC:
        raise wire.MisfitError("another event")
    wallet = wallet_of(log)
    if wallet is None:
        raise wire.MisfitError("the maker is no address")
    return wallet


def _words(log: wire.Object) -> tuple[Side, TokenId, int, int]:
    """Side, token, what the order gave, what it got. Fee, builder and metadata are not used."""
    data = wire.text(log, "data").lower()
    if not _DATA.fullmatch(data):
        raise wire.MisfitError(f"data is not seven words: {data[:40]!r} of {len(data)}")
    starts = range(2, 2 + _WORDS * _WORD_DIGITS, _WORD_DIGITS)
    side, token, gives, gets = (int(data[start : start + _WORD_DIGITS], 16) for start in starts)
    if side >= len(_SIDES):
        raise wire.MisfitError(f"side is neither 0 nor 1: {side}")
    return _SIDES[side], TokenId(str(token)), gives, gets


def _amount(value: int, what: str) -> int:
    if not 0 < value <= LIMIT:
        raise wire.MisfitError(f"no {what}" if not value else f"{what} out of range")
    return value


def _price(notional_micros: int, size_micros: int) -> int:
    """To the nearest micro, up from the middle."""
    price_micros = (2 * notional_micros * MICROS + size_micros) // (2 * size_micros)
    if price_micros > MICROS:
        raise wire.MisfitError("price is above 1")
    return price_micros


def _time_ms(log: wire.Object) -> int:
    """Newer nodes write it into the log. 0 where nothing, or nonsense, is written."""
    try:
        return chain_blocks.time_ms(log, "blockTimestamp")
    except wire.MisfitError:
        return 0
