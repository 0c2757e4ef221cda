"""Who is told to end while it connects ends, at whatever moment it is told."""

import asyncio

from polycopy.runtime.nats_connection import connect
from tests.support.nats_server import Account

_TURNS_MAX = 60
_WAIT_S_MAX = 60.0


async def test_a_cancel_at_any_moment_of_connecting_is_heeded(nats_account: Account) -> None:
    """One that comes in the same turn of the loop as the server's answer, too."""

    async def stay() -> None:
        async with connect(nats_account.url, name="test", within_s=_WAIT_S_MAX):
            await asyncio.Event().wait()

    for turns in range(_TURNS_MAX):
        staying = asyncio.create_task(stay())
        for _ in range(turns):
            await asyncio.sleep(0)
        staying.cancel()
        await asyncio.wait({staying}, timeout=_WAIT_S_MAX)
        assert staying.cancelled(), f"told to end after {turns} turns"
