"""What a fault on a request does: to the request, to its answer, to the caller's key."""

import msgspec

from polycopy.paper_venue.core.faults.rules import FaultKind
from tests.support.visitor import NOW_S, ONE, Visitor, error, headers, struck, visitor


def test_what_is_lost_before_has_not_happened_and_what_is_lost_after_has() -> None:
    for kind, orders in ((FaultKind.LOST_BEFORE, 0), (FaultKind.LOST_AFTER, 1)):
        anna = visitor()
        anna.pipeline.faults.set(struck(kind))

        answer = anna.post()

        assert answer.lost
        assert answer.fault == "it"
        assert anna.open_orders() == orders


def test_an_error_before_has_not_happened_and_an_error_after_has() -> None:
    for kind, orders in ((FaultKind.ERROR_BEFORE, 0), (FaultKind.ERROR_AFTER, 1)):
        anna = visitor()
        anna.pipeline.faults.set(struck(kind, status=500, text="could not insert order"))

        answer = anna.post()

        assert (answer.status, error(answer)) == (500, "could not insert order")
        assert anna.open_orders() == orders


def test_an_error_may_say_how_long_to_wait() -> None:
    anna = visitor()
    anna.pipeline.faults.set(
        struck(FaultKind.ERROR_BEFORE, status=429, text="Too Many Requests", retry_after_s=3)
    )

    assert headers(anna.post()) == {"Retry-After": "3"}


def test_a_region_is_turned_away_at_the_edge() -> None:
    anna = visitor()
    anna.pipeline.faults.set(struck(FaultKind.GEOBLOCKED))

    answer = anna.post()

    assert answer.status == 403
    assert error(answer).startswith("Trading restricted in your region")
    assert anna.open_orders() == 0


def test_a_slow_venue_says_how_long_it_keeps_the_request() -> None:
    anna = visitor()
    anna.pipeline.faults.set(struck(FaultKind.SLOW, delay_ms=250))

    assert anna.pipeline.enter(anna.signed("POST", "/order", anna.order())) == 250
    assert anna.pipeline.enter(anna.signed("POST", "/order", anna.order())) == 0


def test_a_slow_answer_comes_to_an_order_that_is_in_the_book_already() -> None:
    anna = visitor()
    anna.pipeline.faults.set(struck(FaultKind.SLOW_ANSWER, delay_ms=250))

    answer = anna.post()

    assert (answer.status, answer.delay_ms) == (200, 250)
    assert anna.open_orders() == 1


def test_keys_go_missing_from_an_answer_and_from_every_leg_of_a_batch() -> None:
    anna = visitor()
    anna.pipeline.faults.set(struck(FaultKind.MISSING_KEYS, keys=("orderID", "status")))
    one = msgspec.json.decode(anna.post().body)
    assert list(one) == ["errorMsg", "takingAmount", "makingAmount", "success"]

    anna.pipeline.faults.set(struck(FaultKind.MISSING_KEYS, on="POST /orders", keys=("orderID",)))
    body = b"[" + anna.order() + b"," + anna.order() + b"]"
    legs = msgspec.json.decode(anna.ask("POST", "/orders", body).body)
    assert all("orderID" not in leg and leg["success"] for leg in legs)
    assert len(legs) == 2


def test_an_answer_without_keys_has_none_to_lose() -> None:
    anna = visitor()
    anna.pipeline.faults.set(struck(FaultKind.MISSING_KEYS, on="GET /time", keys=("orderID",)))

    answer = anna.ask("GET", "/time")

    assert (answer.body, answer.fault) == (str(NOW_S).encode(), "it")


def test_an_answer_may_be_null_or_a_page_of_html() -> None:
    anna = visitor()
    anna.pipeline.faults.set(struck(FaultKind.NULL_ANSWER))
    assert anna.post().body == b"null"

    anna.pipeline.faults.set(struck(FaultKind.GARBAGE, status=502))
    answer = anna.post()
    assert answer.status == 502
    assert answer.body.startswith(b"<html>")
    assert headers(answer)["Content-Type"] == "text/html"
    assert anna.open_orders() == 2


def test_a_key_lapses_until_it_is_derived_again_and_is_the_same_then() -> None:
    anna = visitor()
    anna.pipeline.faults.set(struck(FaultKind.KEY_LAPSED))
    before = anna.credentials

    assert anna.post().status == 401
    assert anna.ask("GET", "/data/orders").status == 401
    assert not anna.pipeline._desk.keys.recognises(  # noqa: SLF001 - a socket's question
        before.api_key, before.secret, before.passphrase
    )

    assert anna.sign_in(derive=True).status == 200
    assert anna.credentials == before
    assert anna.post().status == 200


def test_a_lapsed_key_is_also_revived_by_creating_it() -> None:
    anna = visitor()
    anna.pipeline.faults.set(struck(FaultKind.KEY_LAPSED))
    anna.post()

    assert anna.sign_in().status == 200
    assert anna.sign_in().status == 400
    assert anna.post().status == 200


def test_a_fresh_key_is_known_only_later_where_that_is_set() -> None:
    anna = visitor(key_delay_ms=120_000)

    assert anna.ask("GET", "/data/orders").status == 401
    anna.at_us += 119 * ONE
    assert anna.sign_in(derive=True).status == 200
    assert anna.ask("GET", "/data/orders").status == 401
    anna.at_us += ONE
    assert anna.ask("GET", "/data/orders").status == 200


def test_a_fault_for_one_wallet_knows_it_by_header_and_by_the_maker_of_an_order() -> None:
    anna = visitor()
    berta = Visitor(anna.pipeline, number=6)
    berta.sign_in()
    fault = struck(FaultKind.ERROR_BEFORE, on="POST", wallet=anna.key.address.upper())
    anna.pipeline.faults.set(fault)
    assert berta.post().status == 200
    assert anna.post().status == 500

    maker = "0x" + "7" * 40
    anna.pipeline.faults.set(struck(FaultKind.ERROR_BEFORE, on="POST", wallet=maker))
    post = b'{"order":{"maker":"%s"}}' % maker.upper().replace("X", "x").encode()
    assert berta.ask("POST", "/orders", b"[%s]" % post).status == 500
    assert berta.ask("POST", "/order", b"{broken").status == 400
