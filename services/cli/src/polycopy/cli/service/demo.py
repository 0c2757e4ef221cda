"""`polycopy demo`: the whole pipeline on this machine, driven in lock-step and then checked.

It always has servers of its own: its strategies must never stand in a log of real money.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec

from polycopy.cli.core import plan, report, summary
from polycopy.cli.core.demo_strategies import LIMITS, STRATEGIES
from polycopy.cli.core.plan import VenueChoice
from polycopy.cli.core.summary import Summary
from polycopy.cli.ports import PaperVenue, Rows, World
from polycopy.cli.service import checks
from polycopy.cli.service.checks import Checked, Evidence
from polycopy.cli.service.control import add_target, create_strategy, set_limits
from polycopy.cli.service.drive import Driven, drive, follow
from polycopy.cli.service.pipeline import Pipeline, open_pipeline
from polycopy.cli.service.racing import unless_lost
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Log
from polycopy.schemas.control import VenueName

_SETTLE_MS = 200
"""From a match to its confirmation: short, the end of the run waits for the last one."""


class DemoOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`stack` None is a new folder, which is removed at the end unless `keep`."""

    trades: int
    seed: int
    recording: str = ""
    stack: Path | None = None
    keep: bool = False
    as_json: bool = False


async def demo(world: World, options: DemoOptions) -> bool:
    """True only if every fill arrived and every invariant holds."""
    stack = options.stack or world.machine.new_stack()
    world.machine.make_stack(stack)
    kept = options.stack is not None or options.keep
    try:
        return await _run(world, options, stack)
    except asyncio.CancelledError:
        world.terminal.note("stopped before its end: nothing was checked")
        return False
    finally:
        if kept:
            world.terminal.note(f"the stack is kept in {stack}")
        else:
            await world.machine.remove_stack(stack)


async def _run(world: World, options: DemoOptions, stack: Path) -> bool:
    started_s = world.clock.monotonic_s()
    choice = VenueChoice(
        seed=options.seed,
        trades=options.trades,
        recording=options.recording,
        settle_ms=_SETTLE_MS,
    )

    async def prepare(log: Log, venue: PaperVenue | None) -> None:
        wallets = (await venue.status()).wallets if venue else ()
        for wallet in wallets:
            await add_target(log, world.clock, wallet, "demo leader")
        for strategy in STRATEGIES:
            await create_strategy(log, world.clock, strategy)
        for limits in LIMITS:
            await set_limits(log, world.clock, limits)

    world.terminal.note(f"starting the stack in {stack}")
    servers, given = world.open_embedded, plan.ONE_SOURCE
    async with (
        open_pipeline(
            world, stack, choice, open_servers=servers, given=given, prepare=prepare
        ) as pipeline,
        world.open_rows(pipeline.servers.database_url) as rows,
    ):
        driven = await unless_lost(pipeline.lost, _drive(world, pipeline))
        evidence, checked = await unless_lost(pipeline.lost, _check(world, pipeline, rows))
        restarts = pipeline.supervisor.restarts()
        status = await pipeline.venue.status() if pipeline.venue else None
    told = _summary(options, driven, evidence, checked, restarts)
    told = msgspec.structs.replace(
        told,
        duration_s=round(world.clock.monotonic_s() - started_s, 3),
        source=status.source_note if status else "",
        result_micros=summary.results(evidence.model, status.payouts if status else {}),
        stack=str(stack) if options.stack or options.keep else "",
    )
    _tell(world, options, told, evidence, checked)
    return told.good


async def _check(world: World, pipeline: Pipeline, rows: Rows) -> tuple[Evidence, Checked]:
    world.terminal.note("checking the invariants")
    evidence = await checks.gather(pipeline, rows)
    return evidence, await checks.check(world, pipeline, rows, evidence)


async def _drive(world: World, pipeline: Pipeline) -> Driven:
    if pipeline.venue is None:
        raise Halt("the demo runs at the paper venue only")
    status = await pipeline.venue.status()
    wallets, trades = frozenset(status.wallets), status.leader_trades
    world.terminal.note(f"everything runs: {trades} leader transactions are to come")
    async with follow(pipeline.log) as follower:
        with world.terminal.bar("leader trades", trades) as bar:
            return await drive(pipeline.venue, follower, wallets, trades, bar)


def _summary(
    options: DemoOptions,
    driven: Driven,
    evidence: Evidence,
    checked: Checked,
    restarts: Mapping[str, int],
) -> Summary:
    counts = report.counts(evidence.events)
    news = report.news(evidence.events, evidence.began_after)
    model = evidence.model
    return Summary(
        seed=options.seed,
        duration_s=0.0,
        leader_trades=driven.transactions,
        evaluated=counts.evaluated,
        qualified=counts.qualified,
        orders_requested=counts.orders_requested,
        orders_placed=counts.orders_placed,
        fills=counts.fills,
        orders_lost=counts.orders_lost,
        venue_orders=len(evidence.journal.orders),
        venue_fills=len(evidence.journal.fills),
        latency_ms=report.latency(evidence.events, evidence.journal),
        invariants=checked.holds,
        read_model=summary.Rows(
            orders=len(model.requested),
            fills=len(model.fills),
            positions=len(model.positions),
            leader_trades=len(model.leader_trades),
        ),
        leader_rows=driven.rows,
        trades_missed=driven.trades_missed,
        trades_wrong=report.trades_wrong(driven.sizes, model),
        orders_refused=counts.orders_refused,
        orders_stuck=driven.orders_stuck,
        fills_unconfirmed=driven.fills_unconfirmed,
        restarts=restarts,
        digest=report.digest(evidence.events),
        digest_live=report.digest(evidence.events, [VenueName.POLYMARKET]),
        source="",
        new_trades=news.trades,
        new_orders=news.orders,
    )


def _tell(
    world: World, options: DemoOptions, told: Summary, evidence: Evidence, checked: Checked
) -> None:
    for law, faults in checked.faults.items():
        for fault in faults:
            world.terminal.note(f"{law} is broken: {fault}")
    if options.as_json:
        for remark in summary.remarks(told):
            world.terminal.note(remark)
        world.terminal.put(told)
        return
    for page in summary.pages(told, report.strategies(evidence.events), evidence.model):
        world.terminal.show(page)
