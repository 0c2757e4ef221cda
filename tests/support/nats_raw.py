"""A hand on JetStream beside the log: for what no service may do, and for looking."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_api import Answer, Api
from polycopy.runtime.nats_connection import Connection, connect
from polycopy.runtime.nats_log import NatsLog, open_log
from tests.support.nats_server import Account


@asynccontextmanager
async def raw_api(account: Account) -> AsyncIterator[tuple[Connection, Api]]:
    async with connect(account.url, name="test", within_s=5) as connection:
        yield connection, Api(connection)


@asynccontextmanager
async def real_log(
    account: Account, *, create: bool = True, patience_s: float = 10.0
) -> AsyncIterator[NatsLog]:
    """The log as a service opens it."""
    async with open_log(
        account.url,
        source="test",
        clock=SystemClock(),
        create=create,
        monitor_url=account.monitor_url,
        patience_s=patience_s,
    ) as log:
        yield log


async def consumers(api: Api) -> list[str]:
    """The names of the log's consumers."""
    answer: Answer = await api.ask("CONSUMER.NAMES.EVENTS")
    names = answer["consumers"]
    assert isinstance(names, list)
    return names
