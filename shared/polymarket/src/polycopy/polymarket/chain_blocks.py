"""Blocks of Polygon and their times. A block's time is whole seconds and never before its parent's;
blocks come every two seconds or so, and have come slower and faster."""

import msgspec

from polycopy.polymarket import json_rpc, wire

BLOCK_MS = 2_000
_SECONDS_BELOW = 10**11


class Block(msgspec.Struct, frozen=True, order=True):
    """A block's number and its time."""

    number: int
    at_ms: int


def read(result: wire.Json) -> Block:
    """A head, or the answer to `eth_getBlockByNumber`. MisfitError: a node answers null for a block
    that it does not have."""
    block = wire.an_object(result, "the block")
    return Block(json_rpc.quantity(block, "number"), time_ms(block, "timestamp"))


def time_ms(source: wire.Object, name: str) -> int:
    """A node's time, hex seconds. MisfitError."""
    at_s = json_rpc.quantity(source, name)
    if not 0 < at_s < _SECONDS_BELOW:
        raise wire.MisfitError(f"{name} is no time of ours: {at_s}")
    return at_s * 1000


def first_guess(head: Block, at_ms: int, *, tries: int) -> int:
    """A block that is likely before that time; surely so after some tries, each twice as far back.
    Block 0 is the last resort."""
    far = max(head.at_ms - at_ms, 0) // BLOCK_MS + 16
    return max(head.number - (far << tries), 0)


def probe(low: Block, high: Block, at_ms: int, *, slack_blocks: int, tries: int) -> int | None:
    """The block between the two that is to be looked at next, in search of that time; None where
    they are near enough to each other. In turn by proportion, to just below the time; by the slack,
    which ends it if that was right; and by halves, so that it ends after thrice the tries of a
    bisection whatever the times are."""
    apart, slack_blocks = high.number - low.number, max(slack_blocks, 1)
    if apart <= slack_blocks:
        return None
    if tries % 3 == 1:
        return low.number + slack_blocks
    if tries % 3 == 2 or high.at_ms <= low.at_ms:  # noqa: PLR2004 - the third of three ways
        return low.number + apart // 2
    aim = low.number + apart * (at_ms - low.at_ms) // (high.at_ms - low.at_ms) - slack_blocks // 2
    return min(max(aim, low.number + 1), high.number - 1)
