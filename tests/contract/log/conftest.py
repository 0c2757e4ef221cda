"""Every implementation of the log, each time fresh, and a second hand on the same log."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.memory_log import MemoryLog
from polycopy.runtime.nats_log import NatsLog, open_log
from tests.support.nats_server import nats_server

__all__ = ["nats_server"]

AnyLog = MemoryLog | NatsLog
OpenAgain = Callable[[], Awaitable[AnyLog]]


@pytest.fixture(params=["memory", "server"])
async def open_again(request: pytest.FixtureRequest) -> AsyncIterator[OpenAgain]:
    """Opens the same log once more, as another process would."""
    async with AsyncExitStack() as exits:
        if request.param == "memory":
            memory = MemoryLog()

            async def again() -> AnyLog:
                return memory
        else:
            account = request.getfixturevalue("nats_server").account()

            async def again() -> AnyLog:
                return await exits.enter_async_context(
                    open_log(
                        account.url,
                        source="test",
                        clock=SystemClock(),
                        create=True,
                        monitor_url=account.monitor_url,
                    )
                )

        yield again


@pytest.fixture
async def log(open_again: OpenAgain) -> AnyLog:
    """A fresh log: nothing in it but LogCreated."""
    return await open_again()
