"""What a Polygon node sends, made by hand or by the paper venue's node."""

import json
from typing import Any

from polycopy.paper_venue.core.engine.ledger import Settled
from polycopy.polymarket import order_filled
from polycopy.schemas.ids import Wallet
from tests.support.chain_caller import Caller

WALLET = Wallet("0x" + "ab" * 20)
TOKEN = 2**255 + 12_345
TRANSACTION = "0x" + "7e" * 32
BLOCK = 80_000_000
BLOCK_S = 1_795_000_000
BLOCK_HASH = "0x" + "b1" * 32


def word(value: int) -> str:
    return f"{value:064x}"


def data(
    side: int = 0, token: int = TOKEN, gives: int = 4_500_000, gets: int = 10_000_000, fee: int = 7
) -> str:
    return "0x" + "".join(map(word, (side, token, gives, gets, fee, 0, 0)))


def log(**changes: Any) -> dict[str, Any]:
    """WALLET buys 10 shares for 4.50 pUSD."""
    exchange = order_filled.EXCHANGES[0]
    topics = [order_filled.TOPIC, "0x" + word(1)]
    topics += [order_filled.wallet_topic(Wallet(each)) for each in (WALLET, exchange)]
    usual = {
        "address": exchange,
        "topics": topics,
        "data": data(),
        "blockNumber": hex(BLOCK),
        "transactionHash": TRANSACTION,
        "transactionIndex": "0x1",
        "blockHash": BLOCK_HASH,
        "logIndex": "0x1f",
        "removed": False,
    }
    return usual | changes


def log_of(wallet: Wallet, block: int = BLOCK, place: int = 0, **changes: Any) -> dict[str, Any]:
    """The wallet's; its transaction is a function of block and wallet."""
    topics = log()["topics"]
    topics[2] = order_filled.wallet_topic(wallet)
    return log(
        topics=topics,
        blockNumber=hex(block),
        blockHash="0x" + word(block),
        transactionHash="0x" + word(block * 1_000 + int(wallet, 16) % 1_000),
        logIndex=hex(place),
        **changes,
    )


def block(number: int = BLOCK, at_s: int | None = None) -> dict[str, Any]:
    """A head; its time follows from its number."""
    told_s = BLOCK_S + 2 * (number - BLOCK) if at_s is None else at_s
    return {"number": hex(number), "timestamp": hex(told_s), "hash": "0x" + word(number)}


def news(result: Any, subscription: str = "0xcafe") -> bytes:
    params = {"subscription": subscription, "result": result}
    return json.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": params}).encode()


def answer(id_: int, result: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": id_, "result": result}).encode()


def refusal(id_: int | None, code: int, message: str) -> bytes:
    error = {"code": code, "message": message}
    return json.dumps({"jsonrpc": "2.0", "id": id_, "error": error}).encode()


def written_logs(*settled: Settled) -> list[dict[str, Any]]:
    """The `OrderFilled` logs of these trades as the paper venue's node answers them."""
    span = {"fromBlock": "earliest", "toBlock": "latest"}
    found: list[dict[str, Any]] = Caller(*settled).ask(
        "eth_getLogs", {**order_filled.filter_of(None), **span, "fromBlock": "latest"}
    )
    return found
