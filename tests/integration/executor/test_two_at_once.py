"""Two executors that start at the same time."""

from collections.abc import Awaitable, Callable

import pytest

from polycopy.executor.service.desk import NAME
from polycopy.runtime.errors import Halt
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Draft
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import ExecutorEpochStarted
from polycopy.schemas.subjects import ALL_ORDERS
from tests.support.executing import Venues, account_of, started
from tests.support.signalling import create, strategy

ONE, TWO = AccountId("one"), AccountId("two")


class Meanwhile(MemoryLog):
    """Before the first executor takes over the second account, something else happens."""

    def __init__(self) -> None:
        super().__init__()
        self.happens: Callable[[], Awaitable[None]] | None = None

    async def append(self, new: Draft, *, expected: int | None = None) -> int:
        event, happens = new.event, self.happens
        if happens and isinstance(event, ExecutorEpochStarted) and event.account == TWO:
            self.happens = None
            await happens()
        return await super().append(new, expected=expected)


async def test_of_two_executors_that_start_at_once_one_goes_on(paper: Venues) -> None:
    """The second takes over both accounts between the two of the first."""
    log = Meanwhile()
    for account in (ONE, TWO):
        await create(log, strategy(f"copy-{account}", account, VenueName.PAPER))
    others = []

    async def starts() -> None:
        others.append(await started(log, paper, instance="second"))

    log.happens = starts

    with pytest.raises(Halt, match="another executor took over account one"):
        await started(log, paper, instance="first")

    for account in (ONE, TWO):
        assert (await account_of(log, account)).instance == "second"
    for recorded in await log.read([ALL_ORDERS]):
        if recorded.envelope.source == NAME:
            await others[0].hear(recorded)
