"""Reference data: read on use and by age, said when it is new.

Nothing here is waited for: what a trade uses is noted without I/O, and read by tasks of their own.
Traders are measured beside markets and tokens, so that a long history holds nobody up.
"""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from typing import assert_never

from prometheus_client import Counter

from polycopy.polymarket.clob import ClobMarket
from polycopy.polymarket.gamma_market import GammaMarket
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Halt, Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.logs import get_logger
from polycopy.schemas.envelope import Draft
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.markets import MarketDescribed, MarketResolved
from polycopy.schemas.subjects import ALL_MARKETS, ALL_TRADERS
from polycopy.schemas.traders import TraderMeasured
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest.core.market_facts import market_described, market_resolved
from polycopy.stream_ingest.core.reference import Job, Kind, Schedule
from polycopy.stream_ingest.core.reference_facts import Facts
from polycopy.stream_ingest.core.rest import Resting
from polycopy.stream_ingest.core.trader_record import trader_record
from polycopy.stream_ingest.service.history import History
from polycopy.stream_ingest.service.patience import patiently
from polycopy.stream_ingest.service.reference_ports import Learned, ReferenceLog, ReferenceSource
from polycopy.stream_ingest.service.scribe import NAME

_MARKET_KINDS = (Kind.TOKEN, Kind.MARKET, Kind.RESOLUTION)
_MARKET_READERS = 4
_TOGETHER = 10
_REST_S_MAX = 1.0
_FAULTS_MAX = 20
"""So many faults of our own in a row, and the service stops."""

READS = Counter("polycopy_reference_reads_total", "Reference data read.", ("kind", "outcome"))
logger = get_logger(__name__)


class Reference:
    """`learned` is told of every token whose market becomes known. `schedule` says what is read
    when."""

    def __init__(
        self,
        log: ReferenceLog,
        source: ReferenceSource,
        *,
        clock: Clock,
        schedule: Schedule | None = None,
        learned: Learned | None = None,
    ) -> None:
        self._log = log
        self._source = source
        self._clock = clock
        self._schedule = Schedule() if schedule is None else schedule
        self._learned = learned
        self._facts = Facts()
        self._history = History(source, self._facts)
        self._woken = asyncio.Event()
        self._faults = 0

    def used_trade(self, trade: TradeObserved) -> None:
        """Somebody whom we follow traded. No I/O."""
        now_ms = self._clock.now_ms()
        condition_id = trade.condition_id or self._facts.condition_of(trade.token_id)
        if condition_id:
            self._learn(trade.token_id, condition_id)
            self._schedule.used_market(condition_id, now_ms)
        else:
            self._schedule.unknown_token(trade.token_id, now_ms)
        self._schedule.used_trader(trade.wallet, now_ms)
        self._woken.set()

    def unknown_token(self, token_id: TokenId) -> None:
        """Look for its market; `learned` tells when it is known, at once where it is. No I/O."""
        known = self._facts.condition_of(token_id)
        if known is None:
            self._schedule.unknown_token(token_id, self._clock.now_ms())
            self._woken.set()
        elif self._learned is not None:
            self._learned(token_id, known)

    def condition_of(self, token_id: TokenId) -> ConditionId | None:
        return self._facts.condition_of(token_id)

    def aim(self, wallets: Collection[Wallet]) -> None:
        """Whose records are kept up to date from now on. No I/O."""
        self._schedule.aim(wallets, self._clock.now_ms())
        self._woken.set()

    async def run(self) -> None:
        """Without end. Raises what the log could not survive, and faults of our own that repeat."""
        after = await patiently(self._catch_up)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow(after))
            for _ in range(_MARKET_READERS):
                tasks.create_task(self._work(_MARKET_KINDS, _TOGETHER))
            tasks.create_task(self._work((Kind.TRADER,), 1))

    async def _catch_up(self) -> int:
        end = await self._log.end()
        async for batch in self._log.read_batches([ALL_MARKETS, ALL_TRADERS], until=end):
            for recorded in batch:
                self._fold(recorded)
        return end

    async def _follow(self, after: int) -> None:
        """What another process like this one says counts as if it were our own."""
        async for recorded in self._log.follow([ALL_MARKETS, ALL_TRADERS], after=after):
            self._fold(recorded)

    def _fold(self, recorded: Recorded) -> None:
        if not self._facts.evolve(recorded):
            return
        match recorded.event:
            case MarketDescribed() as event:
                for outcome in event.outcomes:
                    self._learn(outcome.token_id, event.condition_id)
                self._schedule.market_read(
                    event.condition_id,
                    event.read_at_ms,
                    ends_at_ms=event.ends_at_ms,
                    closed=event.closed,
                )
            case MarketResolved() as event:
                self._schedule.resolved(event.condition_id, event.read_at_ms)
            case TraderMeasured() as event:
                self._schedule.trader_read(event.wallet, event.read_at_ms)
            case _:
                pass

    def _learn(self, token_id: TokenId, condition_id: ConditionId) -> None:
        if self._facts.learn(token_id, condition_id):
            self._schedule.token_known(token_id)
            if self._learned is not None:
                self._learned(token_id, condition_id)

    async def _work(self, kinds: Collection[Kind], at_most: int) -> None:
        while True:
            job = self._schedule.take(kinds, self._clock.now_ms(), at_most=at_most)
            if job is None:
                await self._rest(kinds)
                continue
            try:
                await self._read(job)
            except Resting as error:
                self._put_back(job, after_s=error.after_s)
            except Transient as error:
                READS.labels(job.kind.value, "away").inc()
                self._failed(job, after_s=error.after_s)
            except Halt:
                raise
            except Exception:
                READS.labels(job.kind.value, "fault").inc()
                logger.exception("reference data not read", kind=job.kind, names=job.names)
                self._faults += 1
                self._failed(job)
                if self._faults >= _FAULTS_MAX:
                    raise
            else:
                READS.labels(job.kind.value, "read").inc()
                self._faults = 0

    async def _rest(self, kinds: Collection[Kind]) -> None:
        """Until something is due or somebody uses something; at the latest after a second, because
        clocks can be set."""
        due_ms = self._schedule.next_ms(kinds)
        wait_s = _REST_S_MAX
        if due_ms is not None:
            wait_s = min(max(due_ms - self._clock.now_ms(), 1) / 1_000, _REST_S_MAX)
        self._woken.clear()
        try:
            async with asyncio.timeout(wait_s):
                await self._woken.wait()
        except TimeoutError:
            return

    def _failed(self, job: Job, *, after_s: float = 0.0) -> None:
        """The first that was not read yet; it stopped the others, which are no worse for it."""
        first = next(filter(partial(self._schedule.in_hand, job.kind), job.names), "")
        self._fail(job.kind, first, after_ms=round(after_s * 1_000))
        self._put_back(job)

    def _put_back(self, job: Job, *, after_s: float = 0.0) -> None:
        due_ms = self._clock.now_ms() + round(after_s * 1_000)
        for name in job.names:
            self._schedule.put_back(job.kind, name, due_ms)

    def _fail(self, kind: Kind, name: str, *, after_ms: int = 0) -> None:
        self._schedule.failed(kind, name, self._clock.now_ms(), after_ms=after_ms)

    async def _read(self, job: Job) -> None:
        match job.kind:
            case Kind.TOKEN:
                await self._read_tokens([TokenId(name) for name in job.names])
            case Kind.MARKET:
                await self._read_markets([ConditionId(name) for name in job.names])
            case Kind.RESOLUTION:
                await self._read_resolutions([ConditionId(name) for name in job.names])
            case Kind.TRADER:
                for name in job.names:
                    await self._read_trader(Wallet(name))
            case _:
                assert_never(job.kind)

    async def _read_tokens(self, tokens: Sequence[TokenId]) -> None:
        for token_id in tokens:
            found = await self._source.market_of_token(token_id)
            if found is None:
                self._fail(Kind.TOKEN, token_id)
                continue
            self._schedule.used_market(found.condition_id, self._clock.now_ms())
            for each in (token_id, *found.tokens):
                self._learn(each, found.condition_id)
            self._woken.set()

    async def _read_markets(self, conditions: Sequence[ConditionId]) -> None:
        last = {each: self._facts.market(each).last for each in conditions}
        gamma = await self._source.gamma_markets(conditions)
        for condition_id in conditions:
            clob = await self._source.clob_market(condition_id)
            if self._facts.market(condition_id).last is not last[condition_id]:
                # Another process said something meanwhile: ours may be the older answer.
                self._schedule.put_back(Kind.MARKET, condition_id, self._clock.now_ms())
                continue
            await self._describe(condition_id, gamma.get(condition_id), clob)

    async def _describe(
        self, condition_id: ConditionId, gamma: GammaMarket | None, clob: ClobMarket | None
    ) -> None:
        """New markets are listed by one before the other; of old ones one may know no more."""
        before = None
        last = self._facts.market(condition_id).last
        if last is not None and (gamma is None or clob is None):
            before = await self._described(last.sequence)
        now_ms = self._clock.now_ms()
        event = market_described(gamma, clob, at_ms=now_ms, before=before)
        if event is None:
            self._fail(Kind.MARKET, condition_id)
            return
        await self._say(self._facts.describe(event, NAME))
        self._schedule.market_read(
            condition_id, now_ms, ends_at_ms=event.ends_at_ms, closed=event.closed
        )
        self._woken.set()

    async def _described(self, sequence: int) -> MarketDescribed | None:
        recorded = await self._log.at(sequence)
        event = recorded.event if recorded is not None else None
        return event if isinstance(event, MarketDescribed) else None

    async def _read_resolutions(self, conditions: Sequence[ConditionId]) -> None:
        told = await self._source.resolutions(conditions)
        open_questions = [each for each in conditions if each not in told]
        gamma = await self._source.gamma_markets(open_questions) if open_questions else {}
        for condition_id in conditions:
            now_ms = self._clock.now_ms()
            tokens = self._facts.market(condition_id).tokens
            event = market_resolved(
                tokens, told.get(condition_id), gamma.get(condition_id), at_ms=now_ms
            )
            if event is None:
                self._schedule.resolution_read(condition_id, now_ms)
                continue
            await self._say(self._facts.resolve(event, NAME))
            self._schedule.resolved(condition_id, now_ms)
            self._woken.set()

    async def _read_trader(self, wallet: Wallet) -> None:
        last = self._facts.trader(wallet)
        rows = await self._source.trader_rows(wallet)
        categories, resolved_at_ms = await self._history.of(rows)
        now_ms = self._clock.now_ms()
        event = trader_record(
            wallet,
            rows,
            categories=categories,
            resolved_at_ms=resolved_at_ms,
            now_ms=now_ms,
        )
        if self._facts.trader(wallet) is last:  # Otherwise another process was faster.
            await self._say(self._facts.measure(event, NAME))
        self._schedule.trader_read(wallet, now_ms)

    async def _say(self, new: Draft | None) -> None:
        if new is None:
            return
        sequence = await patiently(lambda: self._log.append(new))
        logger.info("reference data", sequence=sequence, subject=new.subject)
        self._fold(
            Recorded(sequence=sequence, subject=new.subject, envelope=new.envelope, event=new.event)
        )
