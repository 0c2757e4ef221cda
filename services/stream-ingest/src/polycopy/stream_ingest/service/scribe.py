"""What is said of trades: the state, and the way of its events into the log.

Events of one wallet are appended after the last one that was folded. Where another process was
faster, its events are folded first, and what is due then is mostly nothing.
"""

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial

import msgspec
from immutables import Map
from prometheus_client import Counter

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Conflict
from polycopy.runtime.log import Recorded
from polycopy.runtime.logs import get_logger
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.subjects import ALL_TRADES, OwnNamed, subject_of, trades_filter
from polycopy.schemas.trades import ActivityObserved, TradeObserved, TradeRehashed
from polycopy.stream_ingest.core import recall, saying, trades
from polycopy.stream_ingest.core.reports import Report
from polycopy.stream_ingest.core.trades import Hearing, Said, State
from polycopy.stream_ingest.ports import EventLog
from polycopy.stream_ingest.service.patience import patiently

NAME = "stream-ingest"
REPLAY_MAX = 200_000
"""How many places of the log are read back for trades at the start; about 3 s. What is older is
looked up when a row may belong to it."""
_REPLAY_STEP = 20_000

TRADES = Counter("polycopy_trades_observed_total", "Leader trades said.", ("source",))
REHASHED = Counter("polycopy_trades_rehashed_total", "Trades whose transaction changed.")
_logger = get_logger(NAME)


class Scribe:
    """Holds `state`; appends keep the order in which they were asked for."""

    def __init__(self, log: EventLog, *, clock: Clock, state: State, stale_ms: int) -> None:
        self._log = log
        self._clock = clock
        self._stale_ms = stale_ms
        self._from_start = True
        self._turn = asyncio.Lock()
        self.state = state

    async def open(self, end: int) -> None:
        """Fold the newest trades up to a sequence."""
        start = max(0, end - REPLAY_MAX)
        state = self.state
        if start and (earlier := await self._log.at(start)):
            self._from_start = False
            state = trades.forgetful(state, until_ms=earlier.envelope.time_ms)
        for after in range(start, end, _REPLAY_STEP):
            until = min(after + _REPLAY_STEP, end)
            for recorded in await self._log.read([ALL_TRADES], after=after, until=until):
                state = trades.evolve(state, recorded)
        self.state = state

    async def follow_others(self, after: int) -> None:
        """Fold what is said of trades, whoever says it, without end."""
        async for recorded in self._log.follow([ALL_TRADES], after=after):
            self.state = trades.evolve(self.state, recorded)

    def aim(self, wallets: Map[Wallet, int]) -> None:
        self.state = trades.follow(self.state, wallets)

    def learn(self, conditions: Mapping[TokenId, ConditionId]) -> None:
        self.state = trades.learn(self.state, conditions)

    async def hear(self, report: Report) -> Hearing:
        """Take in a report; looks up in the log what may be in it and is not remembered."""
        if self.state.horizon_ms >= 0:
            self.state = recall.attend(self.state, report)
        for wallet, keys in recall.lookups(self.state, report).items():
            history = await patiently(partial(self._log.read, [trades_filter(wallet)]))
            self.state = recall.recall(self.state, history, keys)
        heard = trades.hear(self.state, report)
        self.state = heard.state
        return heard

    async def say(self, keys: Iterable[str], now_ms: int) -> list[Said]:
        """Append what is due of these groups, and tell what it was."""
        said: list[Said] = []
        async with self._turn:
            for key in keys:
                while event := saying.due(self.state, key, now_ms, stale_ms=self._stale_ms):
                    if await self._append(event, now_ms):
                        said.append(event)
        return said

    async def say_one(self, event: Said, now_ms: int) -> None:
        """Append an event that another module decided; nothing where others were faster."""
        async with self._turn:
            await self._append(event, now_ms)

    async def say_other(self, event: OwnNamed, *, cause: str, key: str, at_ms: int) -> None:
        """Append an event that is about no trade. The same key is the same event."""
        origin = Origin(source=NAME, time_ms=at_ms, causation_id=cause)
        new = draft(event, subject=subject_of(event), origin=origin, key=key)
        sequence = await patiently(lambda: self._log.append(new))
        _logger.info("said", sequence=sequence, type=new.envelope.event_type, about=cause)

    async def _append(self, event: Said, now_ms: int) -> bool:
        """Whether it was appended; otherwise another process's events are folded."""
        origin = Origin(source=NAME, time_ms=now_ms, causation_id=event.transaction_hash)
        new = draft(event, subject=subject_of(event), origin=origin, key=_key(event))
        version = await self._version(event.wallet)
        try:
            sequence = await patiently(lambda: self._log.append(new, expected=version))
        except Conflict:
            news = await patiently(
                lambda: self._log.read([trades_filter(event.wallet)], after=version)
            )
            for recorded in news:
                self.state = trades.evolve(self.state, recorded)
            return False
        recorded = Recorded(
            sequence=sequence, subject=new.subject, envelope=new.envelope, event=event
        )
        self.state = trades.evolve(self.state, recorded)
        self._tell(event, sequence)
        return True

    async def _version(self, wallet: Wallet) -> int:
        known = self.state.versions.get(wallet)
        if known is not None:
            return known
        version = 0
        if not self._from_start:
            last = await patiently(lambda: self._log.last(trades_filter(wallet)))
            version = last.sequence if last else 0
        versions = self.state.versions.set(wallet, version)
        self.state = msgspec.structs.replace(self.state, versions=versions)
        return version

    def _tell(self, event: Said, sequence: int) -> None:
        named = {"wallet": event.wallet, "transaction_hash": event.transaction_hash}
        if isinstance(event, TradeObserved | ActivityObserved):
            TRADES.labels(event.source).inc()
            _logger.info(
                "trade observed" if isinstance(event, TradeObserved) else "activity observed",
                sequence=sequence,
                size_micros=event.size_micros,
                increase_micros=event.increase_micros,
                source=event.source,
                append_ms=self._clock.now_ms() - event.received_at_ms,
                **named,
            )
            return
        if isinstance(event, TradeRehashed):
            REHASHED.inc()
        _logger.warning("trade set right", sequence=sequence, type=_type(event), **named)


def _type(event: Event) -> str:
    return type(event).__name__


def _key(event: Said) -> str:
    """The id is a function of the group and what is said of it: said again, it is the same."""
    group = trades.key_of(event)
    match event:
        case TradeRehashed():
            return f"{group}:{event.rehashed_as}"
        case _:
            return f"{group}:{event.size_micros}"
