"""Frames a second of the global feed, filtered against 10,000 followed wallets.

One in fifty of the feed's traders is followed. Measured is stream-ingest's core, from the bytes of
a frame to the leader trades it says, the state of the groups included; not the append of what is
said. Baseline: the same frames decoded to plain objects by msgspec, nothing else.

The same frames come once more through the service's own socket, from a server in the same process
that has nothing to do but hand them to the system. `ok` asks that of both figures.
"""

import asyncio
import gc
import struct
import time
from collections.abc import Sequence
from contextlib import aclosing
from statistics import median

import msgspec
from websockets.asyncio.server import ServerConnection, serve

from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.control import TargetAdded
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest import core
from polycopy.stream_ingest.adapters.rtds_socket import RtdsSocket
from polycopy.stream_ingest.core import Frame, State
from tests.bench import feed_traffic
from tests.bench.figures import Result, paired, result

NAME = "ingest"
_TARGET_PER_S = 20_000
_TRANSACTIONS = 5_000
_WALLETS = 10_000
_FOLLOWED_EVERY = 50
_SOCKET_ROUNDS = 5
_TEXT_FRAME = 0x81
_SHORTEST = 126
"""Of the frames whose length takes two bytes; also the mark for that."""


def measure() -> Result:
    told = feed_traffic.script(_TRANSACTIONS)
    raws = feed_traffic.frames(told)
    few = _following(feed_traffic.followed(told, every=_FOLLOWED_EVERY, total=_WALLETS))
    everybody = _following(feed_traffic.followed(told, every=1, total=_WALLETS))
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
        },
        also_ok=socket_per_s >= _TARGET_PER_S,
    )


def _following(wallets: Sequence[Wallet]) -> State:
    state = core.initial()
    for wallet in wallets:
        state = core.evolve(state, TargetAdded(wallet=wallet))
    assert len(state.wallets) == _WALLETS
    return state


def _fed(state: State, raws: Sequence[bytes]) -> int:
    for raw in raws:
        state, _ = core.feed(state, Frame(raw, 0, "0-1", feed_traffic.AT_MS))
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
    socket = RtdsSocket(url, slot=0, watchdog_s=10, clock=SystemClock())
    seen, began_s = 0, 0.0
    async with aclosing(socket.listen()) as heard:
        async for item in heard:
            if not isinstance(item, Frame):
                continue
            state, _ = core.feed(state, item)
            began_s = began_s or time.perf_counter()
            seen += 1
            if seen == count:
                break
    return count / (time.perf_counter() - began_s)


def _on_the_wire(raw: bytes) -> bytes:
    """A websocket's text frame as a server sends it: whole, unmasked."""
    assert _SHORTEST <= len(raw) < 1 << 16
    return struct.pack("!BBH", _TEXT_FRAME, _SHORTEST, len(raw)) + raw


def _decoded(raws: Sequence[bytes]) -> int:
    for raw in raws:
        msgspec.json.decode(raw)
    return len(raws)


def _said(state: State, raws: Sequence[bytes]) -> int:
    said = 0
    for raw in raws:
        state, found = core.feed(state, Frame(raw, 0, "0-1", feed_traffic.AT_MS))
        assert not any(isinstance(one, Unreadable) for one in found), found
        said += len(found)
    return said
