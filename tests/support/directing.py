"""A venue under a director: what a tester says to the control port, and a clock that he moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from polycopy.paper_venue.core.scenarios.scenario_file import parse
from polycopy.schemas.ids import TokenId
from polycopy.schemas.terms import OrderType
from tests.support.paper_venue import Key, Running, Trader, Wish, directed

STANDING = """
[venue]
seed = 7
clock = "manual"
starts_at = 2026-12-01T12:00:00Z
settle_ms = 4000
[source]
name = "seeded"
trades = 6
markets = 2
"""
"""Nothing happens by itself."""
START_US = 1_796_126_400_000_000


class Control:
    """Somebody at the control port of a venue, with its parts at hand."""

    def __init__(self, running: Running, http: aiohttp.ClientSession) -> None:
        self.running = running
        self.http = http

    async def ask(self, method: str, path: str, body: bytes | str = b"") -> tuple[int, Any]:
        url = f"{self.running.urls['control']}/control/{path}"
        raw = body.encode() if isinstance(body, str) else body
        async with self.http.request(method, url, data=raw) as answer:
            return answer.status, msgspec.json.decode(await answer.read())

    async def do(self, *commands: dict[str, Any]) -> tuple[int, Any]:
        return await self.ask("POST", "do", msgspec.json.encode(list(commands)))

    async def done(self, do: str, **said: Any) -> None:
        """One command, which has to be possible."""
        status, answer = await self.do({"do": do, **said})
        assert status == 200, answer

    async def advance(self, ms: int) -> None:
        status, answer = await self.ask("POST", "clock", msgspec.json.encode({"advance_ms": ms}))
        assert status == 200, answer

    async def journal(self, kind: str) -> list[Any]:
        _, body = await self.ask("GET", "journal")
        entries: list[Any] = body[kind]
        return entries

    async def read(self, path: str) -> Any:
        """Something public of the CLOB."""
        async with self.http.get(self.running.urls["clob"] + path) as answer:
            return await answer.json()

    async def trader(self, number: int = 11) -> Trader:
        return await Trader(self.http, self.running.urls["clob"], Key(number)).sign_in()


@asynccontextmanager
async def directing(text: str = STANDING) -> AsyncIterator[Control]:
    """A venue that plays the scenario in `text`."""
    async with directed(parse(text)) as running, aiohttp.ClientSession() as http:
        yield Control(running, http)


ONE = 1_000_000
BOOK = """
[[market]]
slug = "mine"
bids = [[0.4, 100], [0.39, 200]]
asks = [[0.5, 100], [0.51, 200]]
"""


def token_of(control: Control, slug: str = "mine", index: int = 0) -> TokenId:
    books = control.running.venue.desk.exchange.books.values()
    (market,) = [book.market for book in books if book.market.slug == slug]
    return market.tokens[index].token_id


def buys(control: Control, salt: int = 1, **more: Any) -> Wish:
    """10 shares of the first outcome for 50 cents each, from whoever sells them."""
    return Wish(token_id=token_of(control), salt=salt, **more)


def rests(control: Control, salt: int = 1) -> Wish:
    """A bid of 20 shares at 45 cents, which meets nobody."""
    return buys(
        control, salt, maker_amount=9 * ONE, taker_amount=20 * ONE, order_type=OrderType.GTC
    )


async def tick(control: Control, token: TokenId) -> Any:
    return (await control.read(f"/tick-size?token_id={token}"))["minimum_tick_size"]


async def cash(control: Control, number: int = 11) -> int:
    account = control.running.venue.desk.exchange.accounts[Key(number).address]
    return account.cash_micros
