"""A paper venue inside the test's own loop, on free ports, and what talks to it."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec
from coincurve import PrivateKey
from eth_hash.auto import keccak
from yarl import URL

from polycopy.paper_venue.adapters.scenarios import ReadyScenarios
from polycopy.paper_venue.adapters.server import Ports, serving
from polycopy.paper_venue.adapters.sources import dice, fitted
from polycopy.paper_venue.core.clob.desk import Desk
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.limits.signer_limits import Limiting
from polycopy.paper_venue.core.scenarios.scenario import Scenario, SourceTable, VenueTable
from polycopy.paper_venue.core.signing import signatures
from polycopy.paper_venue.core.signing.wallets import wallet_of
from polycopy.paper_venue.core.sources.ladders import SeededRecording
from polycopy.paper_venue.core.sources.leaders import Leaders
from polycopy.paper_venue.core.sources.script import Script
from polycopy.paper_venue.ports import Clock
from polycopy.paper_venue.service.building import venue_of
from polycopy.paper_venue.service.console import Console
from polycopy.paper_venue.service.direction import Direction
from polycopy.paper_venue.service.house import House
from polycopy.paper_venue.service.venue import PaperVenue
from polycopy.polymarket import order_hash
from polycopy.polymarket.auth import ApiCredentials, l2_headers
from polycopy.polymarket.order_body import PostBody, build_post_body
from polycopy.polymarket.order_hash import SignedFields
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.ids import TokenId, Wallet
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import OrderType
from tests.support.other_markets import Beside


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A venue that answers, and its parts."""

    urls: Mapping[str, str]
    desk: Desk
    script: Script
    venue: PaperVenue
    direction: Direction


@asynccontextmanager
async def paper_venue(
    *,
    seed: str = "7",
    trades: int = 12,
    settle_ms: int = 0,
    balance_micros: int = 1_000_000_000,
    clock: Clock | None = None,
    others: tuple[Market, ...] = (),
    limiting: Limiting = Limiting.WARNING,
) -> AsyncIterator[Running]:
    """Made-up books, four leaders, settlement at the next turn of the loop. `others`: markets
    besides those that the leaders trade."""
    said = VenueTable(
        seed=seed,
        settle_ms=settle_ms,
        cash=Decimal(balance_micros) / MICROS,
        rate_limits=limiting,
    )
    source = SourceTable(name="seeded", trades=trades, markets=2)
    scenario = Scenario(venue=said, source=source)
    async with directed(scenario, clock=clock, others=others) as running:
        yield running


@asynccontextmanager
async def directed(
    scenario: Scenario, *, clock: Clock | None = None, others: tuple[Market, ...] = ()
) -> AsyncIterator[Running]:
    """A venue that plays a scenario with a seeded source of short walks."""
    time = clock or SystemClock()

    def stage(asked: Scenario) -> Script:
        chance, source = random.Random(asked.seed), asked.source
        recording = SeededRecording(chance, markets=source.markets, moments=60)
        leaders = Leaders(
            recording, chance, seed=asked.seed, trades=source.trades, leaders=source.leaders
        )
        script = Beside(leaders, others) if others else leaders
        return fitted(script, asked, time.now_us() // MICROS)

    house = House(venue_of(scenario, stage(scenario), time))
    direction = Direction(house, scenario, time, stage=stage, dice_of=dice)
    console = Console(direction, ReadyScenarios())
    async with serving(house, console, house.node, Ports()) as urls:
        direction.start()
        venue = house.venue
        yield Running(
            urls=urls, desk=venue.desk, script=venue.script, venue=venue, direction=direction
        )


class Key:
    """A wallet's key, made from a number."""

    def __init__(self, number: int = 1) -> None:
        self._key = PrivateKey.from_int(number)
        point = self._key.public_key.format(compressed=False)[1:]
        self.address = Wallet("0x" + keccak(point)[-20:].hex())
        self.hex = "0x" + self._key.to_hex()

    def sign(self, digest: bytes) -> bytes:
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:-1] + bytes([signature[-1] + 27])

    def l1_headers(self, now_s: int, nonce: int = 0) -> dict[str, str]:
        digest = signatures.l1_digest(self.address, str(now_s), nonce)
        return {
            "POLY_ADDRESS": self.address,
            "POLY_SIGNATURE": "0x" + self.sign(digest).hex(),
            "POLY_TIMESTAMP": str(now_s),
            "POLY_NONCE": str(nonce),
        }


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """An order before it is signed. Amounts are micros, as the venue's own names have them. A
    `deposit_wallet` may have any address; the other wallets follow from the key."""

    token_id: TokenId
    side: Side = Side.BUY
    maker_amount: int = 5_000_000
    taker_amount: int = 10_000_000
    order_type: OrderType = OrderType.FAK
    salt: int = 1
    expires_at_s: int = 0
    post_only: bool = False
    deposit_wallet: str = ""
    signature_type: int = order_hash.EOA
    exchange: order_hash.Exchange = order_hash.EXCHANGE_V2
    chain_id: int = order_hash.POLYGON


def order_bytes(key: Key, credentials: ApiCredentials, wish: Wish) -> tuple[bytes, str]:
    """The body of `POST /order`, signed, and the order's id."""
    kind = order_hash.POLY_1271 if wish.deposit_wallet else wish.signature_type
    wallet = wish.deposit_wallet or wallet_of(key.address, kind)
    fields = SignedFields(
        salt=wish.salt,
        maker=wallet,
        signer=wallet if kind == order_hash.POLY_1271 else key.address,
        token_id=wish.token_id,
        maker_amount=wish.maker_amount,
        taker_amount=wish.taker_amount,
        side=wish.side,
        signature_type=kind,
        timestamp_ms=1_795_000_000_000,
    )
    at, chain = wish.exchange, wish.chain_id
    digest = order_hash.signing_digest(fields, exchange=at, chain_id=chain)
    trailer = order_hash.signature_trailer(fields, exchange=at, chain_id=chain)
    post = PostBody(
        fields=fields,
        signature="0x" + (key.sign(digest) + trailer).hex(),
        order_type=wish.order_type,
        owner=credentials.api_key,
        expires_at_s=wish.expires_at_s,
        post_only=wish.post_only,
    )
    return build_post_body(post), order_hash.order_id(fields, exchange=at, chain_id=chain)


class Trader:
    """Somebody with a key who talks to the venue over HTTP."""

    def __init__(self, http: aiohttp.ClientSession, clob: str, key: Key) -> None:
        self.key = key
        self._http = http
        self._clob = clob
        self.credentials = ApiCredentials(address="", api_key="", secret="", passphrase="")

    async def sign_in(self) -> "Trader":
        status, body = await self.ask("GET", "/time")
        headers = self.key.l1_headers(msgspec.json.decode(body))
        status, body = await self.ask("POST", "/auth/api-key", headers=headers)
        assert status == 200, body
        given = msgspec.json.decode(body)
        self.credentials = ApiCredentials(
            address=self.key.address,
            api_key=given["apiKey"],
            secret=given["secret"],
            passphrase=given["passphrase"],
        )
        return self

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Any request; `path` with its query."""
        url = URL(f"{self._clob}{path}", encoded=True)
        async with self._http.request(method, url, data=body, headers=headers) as answer:
            return answer.status, await answer.read()

    async def signed(self, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
        """A request with L2 headers, and its answer read as JSON."""
        _, now = await self.ask("GET", "/time")
        headers = l2_headers(
            self.credentials, method=method, path=path, body=body, timestamp_s=int(now)
        )
        status, raw = await self.ask(method, path, body, headers)
        return status, msgspec.json.decode(raw) if raw else None

    async def post(self, wish: Wish) -> tuple[int, Any]:
        body, _ = order_bytes(self.key, self.credentials, wish)
        return await self.signed("POST", "/order", body)
