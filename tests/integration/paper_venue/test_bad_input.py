"""What no client sends on purpose: the venue's own "no", whatever it is, and never a traceback."""

import base64
import io

import aiohttp
import pytest

from polycopy.polymarket.auth import l2_headers
from tests.support.paper_venue import Running, Trader, Wish, order_bytes

ENDLESS = [
    b"[" * 100_000,
    b"[" + b"[" * 2000 + b"]" * 2000 + b"]",
    b'{"a":' * 100_000,
    b'{"orderID":' + b"[" * 50_000,
]
WITH_A_BODY = [
    ("POST", "/order"),
    ("POST", "/orders"),
    ("DELETE", "/order"),
    ("DELETE", "/orders"),
    ("DELETE", "/cancel-market-orders"),
    ("POST", "/books"),
    ("POST", "/prices"),
    ("POST", "/v1/heartbeats"),
]
MANY_DIGITS = "9" * 5000


@pytest.mark.parametrize(("method", "path"), WITH_A_BODY)
async def test_a_body_that_is_nested_without_end_is_a_400(
    anna: Trader, method: str, path: str
) -> None:
    for body in ENDLESS:
        status, answer = await anna.signed(method, path, body)

        assert (status, list(answer)) == (400, ["error"])


async def test_a_body_above_four_megabytes_is_not_read(
    venue: Running, http: aiohttp.ClientSession
) -> None:
    body = io.BytesIO(b" " * (5 * 1024 * 1024))
    async with http.post(f"{venue.urls['clob']}/order", data=body) as answer:
        assert (answer.status, await answer.json()) == (413, {"error": "Invalid order payload"})


@pytest.mark.parametrize("named", ["salt", "makerAmount", "tokenId", "timestamp", "expiration"])
async def test_a_number_longer_than_any_number_is_no_order(
    anna: Trader, venue: Running, named: str
) -> None:
    token_id = venue.script.markets[0].tokens[0].token_id
    body, _ = order_bytes(anna.key, anna.credentials, Wish(token_id=token_id))
    head, _, tail = body.partition(f'"{named}":'.encode())
    value, rest = tail.split(b",", 1)
    quote = b'"' if value.startswith(b'"') else b""
    longer = head + f'"{named}":'.encode() + quote + MANY_DIGITS.encode() + quote + b"," + rest

    status, answer = await anna.signed("POST", "/order", longer)

    assert (status, answer) == (400, {"error": "Invalid order payload"})


@pytest.mark.parametrize("limit", [MANY_DIGITS, "-1", "1.5", "%D9%A3", "%C2%B2", "yesterday"])
async def test_a_time_that_is_no_time_is_a_400(anna: Trader, venue: Running, limit: str) -> None:
    token_id = venue.script.markets[0].tokens[0].token_id
    assert (await anna.post(Wish(token_id=token_id, maker_amount=9_500_000)))[0] == 200
    for name in ("before", "after"):
        status, answer = await anna.signed("GET", f"/data/trades?{name}={limit}")

        assert (status, answer) == (400, {"error": "Invalid query parameters"})


@pytest.mark.parametrize("place", [b"-2", b"", b"x", MANY_DIGITS.encode()])
async def test_a_cursor_that_points_nowhere_is_a_400_and_never_the_first_page_again(
    anna: Trader, place: bytes
) -> None:
    cursor = base64.urlsafe_b64encode(place).decode() or "%20"
    for path in ("/data/trades", "/data/orders"):
        status, answer = await anna.signed("GET", f"{path}?next_cursor={cursor}")

        assert (status, answer) == (400, {"error": "Invalid query parameters"})


async def test_a_signature_is_good_for_a_minute_and_for_its_own_bytes(anna: Trader) -> None:
    _, now = await anna.ask("GET", "/time")

    async def ask(timestamp_s: int, *, signed: bytes = b"[]", sent: bytes = b"[]") -> int:
        headers = l2_headers(
            anna.credentials, method="DELETE", path="/orders", body=signed, timestamp_s=timestamp_s
        )
        status, _ = await anna.ask("DELETE", "/orders", sent, headers)
        return status

    assert await ask(int(now)) == 200
    assert await ask(int(now) - 3600) == 401
    assert await ask(int(now) + 3600) == 401
    assert await ask(int(now), sent=b'["0x0"]') == 401


@pytest.mark.parametrize("at", ["user_ws", "market_ws", "rtds"])
@pytest.mark.parametrize("nonsense", ['{"a":' * 100_000, "[" * 100_000, "\0", "1e999"])
async def test_a_socket_is_closed_with_a_word_or_stays_open(
    venue: Running, http: aiohttp.ClientSession, at: str, nonsense: str
) -> None:
    """The venue may be done with a stranger; its handler may not fail under it."""
    async with http.ws_connect(venue.urls[at]) as socket:
        await socket.send_str(nonsense)
        await socket.ping()
        await socket.close()

        assert socket.close_code == aiohttp.WSCloseCode.OK
