"""A trader at the REST port of a venue whose director makes its days bad."""

import asyncio
import json
from typing import Any

import aiohttp

from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.paper_venue.core.scenarios.commands import (
    AnyCommand,
    SetFault,
)
from polycopy.polymarket.auth import l2_headers
from polycopy.schemas.terms import OrderType
from tests.support.paper_venue import Running, Trader, Wish, order_bytes

ONE = 1_000_000
ORDER = "POST /order"
WITHIN_S = 60.0


def steer(venue: Running, command: AnyCommand) -> None:
    venue.venue.pipeline.steer(command, venue.venue.now_us())  # type: ignore[arg-type]


def switch_on(venue: Running, kind: FaultKind, on: str = ORDER, **more: Any) -> None:
    fault = Fault(kind=kind, on=on, name=kind.value, times=1, **more)
    steer(venue, SetFault(fault=fault))


def resting(trader: Trader, venue: Running, salt: int = 1, *, post_only: bool = False) -> bytes:
    """A BUY at 2 cents, which meets nobody."""
    wish = Wish(
        token_id=venue.script.markets[0].tokens[0].token_id,
        order_type=OrderType.GTC,
        maker_amount=200_000,
        taker_amount=10 * ONE,
        salt=salt,
        post_only=post_only,
    )
    return order_bytes(trader.key, trader.credentials, wish)[0]


async def raw(
    trader: Trader, venue: Running, method: str, path: str, body: bytes = b""
) -> tuple[int, bytes, dict[str, str]]:
    """A signed request with everything that comes back."""
    headers = l2_headers(
        trader.credentials,
        method=method,
        path=path,
        body=body,
        timestamp_s=venue.venue.now_us() // ONE,
    )
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, venue.urls["clob"] + path, data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.read(), dict(answer.headers)


async def open_orders(trader: Trader) -> int:
    _, page = await trader.signed("GET", "/data/orders")
    return len(page["data"])


def posts(venue: Running) -> list[tuple[int, bool, str]]:
    seen = json.loads(venue.venue.journal.body())["requests"]
    return [
        (each["status"], each["lost"], each["fault"]) for each in seen if each["path"] == "/order"
    ]


async def waits_at_the_venue(venue: Running, trader: Trader) -> None:
    """Each look is a request: the loop turns in between."""
    async with asyncio.timeout(WITHIN_S):
        while not len(venue.venue.agenda):
            await trader.ask("GET", "/time")
