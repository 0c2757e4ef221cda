"""A log, a venue and services, each a process, on free ports and in a folder of their own."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from polycopy.executor.adapters.credentials import write_credentials
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.control import AccountLimitsSet, TradingState, TradingStateSet
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import AccountId
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.subjects import OwnNamed, guard_of, subject_of
from polycopy.trading.account_state import Account
from polycopy.trading.order_state import FillStatus
from tests.faults.harness import EXECUTOR, STATUS_SYNC, scenes
from tests.faults.harness.evidence import Evidence, read_log
from tests.faults.harness.feeding import STRATEGIES, Feeder, Outcome
from tests.faults.harness.laws import Verdict, judge
from tests.faults.harness.supervisor import Recipe, Supervisor, supervising
from tests.faults.harness.watching import PATIENCE_S, Watch, watching
from tests.support.executing import KEY
from tests.support.nats_proxy import NatsProxy, nats_proxy
from tests.support.nats_raw import raw_api, real_log
from tests.support.nats_server import NatsServer
from tests.support.nursery import Nursery
from tests.support.paper_venue import Trader
from tests.support.signalling import LIVE, create
from tests.support.venue_control import VenueProcess, venue_process

_POLL_S = 0.05
_EVERY = AccountId("")
RESEND_MAX_S = "10"
_IMPATIENT = {
    "POLL_S": "0.1",
    "POLL_FRESH_S": "0.2",
    "SWEEP_S": "1",
    "SILENT_S": "1",
    "DEAF_S": "2",
    "LOST_INTERVAL_S": "0.3",
    "LOST_GRACE_S": "3",
    "LOST_WATCH_S": "1",
}
"""What takes minutes at the real venue; all of it stays in proportion."""
_NO_LIMITS = AccountLimits(
    order_ppm_max=1_000_000,
    market_exposure_ppm_max=1_000_000,
    leader_exposure_ppm_max=1_000_000,
    total_exposure_ppm_max=1_000_000,
    daily_budget_ppm_max=1_000_000_000,
    daily_loss_ppm_max=1_000_000,
    drawdown_ppm_max=1_000_000,
    orders_per_minute_max=1_000_000,
    price_gap_micros_max=1_000_000,
)
"""Here the laws are tested, not the limits."""


class World:
    """Made by `open_world`. The services talk to the log through `proxy`; the feeder, the watch and
    whoever gathers the evidence talk to the server itself."""

    def __init__(  # noqa: PLR0913 - it is what it holds
        self,
        *,
        folder: Path,
        server: NatsServer,
        proxy: NatsProxy,
        log: NatsLog,
        venue: VenueProcess,
        supervisor: Supervisor,
        watch: Watch,
        feeder: Feeder,
    ) -> None:
        self.folder = folder
        self.server = server
        self.proxy = proxy
        self.log = log
        self.venue = venue
        self.supervisor = supervisor
        self.watch = watch
        self.feeder = feeder

    def executor(self, *, proxy: NatsProxy | None = None, **more: str) -> Recipe:
        """`more`: settings without their prefix. `proxy`: another way to the log."""
        own = {
            "CLOB_URL": self.venue.urls["clob"],
            "LIVE_ACCOUNT": LIVE,
            "KEY_FILE": str(self.folder / "key"),
            "API_FILE": str(self.folder / "api.json"),
            "TICK_S": "0.05",
            "POST_TIMEOUT_S": "1",
            "RESEND_MAX_S": RESEND_MAX_S,
        }
        return self._recipe("polycopy.executor", "POLYCOPY_EXECUTOR_", {**own, **more}, proxy)

    def status_sync(self, **more: str) -> Recipe:
        own = {
            "CLOB_URL": self.venue.urls["clob"],
            "USER_WS_URL": self.venue.urls["user_ws"],
            "ACCOUNT": LIVE,
            "API_FILE": str(self.folder / "api.json"),
            "TIMEOUT_S": "2",
            "RESEND_MAX_S": RESEND_MAX_S,
            **_IMPATIENT,
        }
        return self._recipe("polycopy.status_sync", "POLYCOPY_STATUS_SYNC_", {**own, **more}, None)

    def qualifier(self) -> Recipe:
        return self._recipe("polycopy.qualifier", "POLYCOPY_QUALIFIER_", {}, None)

    def _recipe(
        self, module: str, prefix: str, own: Mapping[str, str], proxy: NatsProxy | None
    ) -> Recipe:
        shared = {
            "NATS_URL": (proxy or self.proxy).url,
            "NATS_MONITOR_URL": self.server.monitor_url,
        }
        return Recipe(module=module, settings={**shared, **{prefix + key: own[key] for key in own}})

    async def start(
        self,
        *,
        crash_at: Mapping[str, Sequence[str]] | None = None,
        strategies: int = len(STRATEGIES),
    ) -> None:
        """Both services, until they are ready for signals. `crash_at`: by the service's name."""
        crashes = crash_at or {}
        recipes = {STATUS_SYNC: self.status_sync(), EXECUTOR: self.executor()}
        for name, recipe in recipes.items():
            await self.supervisor.start(name, recipe, crash_at=crashes.get(name, ()))
        await self.ready(strategies)

    async def ready(self, strategies: int = len(STRATEGIES)) -> None:
        """When the capital of so many strategies is paid in."""
        await self.watch.until(
            lambda account: len(account.deposits) == strategies and account.caught_up
        )

    async def control(self, event: OwnNamed) -> None:
        """What the operator says."""
        subject = subject_of(event)
        guard = guard_of(subject)
        assert guard is not None
        last = await self.log.last(guard)
        expected = last.sequence if last else 0
        origin = Origin(source="cli", time_ms=1, causation_id=f"{subject} {expected}")
        await self.log.append(draft(event, subject=subject, origin=origin), expected=expected)

    async def switch(self, state: TradingState, account: AccountId = _EVERY) -> None:
        """The kill switch."""
        await self.control(TradingStateSet(account=account, state=state, operator="test"))

    async def crash_server(self) -> None:
        """kill -9, and up again on the same files."""
        await asyncio.to_thread(self.server.kill)
        await asyncio.to_thread(self.server.start)

    async def decided(self) -> None:
        """Wait until every signal is answered, by a request or by a refusal."""
        await self.watch.until(
            lambda account: (
                self.watch.evaluated.issuperset(self.feeder.trade_ids)
                and all(map(account.decided, self.watch.wanted))
            )
        )

    async def rest(self, *, within_s: float = PATIENCE_S) -> list[str]:
        """Wait until nothing is owed any more; why something still is, or []."""
        why = ["nobody looked"]
        try:
            async with asyncio.timeout(within_s):
                while why := await self.unrest():  # noqa: ASYNC110 - other processes
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            return why
        return []

    async def unrest(self) -> list[str]:
        """What is still owed, by the log and by the venue's journal. Cheap things first."""
        account = self.watch.account
        why = [f"{name} gave up: {words}" for name, words in self.supervisor.gave_up().items()]
        why += [
            f"trade {trade} is not evaluated"
            for trade in self.feeder.trade_ids
            if trade not in self.watch.evaluated
        ]
        why += [
            f"order {order} is not decided"
            for order in self.watch.wanted
            if not account.decided(order)
        ]
        why += _owed(account)
        if why:
            return why
        journal = await self.venue.journal()
        told = {key for order in account.orders.values() for key in order.fills}
        for fill in journal.fills:
            key = fill.venue_trade_id, fill.venue_order_id
            if key not in told:
                why.append(f"fill {key} of the venue is not told")
            elif fill.status not in {"CONFIRMED", "FAILED"}:
                why.append(f"fill {key} is not settled at the venue")
        return why

    async def evidence(self, unrest: list[str]) -> Evidence:
        # First what was acknowledged: what is stored meanwhile may be more, and never less.
        acknowledged = (*self.proxy.acknowledged, *self.feeder.acknowledged)
        async with raw_api(self.server.whole) as (_, api):
            stored = await read_log(api)
        return Evidence(
            log_id=self.log.log_id,
            stored=stored,
            journal=await self.venue.journal(),
            acknowledged=acknowledged,
            unrest=tuple(unrest),
        )

    async def verdict(self, *, within_s: float = PATIENCE_S) -> Verdict:
        """Wait for rest, and judge what there is then."""
        return judge(await self.evidence(await self.rest(within_s=within_s)))

    async def holds(self, *, within_s: float = PATIENCE_S) -> Verdict:
        """The verdict at rest. AssertionError with every fault where it is not a good one."""
        verdict = await self.verdict(within_s=within_s)
        assert verdict.holds, "\n".join(verdict.broken)
        return verdict


def _owed(account: Account) -> list[str]:
    why = [f"order {order_id} is {account.orders[order_id].state}" for order_id in account.open_ids]
    why += [
        f"fill {key} of order {order.order_id} is provisional"
        for order in account.orders.values()
        for key, fill in order.fills.items()
        if fill.status is FillStatus.PROVISIONAL
    ]
    if account.locked_micros:
        why.append(f"{account.locked_micros} micros are locked")
    return why


@asynccontextmanager
async def open_world(
    nursery: Nursery, folder: Path, *, seed: str = "1", scenario: str = ""
) -> AsyncIterator[World]:
    """Servers and keys, two strategies with capital, and no service yet."""
    server = NatsServer(folder)
    server.start()
    try:
        async with AsyncExitStack() as open_:
            venue = await open_.enter_async_context(
                venue_process(nursery, folder, scenario or scenes.scenario(seed))
            )
            await _keys(folder, venue)
            log = await open_.enter_async_context(real_log(server.whole))
            watch = await open_.enter_async_context(watching(log, LIVE))
            world = World(
                folder=folder,
                server=server,
                proxy=await open_.enter_async_context(nats_proxy(server.port, seed)),
                log=log,
                venue=venue,
                supervisor=await open_.enter_async_context(supervising(nursery, folder)),
                watch=watch,
                feeder=Feeder(log, await _outcomes(venue), random.Random(f"feeder {seed}")),
            )
            limits = AccountLimitsSet(account=LIVE, limits=_NO_LIMITS, operator="test")
            await world.control(limits)
            for strategy in STRATEGIES:
                await create(log, strategy)
            yield world
    finally:
        server.stop()


async def _keys(folder: Path, venue: VenueProcess) -> None:
    (folder / "key").write_text(KEY.hex)
    trader = await Trader(venue.http, venue.urls["clob"], KEY).sign_in()
    write_credentials(folder / "api.json", trader.credentials)


async def _outcomes(venue: VenueProcess) -> list[Outcome]:
    """Both of each market of the scene."""
    by_slug = {market.slug: market for market in await venue.markets()}
    return [
        Outcome(
            condition_id=by_slug[scenes.slug(price)].condition_id,
            token_id=by_slug[scenes.slug(price)].tokens[index].token_id,
            price_micros=(price if index == 0 else 100 - price) * 10_000,
        )
        for price in scenes.PRICES
        for index in (0, 1)
    ]
