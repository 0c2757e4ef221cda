"""Reading what is too long for one list (`polycopy.runtime.log`)."""

from polycopy.runtime.memory_log import MemoryLog
from polycopy.runtime.nats_log import NatsLog
from tests.support.log_events import ALL_FEEDS, feed

AnyLog = MemoryLog | NatsLog


async def test_a_long_log_is_read_in_batches_up_to_where_it_ended(log: AnyLog) -> None:
    for number in range(25):
        await log.append(feed(number))
    found: list[int] = []
    async for batch in log.read_batches([ALL_FEEDS], size_max=10):
        assert 1 <= len(batch) <= 10
        found += [event.sequence for event in batch]
        await log.append(feed(1000 + len(found)))
    assert found == list(range(2, 27))
