"""What stream-ingest makes of the global feed with 10,000 followed wallets.

Frames a second: the core, from the bytes of a frame to the leader trades it says, the state of the
groups included; not the append of what is said. One in fifty of the feed's traders is followed, and
once all of them. Baseline: the same frames decoded to plain objects by msgspec, nothing else. The
same frames come once more through the service's own socket, from a server in the same process that
has nothing to do but hand them to the system.

`feed_acknowledged`: from a frame to its event in the log. `feed_memory`: a million frames.

`ok` asks for all targets: both rates, the median of the acknowledged, and the growth.
"""

import asyncio
import gc
import struct
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from itertools import chain
from statistics import median

import msgspec
from websockets.asyncio.server import ServerConnection, serve

from polycopy.paper_venue.core.sources.leaders import Leaders
from polycopy.polymarket.rtds_session import Rules
from polycopy.runtime.clock import SystemClock
from polycopy.stream_ingest.adapters.rtds_socket import RtdsSocket
from polycopy.stream_ingest.core.reports import Frame
from polycopy.stream_ingest.core.trades import State
from tests.bench import feed_acknowledged, feed_core, feed_memory, feed_traffic, places
from tests.bench.feed_core import Core
from tests.bench.figures import Result, p99, paired, ratio, result

NAME = "ingest"
_TARGET_PER_S = 20_000
_ACK_TARGET_MS = 1.0
_GROWTH_TARGET_MB = 5.0
_TRANSACTIONS = 5_000
_WALLETS = 10_000
_FOLLOWED_EVERY = 50
_SOCKET_ROUNDS = 5
_TEXT_FRAME = 0x81
_SHORTEST = 126
"""Of the frames whose length takes two bytes; also the mark for that."""

Figures = Mapping[str, float | str]


def measure() -> Result:
    told = feed_traffic.script(_TRANSACTIONS)
    raws = feed_traffic.frames(told)
    memory, is_flat = _memory(told, raws)  # First: what others leave behind would hide a growth.
    ack, is_soon = _acknowledged(told, raws)
    few, everybody = _following(told, _FOLLOWED_EVERY), _following(told, 1)
    found = paired(lambda: _fed(few, raws), lambda: _decoded(raws))
    socket_per_s = asyncio.run(_through_the_socket(few, raws))
    worst = paired(lambda: _fed(everybody, raws), lambda: _decoded(raws), rounds=3)
    return result(
        NAME,
        found.per_second,
        "frames/s",
        target=_TARGET_PER_S,
        ratio_to=found.ratio,
        also={
            "baseline": "msgspec.json.decode of the same frames",
            "baseline_per_s": found.baseline_per_second,
            "per_s_through_the_socket": socket_per_s,
            "per_s_if_every_trader_is_followed": worst.per_second,
            "frames": len(raws),
            "trades_said": _said(few, raws),
            "trades_said_if_every_trader_is_followed": _said(everybody, raws),
            "cpu_share": found.cpu_share,
            **ack,
            **memory,
        },
        also_ok=socket_per_s >= _TARGET_PER_S and is_soon and is_flat,
    )


def _following(told: Leaders, every: int) -> State:
    return feed_core.following(feed_traffic.followed(told, every=every, total=_WALLETS))


def _fed(state: State, raws: Sequence[bytes]) -> int:
    _said(state, raws)
    return len(raws)


def _said(state: State, raws: Sequence[bytes]) -> int:
    core = Core(state)
    for raw in raws:
        core.feed(Frame(raw, 0, "0-1", feed_traffic.AT_MS))
    return core.said


def _decoded(raws: Sequence[bytes]) -> int:
    for raw in raws:
        msgspec.json.decode(raw)
    return len(raws)


async def _through_the_socket(state: State, raws: Sequence[bytes]) -> float:
    """Frames a second, the median of rounds."""
    wire = b"".join(map(_on_the_wire, raws))

    async def tell(connection: ServerConnection) -> None:
        await connection.recv()  # The subscription.
        connection.transport.write(wire)
        await connection.wait_closed()

    rates = []
    async with serve(tell, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        for _ in range(_SOCKET_ROUNDS):
            gc.collect()
            rates.append(await _heard(f"ws://127.0.0.1:{port}", state, len(raws)))
    return median(rates)


async def _heard(url: str, state: State, count: int) -> float:
    """Frames a second from the first that came."""
    socket = RtdsSocket(url, slot=0, rules=Rules(), clock=SystemClock())
    core, seen, began_s = Core(state), 0, 0.0
    async with aclosing(socket.listen()) as heard:
        async for item in heard:
            if not isinstance(item, Frame):
                continue
            core.feed(item)
            began_s = began_s or time.perf_counter()
            seen += 1
            if seen == count:
                break
    return count / (time.perf_counter() - began_s)


def _on_the_wire(raw: bytes) -> bytes:
    """A websocket's text frame as a server sends it: whole, unmasked."""
    assert _SHORTEST <= len(raw) < 1 << 16
    return struct.pack("!BBH", _TEXT_FRAME, _SHORTEST, len(raw)) + raw


def _acknowledged(told: Leaders, raws: Sequence[bytes]) -> tuple[Figures, bool]:
    """The figures, and whether the target is met. One frame of each transaction."""
    wallets = feed_traffic.followed(told, every=1, total=_WALLETS)
    followed = frozenset(wallets)
    moulds = {
        one.transaction: one for one in map(feed_traffic.mould, raws) if one.wallet in followed
    }
    with places.folder() as folder:
        rounds = asyncio.run(feed_acknowledged.acknowledged(folder, wallets, list(moulds.values())))
    medians, bare = list(map(median, rounds.acknowledged)), list(map(median, rounds.bare))
    figures = {
        "ack_ms": median(medians),
        "ack_target_ms": _ACK_TARGET_MS,
        "ack_p99_ms": p99(list(chain(*rounds.acknowledged))),
        "ack_until_the_next_frame_is_taken_ms": median(map(median, rounds.taken)),
        "bare_append_ms": median(bare),
        "bare_append_p99_ms": p99(list(chain(*rounds.bare))),
        "ack_ratio_to_bare_append": ratio(medians, bare),
        "ack_trades": sum(map(len, rounds.acknowledged)),
    }
    return figures, median(medians) <= _ACK_TARGET_MS


def _memory(told: Leaders, raws: Sequence[bytes]) -> tuple[Figures, bool]:
    """The figures, and whether the target is met."""
    moulds = list(map(feed_traffic.mould, raws))
    held = feed_memory.held(_following(told, feed_memory.FOLLOWED_EVERY), moulds)
    figures = {
        "memory_growth_mb": held.growth_mb,
        "memory_growth_target_mb": _GROWTH_TARGET_MB,
        "memory_growth_blocks": held.growth_blocks,
        "memory_of_the_table_mb": held.table_mb,
        "memory_groups": held.groups,
        "memory_groups_unsettled": held.pending,
        "memory_frames": feed_memory.FRAMES,
        "memory_trades_said": held.said,
    }
    return figures, held.growth_mb <= _GROWTH_TARGET_MB
