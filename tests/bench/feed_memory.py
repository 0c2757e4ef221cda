"""What stream-ingest's core holds after many frames: the resident set of this process, in MB.

The stream does not repeat, so new trades keep coming; every other trader is to be followed, so that
the table of trades is full before the first look; time moves on, so that what is settled is put
away.
"""

import gc
import sys
from collections.abc import Sequence
from itertools import islice

import msgspec
import psutil  # type: ignore[import-untyped]

from polycopy.stream_ingest.core.reports import Frame
from polycopy.stream_ingest.core.trades import State
from tests.bench.feed_core import Core
from tests.bench.feed_traffic import Mould, endless

FRAMES = 1_000_000
_LOOKED_AT = 200_000
FOLLOWED_EVERY = 2
_PER_S = 200
_TICK_FRAMES = 10 * _PER_S
_TIDY_FRAMES = 60 * _PER_S
_MB = 1_000_000


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """`table_mb`: what came until the first look. `growth_mb`, and `growth_blocks` of Python's own
    allocator: what came after it."""

    table_mb: float
    growth_mb: float
    growth_blocks: int
    groups: int
    pending: int
    said: int


def held(state: State, moulds: Sequence[Mould]) -> Held:
    core = Core(state)
    stream = enumerate(islice(endless(moulds, per_s=_PER_S), FRAMES), 1)
    empty_mb, _ = _look()
    for number, (raw, at_ms) in stream:
        core.feed(Frame(raw, 1, "1-0", at_ms))
        if number % _TICK_FRAMES == 0:
            core.tick(at_ms)
        if number % _TIDY_FRAMES == 0:
            core.tidy(at_ms)
        if number == _LOOKED_AT:
            full_mb, full_blocks = _look()
            assert len(core.state.groups) == core.state.groups_max
    end_mb, end_blocks = _look()
    return Held(
        table_mb=full_mb - empty_mb,
        growth_mb=end_mb - full_mb,
        growth_blocks=end_blocks - full_blocks,
        groups=len(core.state.groups),
        pending=len(core.state.pending),
        said=core.said,
    )


def _look() -> tuple[float, int]:
    gc.collect()
    return psutil.Process().memory_info().rss / _MB, sys.getallocatedblocks()
