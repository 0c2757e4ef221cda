"""Somebody with a key in front of a venue's pipeline, with no socket in between."""

import msgspec

from polycopy.paper_venue.core.clob.desk import Desk, Newcomers
from polycopy.paper_venue.core.clob.pipeline import Pipeline
from polycopy.paper_venue.core.engine import exchange
from polycopy.paper_venue.core.engine.market import Ladder, Market, Token
from polycopy.paper_venue.core.faults.fault_book import FaultBook
from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.paper_venue.core.kept import Kept
from polycopy.paper_venue.core.limits.signer_limits import Limiting
from polycopy.paper_venue.core.protocol.messages import Answer, Headers, Request
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
    newcomers = Newcomers(balance_micros=1_000 * ONE, key_delay_ms=key_delay_ms)
    desk = Desk(exchange.initial("seed", (MARKET,)), newcomers=newcomers, attempts=Kept(100))
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
