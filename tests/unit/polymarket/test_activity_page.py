"""What the Data API says of a wallet, read; the answers come from the paper venue's own code."""

import json
from typing import Any

import pytest

from polycopy.paper_venue.core.engine.ledger import Movement, Transfer
from polycopy.polymarket.activity_page import ActivityPage, read_page
from polycopy.polymarket.activity_query import ActivityQuery, Version
from polycopy.polymarket.data_status import read_lag_ms
from polycopy.polymarket.leader_rows import ActivityRow, LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import Wallet
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.trades import ActivityKind
from tests.support.data_venue import ANNA, AT_S, BERT, FIRST, NO, YES, Chain, did
from tests.support.recordings import recording

BOTH = pytest.mark.parametrize("version", list(Version))
V1, V2 = Version.V1, Version.V2


def target(query: ActivityQuery, buster: str = "1") -> str:
    return query.path + "?" + "&".join(f"{k}={v}" for k, v in query.parameters(buster).items())


def asked(chain: Chain, version: Version, wallet: Wallet = ANNA, **more: Any) -> ActivityPage:
    query = ActivityQuery(version=version, wallet=wallet, **{"start_s": AT_S - 900, **more})
    answer = chain.answer(target(query))
    page = read_page(version, answer.status, answer.body, wallet)
    assert isinstance(page, ActivityPage), page
    return page


def body(version: Version, *rows: Any, **pagination: Any) -> bytes:
    if version is V1:
        return json.dumps(rows).encode()
    told = {"limit": 100, "offset": 0, "has_more": False, "next_cursor": None, **pagination}
    return json.dumps({"data": rows, "pagination": told}).encode()


def row(version: Version, **changes: Any) -> dict[str, Any]:
    """A trade of Anna's, as the venue writes it."""
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 40))
    query = ActivityQuery(version=version, wallet=ANNA, start_s=0)
    _, told = chain.ask(target(query))
    [found] = told if version is V1 else told["data"]
    return {**found, **changes}


def one(version: Version, **changes: Any) -> Any:
    """What is read of that trade, changed."""
    page = read_page(version, 200, body(version, row(version, **changes)), ANNA)
    assert isinstance(page, ActivityPage)
    return page.rows[0] if page.rows else None


@BOTH
def test_a_trade_is_read_with_its_exact_money(version: Version) -> None:
    chain = Chain()
    settled = chain.trade(did(BERT, Side.SELL, 10, 40), did(ANNA, Side.BUY, 10, 40))

    page = asked(chain, version)

    assert page.rows == (
        LeaderRow(
            kind=version.value,
            transaction_hash=settled.transaction_hash,  # type: ignore[arg-type]
            wallet=ANNA,
            token_id=YES,
            condition_id=FIRST.condition_id,
            side=Side.BUY,
            size_micros=10 * MICROS,
            price_micros=400_000,
            traded_at_ms=settled.block_s * 1000,
            notional_micros=4 * MICROS,
            outcome="Yes",
            slug=FIRST.slug,
            title=FIRST.title,
        ),
    )
    assert (page.count, page.last_s, page.newest_s) == (1, settled.block_s, settled.block_s)


@BOTH
def test_two_equal_fills_are_two_rows(version: Version) -> None:
    chain = Chain()
    fill = did(ANNA, Side.BUY, 10, 40)
    chain.trade(did(BERT, Side.SELL, 20, 40), fill, fill)

    first, second = asked(chain, version).rows

    assert first == second


@BOTH
@pytest.mark.parametrize("kind", list(ActivityKind))
def test_whatever_is_no_trade_is_read_too(version: Version, kind: ActivityKind) -> None:
    chain = Chain()
    whole = Transfer(wallet=ANNA, size_micros=3 * MICROS, notional_micros=3 * MICROS)
    lost = Transfer(wallet=ANNA, size_micros=2 * MICROS, notional_micros=0, token_id=NO, index=1)
    settled = chain.transfer(Movement(kind.value), whole, lost)

    rows = asked(chain, version).rows

    assert [type(each) for each in rows] == [ActivityRow, ActivityRow]
    told = {(each.token_id, each.size_micros, each.notional_micros) for each in rows}  # type: ignore[union-attr]
    assert told == {("", 3 * MICROS, 3 * MICROS), (NO, 2 * MICROS, 0)}
    assert {(each.kind, each.source_kind, each.happened_at_ms) for each in rows} == {  # type: ignore[union-attr]
        (kind, version.value, settled.block_s * 1000)
    }


@pytest.mark.parametrize("is_told", [True, False])
def test_combos_are_counted_and_left_out(*, is_told: bool) -> None:
    short = {"condition_id": "0x" + "ab" * 31, "is_combo": False}
    combo = row(V2, **({"is_combo": True} if is_told else short))

    page = read_page(V2, 200, body(V2, combo, row(V2)), ANNA)

    assert isinstance(page, ActivityPage)
    assert (len(page.rows), page.count, page.skipped) == (1, 2, 1)


@BOTH
def test_what_nobody_asked_for_is_left_out(version: Version) -> None:
    assert one(version, type="REWARD") is None


@BOTH
@pytest.mark.parametrize(
    ("camel", "snake", "value"),
    [
        ("transactionHash", "transaction_hash", ""),
        ("transactionHash", "transaction_hash", None),
        ("proxyWallet", "proxy_wallet", BERT),
        ("asset", "token_id", ""),
        ("conditionId", "condition_id", "0xzz"),
        ("size", "size", 0),
        ("size", "size", -1),
        ("price", "price", 1.2),
        ("side", "side", "HOLD"),
        ("timestamp", "timestamp", "soon"),
        ("type", "type", None),
    ],
)
def test_a_row_that_says_too_little_stands_beside_the_others(
    version: Version, camel: str, snake: str, value: Any
) -> None:
    bad = row(version, **{camel if version is V1 else snake: value})

    page = read_page(version, 200, body(version, bad, row(version)), ANNA)

    assert isinstance(page, ActivityPage)
    assert [type(each) for each in page.rows] == [Unreadable, LeaderRow]


@BOTH
def test_a_wallet_in_mixed_case_is_the_same(version: Version) -> None:
    name = "proxyWallet" if version is V1 else "proxy_wallet"
    found = one(version, **{name: "0x" + ANNA[2:].upper()})

    assert found.wallet == ANNA


@BOTH
def test_money_that_is_not_told_is_not_made_up(version: Version) -> None:
    name = "usdcSize" if version is V1 else "usdc_size"

    assert one(version, **{name: None}).notional_micros == -1


@BOTH
def test_a_redemption_without_a_size_is_told_by_its_dollars(version: Version) -> None:
    assert one(version, type="REDEEM", size=None).size_micros == 4 * MICROS


def test_numbers_keep_their_digits() -> None:
    found = one(V2, size=0.1 + 0.2, price=0.62000007, usdc_size="0.123457")

    assert (found.size_micros, found.price_micros) == (300_000, 620_000)
    assert found.notional_micros == 123_457


def test_the_pages_of_a_cursor_hold_every_row_once() -> None:
    chain = Chain()
    for second in range(7):
        chain.trade(did(ANNA, Side.BUY, 1 + second, 40), at_s=second * 2)

    cursor, sizes = "", list[int]()
    while True:
        page = asked(chain, V2, limit=3, cursor=cursor)
        sizes += [each.size_micros for each in page.rows if isinstance(each, LeaderRow)]
        cursor = page.next_cursor
        if not cursor:
            break

    assert sizes == [size * MICROS for size in range(7, 0, -1)]


@pytest.mark.parametrize("changes", [{"has_more": None}, {"has_more": True}])
def test_a_page_that_does_not_tell_whether_it_is_the_last_is_refused(
    changes: dict[str, Any],
) -> None:
    assert isinstance(read_page(V2, 200, body(V2, row(V2), **changes), ANNA), Unreadable)


@BOTH
@pytest.mark.parametrize("raw", [b"", b"null", b"<html>", b'"x"', b"[" * 100_000, b'{"data": 1}'])
def test_what_is_no_page_is_refused(version: Version, raw: bytes) -> None:
    assert isinstance(read_page(version, 200, raw, ANNA), Unreadable)


@BOTH
def test_a_refusal_keeps_the_api_s_words(version: Version) -> None:
    refused = read_page(version, 400, b'{"error": "max offset exceeded"}', ANNA)

    assert isinstance(refused, Unreadable)
    assert refused.reason == "status 400: max offset exceeded"


@BOTH
def test_every_request_gets_past_the_cache(version: Version) -> None:
    query = ActivityQuery(version=version, wallet=ANNA, start_s=1, end_s=2)

    first, second = query.parameters("1"), query.parameters("2")

    assert first.pop("_") != second.pop("_")
    assert first == second
    assert (first["start"], first["end"]) == ("1", "2")


def test_recorded_rows_of_a_real_wallet_are_read() -> None:
    raw = recording("rest_nexiumito/activity_sample.json.gz")
    wallet = Wallet(json.loads(raw)[0]["proxyWallet"])

    page = read_page(V1, 200, raw, wallet)

    assert isinstance(page, ActivityPage)
    assert [type(each) for each in page.rows] == [LeaderRow] * 100
    for each in page.rows:
        assert isinstance(each, LeaderRow)
        product = each.size_micros * each.price_micros / MICROS
        assert abs(each.notional_micros - product) <= 1


def test_the_lag_is_the_api_s_own_word() -> None:
    answer = Chain().answer("/v2/status")

    assert read_lag_ms(answer.status, answer.body) == 0
    told = b'{"data": {"serving": {"lag_seconds": 2.4}}}'
    assert read_lag_ms(200, told) == 2_400


@pytest.mark.parametrize("raw", [b"", b"null", b"{}", b'{"data": {"serving": {}}}'])
def test_a_lag_that_is_not_told_is_not_known(raw: bytes) -> None:
    assert isinstance(read_lag_ms(200, raw), Unreadable)
    assert isinstance(read_lag_ms(404, raw), Unreadable)
