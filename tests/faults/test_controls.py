"""Negative controls: services with the mistakes that the laws are there for. The checker that sees
nothing here would see nothing anywhere."""

import asyncio

import msgspec
import pytest

from polycopy.schemas.envelope import Draft
from polycopy.schemas.ids import EventId
from polycopy.schemas.orders import OrderRequested
from tests.faults.harness import EXECUTOR, STATUS_SYNC
from tests.faults.harness.laws import Verdict, judge
from tests.faults.harness.read_back import read_back
from tests.faults.harness.watching import PATIENCE_S
from tests.faults.harness.world import World
from tests.support.postgres import fresh_database

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def start(world: World, mistake: str) -> None:
    await world.supervisor.start(STATUS_SYNC, world.status_sync().altered(mistake))
    await world.supervisor.start(EXECUTOR, world.executor().altered(mistake))
    await world.ready()


async def judged(world: World) -> Verdict:
    """By what there is now, at rest or not."""
    return judge(await world.evidence([]))


async def test_appends_without_an_expectation_are_found_out(world: World) -> None:
    """Two services write to one account as if each were alone."""
    await start(world, "no-expectation")

    async with asyncio.timeout(PATIENCE_S):
        while not (await judged(world)).faults["L1"]:
            await world.feeder.run(10, per_second=100)


async def test_an_order_that_is_signed_anew_where_the_first_has_no_answer_is_found_out(
    world: World,
) -> None:
    """Another salt is another order, and the first was taken."""
    await start(world, "new-signature")
    await world.venue.fault("lost_after", "POST /order", times=2)
    await world.feeder.buy()
    await world.venue.until(lambda journal: len(journal.orders) >= 2)

    verdict = await judged(world)

    assert any("was never requested" in fault for fault in verdict.faults["V2"])


async def test_ids_that_are_made_anew_each_time_are_found_out(world: World) -> None:
    """Whoever evaluates trades says one again, as after an answer that was lost; with another id
    nothing tells that it is the same. We say it here: the qualifier remembers what it said."""
    await world.start()
    said = await world.feeder.buy()
    await world.feeder.append(anew(said, "1e" * 16))
    await world.watch.heard(OrderRequested, times=2)

    verdict = await world.verdict()

    assert verdict.doubled == 1
    assert any("copied trade" in fault for fault in verdict.faults["V1"])


async def test_a_fill_that_the_read_models_lack_is_found_out(
    world: World, postgres_url: str
) -> None:
    await world.start()
    await world.feeder.buy()
    evidence = await world.evidence(await world.rest())
    with fresh_database(postgres_url) as url:
        found = await read_back(url, evidence, judge(evidence))
    assert found.holds, found.broken

    more = msgspec.structs.replace(evidence.journal.fills[0], venue_trade_id="another")
    journal = msgspec.structs.replace(evidence.journal, fills=(*evidence.journal.fills, more))
    evidence = msgspec.structs.replace(evidence, journal=journal)
    with fresh_database(postgres_url) as url:
        lacking = await read_back(url, evidence, judge(evidence))

    assert any("in the read model 0 times" in fault for fault in lacking.faults["V3"])


async def test_the_same_id_said_again_is_the_same_order(world: World) -> None:
    """The control of the one before."""
    await world.start()
    said = await world.feeder.buy()
    await world.feeder.append(anew(said, said.envelope.event_id))
    await world.feeder.buy(of=1)

    assert (await world.holds()).orders == 2


def anew(said: Draft, event_id: str) -> Draft:
    """The same event with this id."""
    envelope = msgspec.structs.replace(said.envelope, event_id=EventId(event_id))
    return msgspec.structs.replace(said, envelope=envelope)
