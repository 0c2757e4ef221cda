"""Keys over real sockets."""

import json

from tests.support.paper_venue import Key, Trader


async def test_a_key_is_created_once_and_derived_for_ever(anna: Trader) -> None:
    _, now = await anna.ask("GET", "/time")
    headers = Key(11).l1_headers(int(now))

    status, raw = await anna.ask("POST", "/auth/api-key", headers=headers)
    assert (status, json.loads(raw)) == (400, {"error": "Could not create api key"})
    _, raw = await anna.ask("GET", "/auth/derive-api-key", headers=headers)
    assert json.loads(raw)["apiKey"] == anna.credentials.api_key
    assert (await anna.signed("GET", "/auth/api-keys"))[1] == {
        "apiKeys": [anna.credentials.api_key]
    }
