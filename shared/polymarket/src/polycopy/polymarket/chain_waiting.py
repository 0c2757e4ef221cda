"""Logs that wait until the time of their block is known.

A log of an older node does not tell it; the head of its block does, and comes before or after it.
"""

from collections import OrderedDict
from collections.abc import Iterator

import msgspec

from polycopy.polymarket.chain_blocks import Block
from polycopy.polymarket.json_rpc import Call
from polycopy.polymarket.order_filled import Filled

TIMES_MAX = 1_024
WAITING_MAX = 10_000
ASKED_MAX = 5


class _Asked(msgspec.Struct):
    """What waits for a block's time. `call` is -1 while nobody is asked for it."""

    filled: list[Filled]
    call: int = -1
    times: int = 0


class Waiting:
    """The newest times, and what waits for others. `ids`: where the numbers of calls come from."""

    def __init__(self, ids: Iterator[int]) -> None:
        self._ids = ids
        self._times: OrderedDict[int, int] = OrderedDict()
        self._blocks: dict[int, _Asked] = {}
        self._count = 0

    def at_ms(self, number: int) -> int | None:
        return self._times.get(number)

    def hold(self, filled: Filled) -> list[Call] | None:
        """What is to be asked for it; None where too much waits already."""
        if self._count >= WAITING_MAX:
            return None
        self._count += 1
        block = self._blocks.setdefault(filled.block, _Asked([]))
        block.filled.append(filled)
        return [self._ask(filled.block)] if block.call < 0 and not block.times else []

    def drop(self, filled: Filled) -> bool:
        """Whether that log was waiting, and does not any more."""
        block = self._blocks.get(filled.block)
        held = block.filled if block else []
        kept = [each for each in held if not _same(each, filled)]
        self._count -= len(held) - len(kept)
        if block:
            block.filled = kept
        return len(kept) < len(held)

    def told(self, block: Block) -> list[Filled]:
        """Note the time; what waited for it."""
        self._times[block.number] = block.at_ms
        self._times.move_to_end(block.number)
        if len(self._times) > TIMES_MAX:
            self._times.popitem(last=False)
        return self._pop(block.number)

    def asked_for(self, call: int) -> int | None:
        """The block whose time was asked for by that call."""
        waiting = self._blocks.items()
        return next((number for number, block in waiting if block.call == call >= 0), None)

    def untold(self, number: int) -> list[Filled]:
        """The node was asked for that block and does not know it yet. What waited for it, where it
        was asked often enough; it is asked again with the next head otherwise."""
        block = self._blocks[number]
        block.call = -1
        return self._pop(number) if block.times >= ASKED_MAX else []

    def ask_again(self) -> list[Call]:
        return [self._ask(number) for number, block in self._blocks.items() if block.call < 0]

    def _ask(self, number: int) -> Call:
        call = Call(next(self._ids), "eth_getBlockByNumber", [hex(number), False])
        block = self._blocks[number]
        block.call, block.times = call.id, block.times + 1
        return call

    def _pop(self, number: int) -> list[Filled]:
        block = self._blocks.pop(number, None)
        if block is None:
            return []
        self._count -= len(block.filled)
        return block.filled


def _same(one: Filled, other: Filled) -> bool:
    return (one.block_hash, one.row.transaction_hash, one.row.place) == (
        other.block_hash,
        other.row.transaction_hash,
        other.row.place,
    )
