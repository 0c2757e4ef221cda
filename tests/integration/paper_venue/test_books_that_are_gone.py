"""A market that is resolved has no order book any more, whichever way one asks for it."""

import pytest

from tests.support.directing import BOOK, STANDING, directing, token_of

NO_BOOK = {"error": "No orderbook exists for the requested token id"}


@pytest.mark.parametrize("path", ["book", "price", "midpoint", "spread"])
async def test_the_book_of_a_resolved_market_is_not_found(path: str) -> None:
    async with directing(STANDING + BOOK) as control:
        url = f"{control.running.urls['clob']}/{path}?side=BUY&token_id={token_of(control)}"
        async with control.http.get(url) as answer:
            assert answer.status == 200
        await control.done("resolve", market="mine", payouts=[1, 0])
        async with control.http.get(url) as answer:
            assert (answer.status, await answer.json()) == (404, NO_BOOK)


async def test_books_leave_a_resolved_market_out_and_its_terms_stay() -> None:
    async with directing(STANDING + BOOK) as control:
        token, other = token_of(control), token_of(control, "seeded-market-1")
        await control.done("resolve", market="mine", payouts=[1, 0])
        asked = [{"token_id": token}, {"token_id": other}]
        url = f"{control.running.urls['clob']}/books"
        async with control.http.post(url, json=asked) as answer:
            assert [book["asset_id"] for book in await answer.json()] == [other]
        told = await control.read(f"/tick-size?token_id={token}")
        assert told == {"minimum_tick_size": 0.01}
