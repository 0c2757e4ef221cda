"""Row 20 of the fault matrix: the kill switch is obeyed though nobody hears it."""

import pytest

from polycopy.schemas.control import TradingState
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import OrderRefused, OrderRequested
from polycopy.schemas.terms import RefusalCode
from tests.faults.harness.world import World
from tests.support.signalling import LIVE

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    "account",
    [
        pytest.param(AccountId(""), id="every account"),
        pytest.param(LIVE, id="this one", marks=pytest.mark.long),
    ],
)
async def test_row_20_the_kill_switch_works_by_polling_where_a_restarted_broker_tells_nothing(
    account: AccountId, world: World
) -> None:
    await world.start()
    await world.feeder.buy()
    await world.crash_server()
    await world.feeder.buy(of=1)
    await world.watch.heard(OrderRequested, times=2)
    assert await world.rest() == []
    world.proxy.deafen()
    await world.switch(TradingState.HALTED, account)
    while not world.watch.of(OrderRefused):
        await world.feeder.buy()
        await world.decided()
    requested = len(world.watch.of(OrderRequested))
    posts = len((await world.venue.journal()).posts())
    await world.feeder.run(10, per_second=50)
    await world.decided()
    assert len(world.watch.of(OrderRequested)) == requested
    assert len((await world.venue.journal()).posts()) == posts
    await world.switch(TradingState.ACTIVE, account)
    while len(world.watch.of(OrderRequested)) == requested:
        await world.feeder.buy()
        await world.decided()

    # One that was requested when the switch was turned never left.
    assert (await world.holds()).orders == posts + 1
    codes = {refused.refusals[0].code for refused in world.watch.of(OrderRefused)}
    assert codes == {RefusalCode.TRADING_HALTED}
