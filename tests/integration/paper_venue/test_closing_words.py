"""How the venue ends a connection whose first message it does not want."""

import aiohttp
import pytest

from tests.support.paper_venue import Running

SECRETS = '{"type":"user","auth":{"apiKey":"a","secret":"b","passphrase":"c"}}'


@pytest.mark.parametrize(
    ("at", "text", "reason"),
    [
        ("user_ws", SECRETS, "authentication failed"),
        ("user_ws", "{}", "invalid subscription payload"),
        ("market_ws", "nonsense", "invalid subscription payload"),
    ],
)
async def test_a_first_message_that_is_none_closes_with_its_reason(
    venue: Running, http: aiohttp.ClientSession, at: str, text: str, reason: str
) -> None:
    async with http.ws_connect(venue.urls[at]) as socket:
        await socket.send_str(text)
        last = await socket.receive()

    assert (last.type, last.data, last.extra) == (aiohttp.WSMsgType.CLOSE, 1008, reason)
