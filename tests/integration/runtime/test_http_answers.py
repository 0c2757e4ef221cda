"""Answers of strangers are read whole, and not without end."""

import aiohttp
import pytest

from polycopy.runtime.http_answers import whole
from tests.support.strange_venue import Handler, answers, floods, strange_venue


async def read(handler: Handler) -> bytes:
    async with (
        strange_venue(handler) as strange,
        aiohttp.ClientSession() as http,
        http.get(strange.url) as response,
    ):
        return await whole(response)


async def test_an_answer_is_read_to_its_end() -> None:
    assert await read(answers(["a"] * 100_000)) == b"[" + b'"a", ' * 99_999 + b'"a"]'


@pytest.mark.parametrize("packed", [False, True])
async def test_an_answer_without_end_is_cut_off(packed: bool) -> None:  # noqa: FBT001 - a case
    with pytest.raises(aiohttp.ClientPayloadError, match="more than 4194304 bytes"):
        await read(floods(packed=packed))
