"""What the log says about the accounts now, and what only their executor knows."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from polycopy.cli.core.account_report import AccountReport, reports
from polycopy.cli.core.account_rows import histories
from polycopy.cli.ports import World
from polycopy.cli.service import control
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import AccountId
from polycopy.schemas.subjects import ALL_ORDERS, account_filter


async def report_all(log: Log) -> list[AccountReport]:
    """Every account that is known, by name. Reads the whole history of all of them."""
    known = await control.known_accounts(log)
    told = histories(await log.read([ALL_ORDERS]))
    return reports(told, known, await control.allowed(log), await control.switches(log))


async def report_one(log: Log, account: AccountId) -> AccountReport | None:
    """None where nobody knows such an account."""
    if account not in await control.known_accounts(log):
        return None
    told = histories(await log.read([account_filter(account)]))
    said = await control.switches(log)
    [one] = reports(told, [account], await control.allowed(log), said)
    return one


def with_breaker(found: Sequence[AccountReport], said: str) -> list[AccountReport]:
    """Those that trade at a venue are told what the circuit breaker of their executor said."""
    return [
        one if one.venue == VenueName.PAPER else msgspec.structs.replace(one, breaker=said)
        for one in found
    ]


async def breaker(world: World, stack: Path | None) -> str:
    """Why the executor's circuit breaker lets no entry pass; "" where it does, or nobody tells."""
    return await breaker_if_told(world, stack) or ""


async def breaker_if_told(world: World, stack: Path | None) -> str | None:
    """As `breaker`; None where nobody tells."""
    run = world.runs.find(stack)
    port = run.health_ports.get("executor") if run else None
    if port is None:
        return None
    try:
        said = (await world.machine.notes_of(port)).get("breaker", "")
    except Transient:
        return None  # That it does not run is told by who looks at processes.
    return said if said.startswith("open") else ""
