"""Events a second that the projector brings from the log into the tables, live.

The log holds two thousand leader trades: each observed, evaluated by four strategies, and copied by
two orders of eight accounts from request to confirmation. Measured is `Projector.run` from an empty
schema to the end of the log, between an embedded NATS server and an embedded Postgres, in its own
batches; three times, each into a schema of its own. Baseline: the same events read from the log in
the same batches, nothing projected.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from itertools import chain
from statistics import median

from polycopy.projector.adapters import open_tables
from polycopy.projector.config import ProjectorSettings, load
from polycopy.projector.service import Projector
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.envelope import Draft
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.subjects import EVENT_SUBJECTS, guard_of
from polycopy.stack import Stack
from tests.bench import lives, places
from tests.bench.figures import Result, ratio, result

NAME = "projector"
_TARGET_PER_S = 10_000
_ROUNDS = 3
_ACCOUNTS = 8
_TRADES_AN_ACCOUNT = 250
_ORDERS_A_TRADE = 2
_STRATEGIES = 4


def measure() -> Result:
    return asyncio.run(_measure())


async def _measure() -> Result:
    async with (
        places.stack() as stack,
        places.event_log(stack.nats_url, stack.nats_monitor_url) as log,
    ):
        began_s = time.perf_counter()
        await asyncio.gather(*(_fill(log, _evening(place)) for place in range(_ACCOUNTS)))
        filled_s = time.perf_counter() - began_s
        end = await log.end()
        rates, cpu_rates, reading = [], [], []
        for number in range(_ROUNDS):
            settings = _settings(stack, f"rm_bench_{number}")
            cpu_began_s = time.process_time()
            rates.append(end / await _project(log, settings, end))
            cpu_rates.append(end / (time.process_time() - cpu_began_s))
            reading.append(end / await _read(log, settings, end))
    return result(
        NAME,
        median(rates),
        "events/s",
        target=_TARGET_PER_S,
        ratio_to=ratio(rates, reading),
        also={
            "baseline": "the same events read and not projected",
            "baseline_per_s": median(reading),
            "per_s_of_own_cpu": median(cpu_rates),
            "batch_max": settings.batch_max,
            "events": end,
            "appended_per_s": end / filled_s,
        },
    )


def _settings(stack: Stack, schema: str) -> ProjectorSettings:
    return load(
        {
            "NATS_URL": stack.nats_url,
            "DATABASE_URL": stack.database_url,
            "POLYCOPY_PROJECTOR_SCHEMA": schema,
        }
    )


async def _project(log: NatsLog, settings: ProjectorSettings, until: int) -> float:
    """Seconds, the opening of the tables included: that is a few of them in a thousand."""
    projector = Projector(
        log,
        lambda: open_tables(settings.database_url, settings.schema_name),
        batch_max=settings.batch_max,
    )
    began_s = time.perf_counter()
    await projector.run(until=until)
    return time.perf_counter() - began_s


async def _read(log: NatsLog, settings: ProjectorSettings, until: int) -> float:
    began_s = time.perf_counter()
    async with aclosing(log.follow_batches(EVENT_SUBJECTS, size_max=settings.batch_max)) as batches:
        async for batch in batches:
            if batch[-1].sequence >= until:
                break
    return time.perf_counter() - began_s


def _evening(place: int) -> Iterator[Draft]:
    """Everything about one account; leader trades of different accounts are different ones."""
    account = AccountId(f"bench-{place}")
    version = 0
    for new in _orders(account, version, lives.opening(account)):
        version += 1
        yield new
    for number in range(place * _TRADES_AN_ACCOUNT, (place + 1) * _TRADES_AN_ACCOUNT):
        yield from lives.leader_trade(number, _STRATEGIES)
        firsts = range(number * _ORDERS_A_TRADE, (number + 1) * _ORDERS_A_TRADE)
        events = chain.from_iterable(lives.life(account, one) for one in firsts)
        for new in _orders(account, version, events):
            version += 1
            yield new


def _orders(account: AccountId, version: int, events: Iterable[OrderEvent]) -> Iterator[Draft]:
    for place, event in enumerate(events, start=version + 1):
        yield lives.order_draft(account, event, place)


async def _fill(log: NatsLog, drafts: Iterable[Draft]) -> None:
    last = 0
    for new in drafts:
        if guard_of(new.subject) is None:
            await log.append(new)
        else:
            last = await log.append(new, expected=last)
