"""Servers for a stack: embedded ones in its folder, or those that the operator runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from polycopy.cli.core.plan import Servers
from polycopy.runtime.errors import Halt
from polycopy.stack import StackFault, open_stack


@asynccontextmanager
async def open_servers(stack: Path, *, own: Servers | None = None) -> AsyncIterator[Servers]:
    """`own` are the operator's; None starts embedded ones in the folder. Raises Halt."""
    make_folder(stack)
    if own is not None:
        yield own
        return
    try:
        async with open_stack(stack) as embedded:
            yield Servers(
                nats_url=embedded.nats_url,
                nats_monitor_url=embedded.nats_monitor_url,
                database_url=embedded.database_url,
            )
    except StackFault as fault:
        raise Halt(str(fault)) from fault


def make_folder(stack: Path) -> None:
    stack.mkdir(mode=0o700, parents=True, exist_ok=True)
