"""Blocks are functions of their number and the run's seed: no list of them is kept.

A node's block has many fields that nobody here asks for: roots, gas and the producer are made up.
The seal in `extraData` is as long as Polygon's, which clients that expect Ethereum's 32 bytes
stumble over (web3.py wants its proof-of-authority middleware).
"""

from collections.abc import Iterable

from eth_hash.auto import keccak

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.chain.abi import Emitted
from polycopy.paper_venue.core.engine.ledger import BLOCK_US

BASE_FEE_WEI = 25_000_000_000
_GAS_LIMIT = 60_000_000
_US_PER_S = 1_000_000
_BLOOM_BITS = 2048
_HEAD = 50
_TAIL = 16
_SEAL_BYTES = 97

Fields = dict[str, object]


def hex_number(value: int) -> str:
    return f"{value:#x}"


def block_hash(seed: str, number: int) -> str:
    """64 hex digits; the last 16 hide the number, so that the hash leads back to it."""
    head = identity.digest("block", seed, number)[: _HEAD - 2]
    return f"0x{head}{number ^ _mask(seed, head):0{_TAIL}x}"


def number_of(seed: str, hash_: str) -> int | None:
    """The block with this hash, 32 bytes in lower-case hex; None where none has it."""
    number = int(hash_[_HEAD:], 16) ^ _mask(seed, hash_[2:_HEAD])
    return number if block_hash(seed, number) == hash_ else None


def bloom(logs: Iterable[Emitted]) -> int:
    """The filter of 2048 bits that says what a block surely does not have."""
    bits = 0
    for log in logs:
        for part in (log.address, *log.topics):
            digest = keccak(bytes.fromhex(part[2:]))
            for at in (0, 2, 4):
                bits |= 1 << (int.from_bytes(digest[at : at + 2]) % _BLOOM_BITS)
    return bits


def bloom_hex(bits: int) -> str:
    return f"0x{bits:0{_BLOOM_BITS // 4}x}"


def header(seed: str, number: int, *, bits: int = 0, gas_used: int = 0) -> Fields:
    """What `newHeads` sends; its time is whole seconds."""
    made_up = [f"0x{identity.digest(part, seed, number)}" for part in ("state", "txs", "receipts")]
    return {
        "parentHash": block_hash(seed, number - 1) if number else "0x" + "0" * 64,
        "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
        "miner": "0x" + "0" * 40,
        "stateRoot": made_up[0],
        "transactionsRoot": made_up[1],
        "receiptsRoot": made_up[2],
        "logsBloom": bloom_hex(bits),
        "difficulty": "0x1",
        "number": hex_number(number),
        "gasLimit": hex_number(_GAS_LIMIT),
        "gasUsed": hex_number(gas_used),
        "timestamp": hex_number(number * BLOCK_US // _US_PER_S),
        "extraData": "0x" + (identity.digest("seal", seed, number) * 4)[: 2 * _SEAL_BYTES],
        "mixHash": "0x" + "0" * 64,
        "nonce": "0x0000000000000000",
        "baseFeePerGas": hex_number(BASE_FEE_WEI),
        "hash": block_hash(seed, number),
    }


def _mask(seed: str, head: str) -> int:
    return int(identity.digest("block number", seed, head)[:_TAIL], 16)
