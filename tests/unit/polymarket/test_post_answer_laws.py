"""What no answer to POST /order can do, whatever it is."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.post_answer import Placed, classify_post

ACCEPTED: dict[str, Any] = {
    "errorMsg": "",
    "makingAmount": "",
    "orderID": "0x" + "e3" * 32,
    "status": "live",
    "success": True,
    "takingAmount": "",
}


@given(
    st.integers(100, 599), st.binary() | st.text().map(lambda text: text.encode(errors="replace"))
)
def test_no_answer_is_too_strange(http_status: int, body: bytes) -> None:
    assert not isinstance(classify_post(http_status, body), Placed)


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from([*ACCEPTED, "error", "retry_after_seconds"]), JSON),
)
def test_only_a_200_with_an_id_and_success_is_placed(
    http_status: int, changes: dict[str, Any]
) -> None:
    body = ACCEPTED | changes
    found = classify_post(http_status, json.dumps(body).encode())
    if isinstance(found, Placed):
        assert http_status in (200, 201)
        assert body["success"] is True
        assert body["orderID"]
