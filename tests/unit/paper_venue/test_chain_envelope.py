"""JSON-RPC itself: what is no JSON, what is no request, batches and notifications."""

import pytest

from tests.support.chain_caller import Caller


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.mark.parametrize("raw", [b"", b"{", b"nonsense", b'{"id":1', b"[" * 100_000, b"\xff"])
def test_what_is_no_json(caller: Caller, raw: bytes) -> None:
    answer = caller.send(raw)

    assert (answer["id"], answer["error"]["code"]) == (None, -32700)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"1", None),
        (b"{}", None),
        (b'{"id":7}', 7),
        (b'{"jsonrpc":"1.0","id":"a","method":"eth_chainId"}', "a"),
        (b'{"jsonrpc":"2.0","id":7,"method":1}', 7),
        (b'{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}', None),
        (b"[]", None),
    ],
)
def test_what_is_no_request(caller: Caller, raw: bytes, name: object) -> None:
    answer = caller.send(raw)

    assert (answer["id"], answer["error"]["code"]) == (name, -32600)


def test_params_have_places_and_no_names(caller: Caller) -> None:
    answer = caller.send(b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}')

    assert answer["error"] == {"code": -32602, "message": "non-array args"}


def test_a_batch_is_answered_call_by_call_and_a_notification_not_at_all(caller: Caller) -> None:
    answers = caller.send(
        b'[{"jsonrpc":"2.0","id":"a","method":"eth_chainId"},'
        b'{"jsonrpc":"2.0","method":"eth_chainId"},{"jsonrpc":"2.0","id":null,"method":"x"}]'
    )

    assert [(each["id"], "result" in each) for each in answers] == [("a", True), (None, False)]
    assert caller.send(b'{"jsonrpc":"2.0","method":"eth_chainId"}') is None
    assert caller.send(b'[{"jsonrpc":"2.0","method":"eth_nonsense"}]') is None


def test_a_batch_has_a_limit(caller: Caller) -> None:
    (answer,) = caller.send(
        b"[1," + b'{"jsonrpc":"2.0","id":4,"method":"eth_chainId"},' * 3 + b"1]"
    )

    assert (answer["id"], answer["error"]["message"]) == (4, "batch too large")
