"""A log that notes from where it is read, and an account's events as its services append them."""

from collections.abc import AsyncGenerator, Sequence

from polycopy.runtime.log import Recorded
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.subjects import account_filter, order_subject
from tests.support.trading import ACCOUNT


class Watched(MemoryLog):
    """A log that notes from where it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.read_after: list[int] = []

    async def read_batches(
        self,
        filters: Sequence[str],
        *,
        after: int = 0,
        until: int | None = None,
        size_max: int = 500,
    ) -> AsyncGenerator[list[Recorded], None]:
        self.read_after.append(after)
        async for batch in super().read_batches(
            filters, after=after, until=until, size_max=size_max
        ):
            yield batch


async def append(log: MemoryLog, events: Sequence[OrderEvent], *, first_version: int = 1) -> None:
    for version, event in enumerate(events, start=first_version):
        last = await log.last(account_filter(ACCOUNT))
        new = draft(
            event,
            subject=order_subject(ACCOUNT, event),
            origin=Origin(source="test", time_ms=1, causation_id=f"cause-{version}"),
            aggregate_version=version,
        )
        await log.append(new, expected=last.sequence if last else 0)
