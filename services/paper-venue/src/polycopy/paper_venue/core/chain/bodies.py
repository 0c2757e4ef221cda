"""Logs, transactions, receipts and blocks in a node's JSON: numbers are hex texts.

Gas and the sender of a trade are made up; the input of a transaction is its selector alone.
"""

from collections.abc import Iterable

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.chain import blocks
from polycopy.paper_venue.core.chain.blocks import BASE_FEE_WEI, Fields, hex_number
from polycopy.paper_venue.core.chain.chain import Log, Mined
from polycopy.paper_venue.core.chain.contracts import Contracts
from polycopy.paper_venue.core.engine.ledger import Movement
from polycopy.polymarket.order_hash import POLYGON

CHAIN_ID = hex_number(POLYGON)
_GAS = 21_000
_GAS_A_LOG = 25_000
_PRICE_WEI = BASE_FEE_WEI + 30_000_000_000
_SELECTORS = {
    Movement.TRADE: "0x3c2b4399",  # matchOrders
    Movement.SPLIT: "0x72ce4275",  # splitPosition
    Movement.MERGE: "0x9e7212ad",  # mergePositions
    Movement.REDEEM: "0x01b7037c",  # redeemPositions
    Movement.CONVERSION: "0x",
}


def log(seed: str, log: Log) -> Fields:
    return {
        "address": log.emitted.address,
        "topics": log.emitted.topics,
        "data": log.emitted.data,
        "blockNumber": hex_number(log.block),
        "transactionHash": log.transaction_hash,
        "transactionIndex": hex_number(log.transaction_index),
        "blockHash": blocks.block_hash(seed, log.block),
        "logIndex": hex_number(log.index),
        "removed": False,
    }


def transaction(seed: str, mined: Mined, contracts: Contracts) -> Fields:
    sender, to = _parties(seed, mined, contracts)
    return {
        "blockHash": blocks.block_hash(seed, mined.block),
        "blockNumber": hex_number(mined.block),
        "from": sender,
        "gas": hex_number(2 * _gas(mined)),
        "gasPrice": hex_number(_PRICE_WEI),
        "maxFeePerGas": hex_number(2 * _PRICE_WEI),
        "maxPriorityFeePerGas": hex_number(_PRICE_WEI - BASE_FEE_WEI),
        "hash": mined.hash,
        "input": _SELECTORS[mined.parts[0].kind],
        "nonce": hex_number(mined.block),
        "to": to,
        "transactionIndex": hex_number(mined.index),
        "value": "0x0",
        "type": "0x2",
        "accessList": [],
        "chainId": CHAIN_ID,
        "v": "0x0",
        "r": "0x" + identity.digest("r", mined.hash).lstrip("0"),
        "s": "0x" + identity.digest("s", mined.hash).lstrip("0"),
        "yParity": "0x0",
    }


def receipt(seed: str, block: Iterable[Mined], index: int, contracts: Contracts) -> Fields:
    """Of the transaction at `index` of its block."""
    up_to = [mined for mined in block if mined.index <= index]
    mined = up_to[-1]
    sender, to = _parties(seed, mined, contracts)
    return {
        "blockHash": blocks.block_hash(seed, mined.block),
        "blockNumber": hex_number(mined.block),
        "contractAddress": None,
        "cumulativeGasUsed": hex_number(sum(map(_gas, up_to))),
        "effectiveGasPrice": hex_number(_PRICE_WEI),
        "from": sender,
        "gasUsed": hex_number(_gas(mined)),
        "logs": [log(seed, each) for each in mined.logs],
        "logsBloom": blocks.bloom_hex(blocks.bloom(each.emitted for each in mined.logs)),
        "status": "0x1",
        "to": to,
        "transactionHash": mined.hash,
        "transactionIndex": hex_number(mined.index),
        "type": "0x2",
    }


def header(seed: str, number: int, block: Iterable[Mined]) -> Fields:
    held = list(block)
    bits = blocks.bloom(each.emitted for mined in held for each in mined.logs)
    return blocks.header(seed, number, bits=bits, gas_used=sum(map(_gas, held)))


def block(
    seed: str, number: int, held: Iterable[Mined], transactions: list[Fields] | list[str]
) -> Fields:
    return {
        **header(seed, number, held),
        "size": hex_number(700 + 500 * len(transactions)),
        "totalDifficulty": hex_number(number + 1),
        "transactions": transactions,
        "uncles": [],
    }


def _gas(mined: Mined) -> int:
    return _GAS + _GAS_A_LOG * len(mined.logs)


def _parties(seed: str, mined: Mined, contracts: Contracts) -> tuple[str, str]:
    """Sender and contract: an operator of the venue calls the exchange, a wallet its adapter."""
    part = mined.parts[0]
    if part.kind is Movement.TRADE:
        return identity.wallet("operator", seed, mined.block % 4), contracts.exchange
    return part.wallets[0], contracts.adapter
