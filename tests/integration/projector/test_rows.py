"""P1 of what the projector writes: the rows are the fold, whatever was forgotten on the way."""

import random

from hypothesis import HealthCheck, given, settings

from polycopy.cli.adapters.read_model import open_rows
from polycopy.cli.core.account_rows import read_model_is_the_fold
from polycopy.projector import core
from polycopy.readmodel.schema import create_schema, drop_schema, switch_views
from polycopy.readmodel.sql import connect
from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.ids import OrderId
from polycopy.schemas.subjects import order_subject
from polycopy.trading.account_state import DAY_MS
from tests.support.dice import START_MS
from tests.support.histories import histories, history, recorded
from tests.support.projecting import changes_of, write
from tests.unit.projector.test_forgetting import refusal
from tests.unit.projector.test_life_of_an_order import ACCOUNT


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(histories(max_size=200))
async def test_the_rows_of_any_history_are_its_fold(database_url: str, drafts: list[Draft]) -> None:
    assert await faults(database_url, recorded(drafts)) == []


async def test_the_rows_of_an_account_that_forgot_are_its_fold(database_url: str) -> None:
    chance = random.Random(2)
    drafts: list[Draft] = []
    for number in (1, 2, 3):
        drafts += history([chance.getrandbits(200) for _ in range(300)])
        drafts += crowd(number, at_ms=START_MS + number * 10_000 * DAY_MS)
    log = recorded(drafts)
    state, _ = changes_of(log, core.initial())
    assert state.accounts[ACCOUNT].forgotten_before_ms > START_MS + 20_000 * DAY_MS
    assert await faults(database_url, log) == []


def crowd(number: int, *, at_ms: int) -> list[Draft]:
    """So many refusals that the account looks what it can forget, each time more."""
    origin = Origin(source="test", time_ms=at_ms, causation_id="crowd")
    events = [
        refusal(OrderId(f"crowd-{number}-{place}"), at_ms=at_ms) for place in range(1_100 * number)
    ]
    return [
        draft(event, subject=order_subject(ACCOUNT, event), origin=origin, key=event.order_id)
        for event in events
    ]


async def faults(url: str, log: list[Recorded]) -> list[str]:
    """What P1 finds wrong with the tables of this log, made anew."""
    async with connect(url, application="test") as connection:
        await create_schema(connection, "rm_other")
        await switch_views(connection, "rm_other")
        await drop_schema(connection, "rm_v1")
    await write(url, "rm_v1", [log[start : start + 50] for start in range(0, len(log), 50)])
    async with connect(url, application="test") as connection:
        await switch_views(connection, "rm_v1")
    async with open_rows(url) as rows:
        model = await rows.read()
    assert model.sequence == len(log)
    return read_model_is_the_fold(log, model)
