"""`polycopy doctor`: looks at everything that a stack stands on, changes nothing."""

from pathlib import Path

from polycopy.cli.core import exits
from polycopy.cli.core.doctor import (
    Finding,
    account_findings,
    bad,
    clock_finding,
    exit_findings,
    good,
    open_secret,
    source_finding,
    unchecked,
    warn,
)
from polycopy.cli.core.plan import Servers
from polycopy.cli.core.runs import Run
from polycopy.cli.ports import World
from polycopy.cli.service import accounts, control
from polycopy.cli.service.account_news import read_exits
from polycopy.cli.service.reading import STARTING
from polycopy.runtime.errors import Halt, Transient

_NO_STACK = "no stack is running (start one with polycopy up)"


async def examine(world: World, stack: Path | None) -> list[Finding]:
    """Every finding, in the order in which a stack starts."""
    run = world.runs.find(stack)
    servers = world.own_servers if stack is None else None
    servers = servers or (run.servers if run else None)
    findings = list(world.machine.findings())
    if servers is None and world.runs.is_starting(stack or world.main_stack):
        return [*findings, unchecked("stack", STARTING)]
    if servers is None:
        return [*findings, unchecked("stack", _NO_STACK)]
    findings.append(good("stack", run.stack if run else "servers of your own"))
    findings += await _log(world, servers, run)
    findings += await _database(world, servers)
    if run is not None:
        findings += await _run(world, run)
    return findings


async def _log(world: World, servers: Servers, run: Run | None) -> list[Finding]:
    """The connection is refused where version, sync_interval or a stream is not as it must be."""
    try:
        async with world.open_log(servers) as log:
            end = await log.end()
            log_id = log.log_id
            reports = await accounts.report_all(log)
            switches = await control.switches(log)
            before_ms = world.clock.now_ms() - exits.SETTLES_MS
            kept = exits.kept(await read_exits(log), before_ms=before_ms)
    except (Halt, Transient) as fault:
        return [bad("log", str(fault))]
    findings = [
        good("log server", "version, JetStream and sync_interval are as they must be"),
        good("streams", "EVENTS, CAPTURE and PARKED are set as they must be; nothing is missing"),
    ]
    if run is not None and run.log_id != log_id:
        findings.append(
            bad("log id", f"{log_id}, but the stack started with {run.log_id}: start it again")
        )
    else:
        findings.append(good("log id", f"{log_id}, {end} events"))
    return [*findings, *account_findings(reports, switches), *exit_findings(kept)]


async def _database(world: World, servers: Servers) -> list[Finding]:
    try:
        async with world.open_rows(servers.database_url) as rows:
            sequence = await rows.checkpoint()
    except (Halt, Transient) as fault:
        return [bad("database", str(fault))]
    if not sequence:
        return [good("database", "reachable and empty; the projector makes the tables")]
    return [good("database", f"reachable and ours, projected up to {sequence}")]


async def _run(world: World, run: Run) -> list[Finding]:
    gone = [name for name, pid in run.pids.items() if not world.machine.is_alive(pid)]
    if run.starting:
        return [unchecked("services", STARTING)]
    services = (
        bad("services", f"not running: {', '.join(gone)}: read {run.stack}/logs")
        if gone
        else good("services", f"{len(run.pids)} run")
    )
    faults = world.keyring.faults(Path(run.stack))
    keys = (
        bad("keys", "; ".join(faults))
        if faults
        else good("keys", "the stack's own are readable by you alone")
    )
    opened = [path for path in run.secret_files if world.keyring.others_can_read(Path(path))]
    said = await accounts.breaker(world, Path(run.stack))
    breaker = [warn("breaker", f"{said}; until it closes, exits and cancels pass")] if said else []
    secrets = map(open_secret, opened)
    return [
        services,
        keys,
        *secrets,
        *breaker,
        *await _sources(world, run),
        await _clock(world, run),
    ]


async def _sources(world: World, run: Run) -> list[Finding]:
    """Nothing where nobody tells: that it does not run is a finding of its own."""
    port = run.health_ports.get("stream-ingest")
    if port is None:
        return []
    try:
        return [source_finding(await world.machine.notes_of(port))]
    except Transient:
        return []


async def _clock(world: World, run: Run) -> Finding:
    before_ms = world.clock.now_ms()
    try:
        venue_s = await world.machine.venue_time_s(run.venue.clob if run.venue else "")
    except Transient as fault:
        return bad("clock", f"{fault}: see whether the venue can be reached from here")
    after_ms = world.clock.now_ms()
    return clock_finding((before_ms + after_ms) // 2, venue_s, after_ms - before_ms)
