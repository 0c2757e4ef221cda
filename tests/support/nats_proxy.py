"""A proxy that knows the NATS protocol: it loses single answers, repeats and reorders deliveries,
and notes what the server acknowledged to whom."""

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum

import msgspec

from polycopy.schemas.subjects import EVENT_STREAM
from tests.support.nats_frames import Frame, Frames

_CHUNK = 65_536
_ACK = b"$JS.ACK."
_ANSWERED = b"+ACK"
_FOLLOWER = b"follow-"

_Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Loss(StrEnum):
    """What can go wrong on the way."""

    PUB_ACK = "pub-ack"
    """The server has stored an event, and its answer does not arrive."""
    CONSUMER_ACK = "consumer-ack"
    """A worker is done with a message, and the server does not hear it."""
    TWICE = "twice"
    """A delivery comes twice."""
    SWAPPED = "swapped"
    """A delivery comes after the next frame."""


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """The server said to a client that it has stored this."""

    sequence: int
    message_id: str
    digest: str
    """Of the body."""


class _Rule(msgspec.Struct, frozen=True, kw_only=True):
    chance: float
    ends_at: int
    consumer: bytes


class _Ack(msgspec.Struct, frozen=True, kw_only=True):
    stream: str = ""
    seq: int = 0
    error: object = None


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class NatsProxy:
    """Made by `nats_proxy`. `struck`: how often each loss has happened."""

    def __init__(self, upstream_port: int, chance: random.Random) -> None:
        self.port = 0
        self.struck: Counter[Loss] = Counter()
        self.acknowledged: list[Acknowledged] = []
        self._followers: set[bytes] = set()
        self._unheard: frozenset[bytes] = frozenset()
        self._rules: dict[Loss, _Rule] = {}
        self._upstream_port = upstream_port
        self._chance = chance
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def lose(
        self, loss: Loss, *, chance: float = 1.0, times: int = 1_000_000, consumer: str = ""
    ) -> None:
        """From now on, so often at most. `consumer`: of this one alone, where it is about one."""
        self._rules[loss] = _Rule(
            chance=chance, ends_at=self.struck[loss] + times, consumer=consumer.encode()
        )

    def heal(self) -> None:
        self._rules.clear()
        self._unheard = frozenset()

    def deafen(self) -> None:
        """Whoever follows the log now hears heartbeats and nothing else. Who reads it anew reads
        all of it."""
        self._unheard = frozenset(self._followers)

    def hears(self, subject: bytes) -> bool:
        """Whether the consumer whose delivery is answered on `subject` is not a deaf follower."""
        names = [token for token in subject.split(b".") if token.startswith(_FOLLOWER)]
        self._followers.update(names)
        return not any(name in self._unheard for name in names)

    def strikes(self, loss: Loss, subject: bytes = b"") -> bool:
        """Whether it happens to this one; `subject`: on which a delivery is answered."""
        rule = self._rules.get(loss)
        if rule is None or self.struck[loss] >= rule.ends_at:
            return False
        if rule.consumer and rule.consumer not in subject.split(b"."):
            return False
        if self._chance.random() >= rule.chance:
            return False
        self.struck[loss] += 1
        return True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            server = await asyncio.open_connection("127.0.0.1", self._upstream_port)
            await self._pass_on((reader, writer), server)
        except (OSError, asyncio.CancelledError):
            pass  # The server is away, or the connection is cut.
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _pass_on(self, client: _Ends, server: _Ends) -> None:
        way = _Way(self)
        pumps = [
            asyncio.ensure_future(_pump(client[0], server[1], way.out)),
            asyncio.ensure_future(_pump(server[0], client[1], way.back)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server[1].close()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def cut(self) -> None:
        """Break every connection. Who wants another one gets it."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Way:
    """What passes on one connection."""

    def __init__(self, proxy: NatsProxy) -> None:
        self._proxy = proxy
        self._stored: dict[bytes, tuple[str, str]] = {}
        """By the subject of the answer: id and digest of what was to be stored."""
        self._held: list[bytes] = []

    def out(self, frame: Frame) -> list[bytes]:
        """From the client to the server."""
        done = frame.subject.startswith(_ACK) and frame.body.startswith(_ANSWERED)
        if done and self._proxy.strikes(Loss.CONSUMER_ACK, frame.subject):
            return []
        message_id = frame.header(b"Nats-Msg-Id")
        if frame.reply and message_id and frame.verb == b"HPUB":
            self._stored[frame.reply] = message_id.decode(), digest(frame.body)
        return [frame.raw]

    def back(self, frame: Frame) -> list[bytes]:
        """From the server to the client."""
        held, self._held = self._held, []
        if frame.subject in self._stored and not self._answer_passes(frame):
            return held
        if not frame.reply.startswith(_ACK):
            return [frame.raw, *held]
        if not self._proxy.hears(frame.reply):
            return held
        if self._proxy.strikes(Loss.SWAPPED, frame.reply):
            self._held = [frame.raw]
            return held
        if self._proxy.strikes(Loss.TWICE, frame.reply):
            return [frame.raw, frame.raw, *held]
        return [frame.raw, *held]

    def _answer_passes(self, frame: Frame) -> bool:
        message_id, body = self._stored.pop(frame.subject)
        try:
            ack = msgspec.json.decode(frame.body, type=_Ack)
        except msgspec.MsgspecError:
            return True  # Nobody listens there, says a header.
        if ack.error is not None or ack.stream != EVENT_STREAM:
            return True
        if self._proxy.strikes(Loss.PUB_ACK):
            return False
        self._proxy.acknowledged.append(
            Acknowledged(sequence=ack.seq, message_id=message_id, digest=body)
        )
        return True


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    passes: Callable[[Frame], list[bytes]],
) -> None:
    frames = Frames()
    while chunk := await reader.read(_CHUNK):
        for frame in frames.feed(chunk):
            for raw in passes(frame):
                writer.write(raw)
        await writer.drain()


@asynccontextmanager
async def nats_proxy(upstream_port: int, seed: str = "") -> AsyncIterator[NatsProxy]:
    """On a free port, in front of a server on this machine."""
    proxy = NatsProxy(upstream_port, random.Random(seed))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.cut()
