"""A request's way in: the edge, the mode, the key, the limit, the engine, and the faults on it."""

import msgspec
import pytest

from polycopy.paper_venue.core import exchange
from polycopy.paper_venue.core.commands import (
    ClearFaults,
    Mode,
    RestartEngine,
    SetFault,
    SetWallet,
)
from polycopy.paper_venue.core.desk import Desk
from polycopy.paper_venue.core.fault_book import FaultBook
from polycopy.paper_venue.core.faults import Fault, FaultKind
from polycopy.paper_venue.core.keys import Headers
from polycopy.paper_venue.core.market import Ladder, Market, Token
from polycopy.paper_venue.core.messages import Answer, Request
from polycopy.paper_venue.core.modes import VenueMode
from polycopy.paper_venue.core.pipeline import Pipeline
from polycopy.paper_venue.core.signer_limits import Limiting
from polycopy.polymarket.auth import ApiCredentials, l2_headers
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.terms import Level, OrderType
from tests.support.paper_venue import Key, Wish, order_bytes

ONE = 1_000_000
NOW_S = 1_795_000_000
AT = NOW_S * ONE
YES, NO = TokenId(str(2**200 + 2**50)), TokenId(str(2**201 + 2**51))
MARKET = Market(
    condition_id=ConditionId("0xc0"),
    tokens=(Token(token_id=YES, outcome="Yes"), Token(token_id=NO, outcome="No")),
)


class Visitor:
    """Somebody with a key, in front of one venue whose clock the test holds."""

    def __init__(self, pipeline: Pipeline, number: int = 5) -> None:
        self.pipeline = pipeline
        self.key = Key(number)
        self.at_us = AT
        self.credentials = ApiCredentials(address="", api_key="", secret="", passphrase="")
        self.salt = 0

    def request(self, method: str, path: str, headers: Headers, body: bytes = b"") -> Request:
        return Request(
            method=method,
            path=path,
            query={},
            headers=headers,
            body=body,
            received_at_us=self.at_us,
            ip="127.0.0.1",
        )

    def through(self, request: Request) -> Answer:
        entered = self.pipeline.enter(request)
        return entered if isinstance(entered, Answer) else self.pipeline.respond(request)

    def sign_in(self, *, derive: bool = False) -> Answer:
        given = self.key.l1_headers(self.at_us // ONE)
        headers = Headers(
            address=given["POLY_ADDRESS"],
            signature=given["POLY_SIGNATURE"],
            timestamp=given["POLY_TIMESTAMP"],
            nonce=given["POLY_NONCE"],
        )
        path = ("GET", "/auth/derive-api-key") if derive else ("POST", "/auth/api-key")
        answer = self.through(self.request(*path, headers))
        if answer.status == 200:
            got = msgspec.json.decode(answer.body)
            self.credentials = ApiCredentials(
                address=self.key.address,
                api_key=got["apiKey"],
                secret=got["secret"],
                passphrase=got["passphrase"],
            )
        return answer

    def signed(self, method: str, path: str, body: bytes = b"") -> Request:
        given = l2_headers(
            self.credentials,
            method=method,
            path=path,
            body=body,
            timestamp_s=self.at_us // ONE,
        )
        headers = Headers(
            address=given["POLY_ADDRESS"],
            signature=given["POLY_SIGNATURE"],
            timestamp=given["POLY_TIMESTAMP"],
            api_key=given["POLY_API_KEY"],
            passphrase=given["POLY_PASSPHRASE"],
        )
        return self.request(method, path, headers, body)

    def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        return self.through(self.signed(method, path, body))

    def order(self, *, post_only: bool = False, kind: OrderType = OrderType.GTC) -> bytes:
        """A BUY of 10 shares at 2 cents that meets nobody."""
        self.salt += 1
        wish = Wish(
            token_id=YES,
            maker_amount=200_000,
            taker_amount=10 * ONE,
            order_type=kind,
            salt=self.salt,
            post_only=post_only,
        )
        return order_bytes(self.key, self.credentials, wish)[0]

    def post(self, *, post_only: bool = False) -> Answer:
        return self.ask("POST", "/order", self.order(post_only=post_only))

    def open_orders(self) -> int:
        answer = self.ask("GET", "/data/orders")
        return len(msgspec.json.decode(answer.body)["data"])


def visitor(
    limiting: Limiting = Limiting.WARNING, *, key_delay_ms: int = 0, edge_wait_ms_max: int = 30_000
) -> Visitor:
    desk = Desk(
        exchange.initial("seed", (MARKET,)), balance_micros=1_000 * ONE, key_delay_ms=key_delay_ms
    )
    levels = Ladder(
        bids=(Level(price_micros=400_000, size_micros=100 * ONE),),
        asks=(Level(price_micros=600_000, size_micros=100 * ONE),),
    )
    desk.put_ladder(MARKET.condition_id, levels, AT)
    faults = FaultBook("seed")
    made = Visitor(Pipeline(desk, faults, limiting=limiting, edge_wait_ms_max=edge_wait_ms_max))
    made.sign_in()
    return made


def struck(kind: FaultKind, on: str = "POST /order", **more: object) -> Fault:
    return Fault(kind=kind, on=on, name="it", times=1, **more)  # type: ignore[arg-type]  # cases


def error(answer: Answer) -> str:
    return str(msgspec.json.decode(answer.body)["error"])


def headers(answer: Answer) -> dict[str, str]:
    return dict(answer.headers)


def test_without_anything_on_an_order_is_taken_and_told_of_its_limit() -> None:
    anna = visitor()

    answer = anna.post()

    assert answer.status == 200
    assert headers(answer) == {
        "Poly-RateLimit-Remaining": "59",
        "Poly-RateLimit-Reset": str(NOW_S),
        "Poly-RateLimit-Tier": "standard",
    }


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
    assert not anna.pipeline._desk.recognises(  # noqa: SLF001 - a socket's question
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


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        (VenueMode.POST_ONLY, 503),
        (VenueMode.CANCEL_ONLY, 503),
        (VenueMode.DISABLED, 503),
        (VenueMode.RESTARTING, 425),
    ],
)
def test_a_mode_turns_orders_away_before_anybody_asks_for_a_key(
    mode: VenueMode, status: int
) -> None:
    anna = visitor()
    anna.pipeline.modes.set(mode, AT)

    assert anna.post().status == status
    stranger = anna.request("POST", "/order", Headers(), b"{}")
    assert anna.through(stranger).status == status
    assert anna.open_orders() == 0


def test_makers_rest_in_post_only_mode_and_a_batch_is_answered_leg_by_leg() -> None:
    anna = visitor()
    anna.pipeline.modes.set(VenueMode.POST_ONLY, AT)

    assert anna.post(post_only=True).status == 200
    parts = (anna.order(), anna.order(post_only=True), anna.order())
    answer = anna.ask("POST", "/orders", b"[" + b",".join(parts) + b"]")

    taker, maker, other = msgspec.json.decode(answer.body)
    assert taker == other
    assert taker["success"]
    assert (taker["orderID"], taker["status"]) == ("", "")
    assert taker["errorMsg"].startswith("post-only mode")
    assert (maker["success"], maker["status"]) == (True, "live")
    assert anna.open_orders() == 2


def test_a_batch_without_a_single_maker_does_nothing_in_post_only_mode() -> None:
    anna = visitor()
    anna.pipeline.modes.set(VenueMode.POST_ONLY, AT)

    answer = anna.ask("POST", "/orders", b"[" + anna.order() + b"]")

    assert answer.status == 200
    assert [leg["orderID"] for leg in msgspec.json.decode(answer.body)] == [""]
    assert anna.open_orders() == 0


def test_a_batch_that_is_none_is_refused_in_post_only_mode_as_in_any() -> None:
    anna = visitor()
    anna.pipeline.modes.set(VenueMode.POST_ONLY, AT)
    many = b"[" + b",".join(anna.order() for _ in range(16)) + b"]"

    assert error(anna.ask("POST", "/orders", b"{broken")) == "Invalid order payload"
    assert "max allowed: 15" in error(anna.ask("POST", "/orders", many))


def test_a_signer_who_is_too_fast_is_told_to_wait_and_nothing_is_done() -> None:
    anna = visitor(Limiting.ENFORCED)
    for _ in range(60):
        assert anna.post().status == 200

    refused = anna.post()

    assert (refused.status, error(refused)) == (429, "Too Many Requests")
    assert headers(refused) == {
        "Poly-RateLimit-Remaining": "0",
        "Poly-RateLimit-Reset": str(NOW_S + 1),
        "Poly-RateLimit-Tier": "standard",
        "Retry-After": "1",
    }
    assert anna.open_orders() == 60
    anna.at_us += ONE
    assert anna.post().status == 200


def test_a_warning_venue_turns_nobody_away_and_says_what_it_would_have_done() -> None:
    anna = visitor()
    warned = [headers(anna.post()).get("Poly-RateLimit-Warning") for _ in range(62)]

    assert warned == [None] * 60 + ["true"] * 2
    assert anna.open_orders() == 62


def test_a_venue_without_limits_tells_nothing_of_them() -> None:
    anna = visitor(Limiting.OFF)

    assert anna.post().headers == ()


def test_cancelling_everything_costs_one_and_one_for_each_order() -> None:
    anna = visitor(Limiting.ENFORCED)
    for _ in range(5):
        anna.post()

    answer = anna.ask("DELETE", "/cancel-all")

    assert headers(answer)["Poly-RateLimit-Remaining"] == str(120 - 1 - 5)
    assert "Poly-RateLimit-Tier" not in headers(anna.ask("GET", "/data/orders"))


def test_the_tier_can_be_asked_for_and_set() -> None:
    anna = visitor()
    anna.pipeline.signers.put(anna.key.address, "gold")

    told = msgspec.json.decode(anna.ask("GET", "/v1/user/rate-limit-tier").body)

    assert told["tier"] == "gold"
    assert headers(anna.post())["Poly-RateLimit-Tier"] == "gold"


def test_a_director_turns_modes_faults_and_tiers_and_is_told_what_cannot_be() -> None:
    anna = visitor()
    pipeline = anna.pipeline
    fault = Fault(kind=FaultKind.ERROR_BEFORE, on="POST", name="down")

    assert pipeline.steer(SetFault(fault=fault), AT) == ""
    assert anna.post().status == 500
    assert pipeline.steer(ClearFaults(), AT) == ""
    assert pipeline.steer(Mode(mode="disabled", for_ms=1_000), AT) == ""
    assert anna.post().status == 503
    assert pipeline.steer(RestartEngine(), AT) == ""
    assert anna.post().status == 425
    assert pipeline.steer(Mode(mode="open"), AT) == ""
    assert pipeline.steer(SetWallet(wallet=anna.key.address, tier="gold"), AT) == ""
    assert pipeline.steer(SetWallet(wallet=anna.key.address), AT) == ""
    assert headers(anna.post())["Poly-RateLimit-Tier"] == "gold"
    assert "'ajar'" in pipeline.steer(Mode(mode="ajar"), AT)
    assert "'tin'" in pipeline.steer(SetWallet(wallet="0xunknown", tier="tin"), AT)


def test_a_venue_that_forgets_keeps_nothing_but_its_faults() -> None:
    anna = visitor(Limiting.ENFORCED)
    anna.pipeline.faults.set(struck(FaultKind.GEOBLOCKED))
    anna.ask("POST", "/v1/heartbeats", b"{}")
    for _ in range(60):
        anna.post()
    anna.pipeline.modes.set(VenueMode.DISABLED, AT)

    anna.pipeline.forget()

    assert anna.pipeline.heartbeats.next_deadline_us() is None
    assert headers(anna.post())["Poly-RateLimit-Remaining"] == "59"
    assert len(anna.pipeline.faults.snapshot()) == 1


def test_endpoints_of_the_way_itself_need_a_key_and_their_method() -> None:
    anna = visitor()

    assert anna.through(anna.request("POST", "/v1/heartbeats", Headers())).status == 401
    assert anna.ask("GET", "/v1/heartbeats").status == 405
    assert anna.ask("POST", "/heartbeats").status == 200


def test_the_edge_keeps_whoever_is_too_many_and_turns_away_whoever_would_wait_too_long() -> None:
    anna = visitor(Limiting.ENFORCED, edge_wait_ms_max=10_000)
    update = anna.signed("GET", "/balance-allowance/update")

    entered = [anna.pipeline.enter(update) for _ in range(101)]

    assert entered[:100] == [0] * 50 + [10_000] * 50
    turned = entered[100]
    assert isinstance(turned, Answer)
    assert (turned.status, headers(turned)) == (429, {"Retry-After": "20"})


def test_silence_after_heartbeats_cancels_the_orders_of_that_key_only() -> None:
    anna = visitor()
    berta = Visitor(anna.pipeline, number=6)
    berta.sign_in()
    for trader in (anna, berta):
        assert trader.post().status == 200
    assert anna.ask("POST", "/v1/heartbeats", b'{"heartbeat_id":""}').status == 200

    anna.pipeline.fall_silent(AT + 9 * ONE)
    assert anna.open_orders() == 1
    anna.pipeline.fall_silent(AT + 10 * ONE)

    assert (anna.open_orders(), berta.open_orders()) == (0, 1)
