"""What the service wants from its sources and from the log."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from typing import Protocol

import msgspec
from immutables import Map

from polycopy.runtime.log import Recorded, Snapshots
from polycopy.schemas.control import Pool
from polycopy.schemas.envelope import Draft
from polycopy.schemas.ids import LogId, TokenId, Wallet
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest.core.reports import Frame, Report
from polycopy.stream_ingest.core.targets import Board, Owner


class Delivering(msgspec.Struct, frozen=True, kw_only=True):
    """A connection brought its first frame."""

    source: str
    connection: str
    at_ms: int


class Silent(msgspec.Struct, frozen=True, kw_only=True):
    """A connection that had delivered ended, or fell silent; the next one is being tried."""

    source: str
    connection: str
    reason: str
    at_ms: int
    last_frame_at_ms: int


Heard = Frame | Report | Delivering | Silent


class Source(Protocol):
    """Where leader trades come from: one of the connections to it that run side by side."""

    @property
    def name(self) -> str:
        """`rtds`, `chain` or `poll`."""

    @property
    def connected(self) -> bool:
        """It delivers, or would if anything happened."""

    def aim(self, wallets: Collection[Wallet]) -> None:
        """Whose trades are wanted, from now on; effective within a second. Costs no I/O."""

    def look(self, wallet: Wallet) -> None:
        """There is a doubt about this wallet: report of it as soon as possible. Costs no I/O."""

    def listen(self) -> AsyncGenerator[Heard, None]:
        """Without end, across reconnects. Reads no further than it is asked to: a slow listener
        slows the source down and nothing piles up. Raises for our own faults only."""


class Asked(msgspec.Struct, frozen=True):
    """Everything of these wallets was reported."""

    wallets: tuple[Wallet, ...]


class Backfill(Protocol):
    """A source that can be asked about the past."""

    @property
    def name(self) -> str: ...

    def past(
        self, wallets: Collection[Wallet], *, from_ms: int, to_ms: int
    ) -> AsyncGenerator[Report | Asked, None]:
        """What the wallets did between the two times, both included, in any order; after the rows
        of some wallets an `Asked` names those who are answered completely. A wallet that is named
        in none could not be asked about. Raises Transient where nothing more can be had."""


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """All that are on. Backfills in the order in which they are asked: the chain answers for many
    wallets at once."""

    sources: tuple[Source, ...]
    backfills: tuple[Backfill, ...] = ()


class Targets(Protocol):
    """Whom we follow, and since when (milliseconds)."""

    @property
    def followed(self) -> Map[Wallet, int]: ...

    async def catch_up(self) -> int:
        """Know what the log says up to its end, whose sequence is returned. Raises Transient."""

    async def run(self) -> None:
        """Without end; tells when `followed` is another one."""


class References(Protocol):
    """Who keeps markets and traders described. Nothing of it is waited for."""

    def used_trade(self, trade: TradeObserved) -> None:
        """Somebody whom we follow traded. Costs no I/O."""

    def unknown_token(self, token_id: TokenId) -> None:
        """Find the token's market, and tell. Costs no I/O."""

    def aim(self, wallets: Collection[Wallet]) -> None:
        """Whose records are kept. Costs no I/O."""

    async def run(self) -> None:
        """Without end."""


class EventLog(Protocol):
    """The parts of `polycopy.runtime.log` that are used here."""

    @property
    def log_id(self) -> LogId: ...

    @property
    def snapshots(self) -> Snapshots: ...

    async def append(self, new: Draft, *, expected: int | None = None) -> int: ...

    async def read(
        self, filters: Sequence[str], *, after: int = 0, until: int | None = None
    ) -> list[Recorded]: ...

    async def last(self, subject_filter: str) -> Recorded | None: ...

    async def at(self, sequence: int) -> Recorded | None: ...

    async def end(self) -> int: ...

    def follow(self, filters: Sequence[str], *, after: int = 0) -> AsyncIterator[Recorded]: ...


class RawStore(Protocol):
    """Where frames go that could not be read, and all of them where an operator records."""

    async def keep(self, source: str, reason: str, raw: bytes) -> None: ...

    async def record(self, source: str, session: str, received_at_ms: int, raw: bytes) -> None: ...


class Leaderboard(Protocol):
    """Who trades best at the venue, and whose a name is. Raises Transient."""

    async def board(self, pool: Pool) -> Board:
        """At most `pool.size` traders, each once; fewer where the venue lists fewer."""

    async def owner(self, name: str) -> Owner: ...
