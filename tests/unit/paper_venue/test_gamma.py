"""Gamma's markets, events and tags."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.engine.exchange import initial
from polycopy.paper_venue.core.engine.market import Market
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import FeeCurve
from tests.support.data_venue import (
    ANNA,
    AT_S,
    BERT,
    FIRST,
    MARKETS,
    YES,
    Chain,
    did,
    market,
)


def over(one: Market) -> Market:
    tokens = tuple(
        msgspec.structs.replace(token, payout_micros=MICROS * (1 - place))
        for place, token in enumerate(one.tokens)
    )
    return msgspec.structs.replace(one, tokens=tokens, resolved=True, resolved_at_s=AT_S)


def ids(body: Any) -> list[str]:
    rows = body if isinstance(body, list) else body.get("markets", body.get("events"))
    return [row["id"] for row in rows]


def test_lists_inside_of_a_market_are_texts() -> None:
    chain = Chain()
    chain.book(FIRST, [(7, 10)], [(9, 10)])

    _, (row, *_) = chain.look("/markets")

    assert row["outcomes"] == '["Yes", "No"]'
    assert row["outcomePrices"] == '["0.08", "0.92"]'
    assert json.loads(row["clobTokenIds"]) == [token.token_id for token in FIRST.tokens]
    assert (row["bestBid"], row["bestAsk"], row["spread"]) == (0.07, 0.09, 0.02)
    assert row["competitive"] == 0.850051
    assert row["feeSchedule"] == {
        "exponent": 1,
        "rate": 0.07,
        "takerOnly": True,
        "rebateRate": 0.2,
    }


def test_a_market_of_the_next_protocol_has_positions_and_a_sports_market_its_delay() -> None:
    _, rows = Chain().look("/markets")

    old, _, new = rows
    assert (old["version"], new["version"]) == ("v1", "v2")
    assert "clobTokenIds" not in new
    assert new["positionIds"] == [token.token_id for token in MARKETS[2].tokens]
    assert (new["resolutionStatus"], "resolutionStatus" in old) == ("active", False)
    assert (new["secondsDelay"], "secondsDelay" in old) == (3, False)


def test_a_market_that_is_over_is_listed_only_where_somebody_asks_for_it() -> None:
    chain = Chain([over(FIRST), *MARKETS[1:]])

    _, open_ones = chain.look("/markets")
    _, closed = chain.look("/markets/keyset?closed=true")
    _, by_slug = chain.look("/markets?slug=market-0")
    status, named = chain.look("/markets/slug/market-0")

    assert ids(open_ones) == ["500002", "500003"]
    assert ids(closed) == ["500001"]
    assert by_slug == []
    assert (status, named["closed"], named["acceptingOrders"]) == (200, True, False)
    assert (named["outcomePrices"], named["umaResolutionStatus"]) == ('["1", "0"]', "resolved")
    assert named["closedTime"] == "2026-11-18 11:06:40+00"


def test_an_event_is_over_when_all_its_markets_are() -> None:
    half = Chain([over(FIRST), *MARKETS[1:]])
    whole = Chain([over(each) for each in MARKETS])

    assert len(half.look("/events")[1]) == 2
    assert whole.look("/events") == (200, [])
    assert len(whole.look("/events/keyset?closed=true")[1]["events"]) == 2


def test_volume_counts_each_fill_once() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 40), did(BERT, Side.SELL, 10, 40), at_s=-3 * 86_400)
    chain.trade(did(ANNA, Side.BUY, 5, 40))

    _, (row, *_) = chain.look("/markets")
    _, (event, *_) = chain.look("/events")

    assert (row["volume"], row["volumeNum"], row["volume24hr"]) == ("6", 6, 2)
    assert (event["volume"], event["volume24hr"]) == (6, 2)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("clob_token_ids={yes}", ["500001"]),
        ("clob_token_ids={yes}&clob_token_ids={other}", ["500001", "500002"]),
        ("clob_token_ids={yes},{other}", ["500001", "500002"]),
        ("condition_ids={condition}", ["500001"]),
        ("slug=market-1&slug=market-2", ["500002", "500003"]),
        ("id=500003", ["500003"]),
        ("tag_slug=politics", ["500003"]),
        ("version=v2", ["500003"]),
        ("position_ids={position}", ["500003"]),
        ("active=false", []),
        ("archived=true", []),
        ("end_date_max=2026-11-19T09:20:00Z", ["500001"]),
        ("slug=nobody", []),
        ("volume_num_min=1", ["500001"]),
        ("liquidity_num_max=0", ["500002", "500003"]),
        ("order=volumeNum&ascending=false&limit=1", ["500001"]),
        ("order=endDate&ascending=false", ["500003", "500002", "500001"]),
        ("offset=1&limit=1", ["500002"]),
        ("limit=1000", ["500001", "500002", "500003"]),
    ],
)
def test_a_list_of_markets_narrows(query: str, expected: list[str]) -> None:
    chain = Chain()
    chain.book(FIRST, [(40, 10)], [(60, 10)])
    chain.trade(did(ANNA, Side.BUY, 10, 40))
    known = {
        "yes": YES,
        "other": MARKETS[1].tokens[1].token_id,
        "condition": FIRST.condition_id,
        "position": MARKETS[2].tokens[1].token_id,
    }

    status, body = chain.look(f"/markets?{query.format(**known)}")

    assert (status, ids(body)) == (200, expected)


@pytest.mark.parametrize(
    ("target", "status", "text"),
    [
        ("/markets/keyset?offset=0", 422, "offset is not allowed on keyset endpoints"),
        (
            "/events?offset=2001",
            422,
            "offset too large, use /events/keyset for deeper pagination",
        ),
        ("/markets?order=beauty", 422, "order fields are not valid"),
        ("/markets/keyset?after_cursor=x", 422, "after_cursor is invalid"),
        ("/markets/0x12", 422, "id is invalid"),
        ("/markets/99", 404, "id not found"),
        ("/events/slug/nobody", 404, "slug not found"),
        ("/events/slug/some body", 422, "slug is invalid"),
        ("/tags/slug/nobody", 404, "slug not found"),
        ("/markets/1/2/3", 404, "not found"),
    ],
)
def test_gamma_refuses_in_its_own_words(target: str, status: int, text: str) -> None:
    kind = "validation error" if status == 422 else "not found error"

    assert Chain().look(target) == (status, {"type": kind, "error": text})


@given(
    st.sampled_from(("markets", "events")),
    st.integers(1, 4),
    st.sampled_from(("", "&order=volumeNum&ascending=false", "&order=endDate", "&ascending=false")),
)
def test_following_the_cursor_gives_everything_once(kind: str, limit: int, order: str) -> None:
    chain = Chain([market(place) for place in range(9)])
    for place in (1, 4, 6):
        one = market(place)
        chain.trade(did(ANNA, Side.BUY, place, 40, one.tokens[0].token_id), of=one)
    whole = ids(chain.look(f"/{kind}?limit=100{order}")[1])
    found: list[str] = []
    cursor = ""
    while True:
        target = f"/{kind}/keyset?limit={limit}{order}"
        _, body = chain.look(f"{target}&after_cursor={cursor}" if cursor else target)
        found.extend(ids(body))
        if "next_cursor" not in body:
            break
        cursor = body["next_cursor"]

    assert found == whole
    assert len(set(found)) == (9 if kind == "markets" else 5)


def test_a_market_that_comes_while_somebody_pages_is_met_at_the_end() -> None:
    chain = Chain([market(place) for place in range(3)])
    _, page = chain.look("/markets/keyset?limit=2")
    later = initial("later", (market(3),))
    chain.exchange.books.update(later.books)
    chain.exchange.conditions.update(later.conditions)

    _, rest = chain.look(f"/markets/keyset?limit=2&after_cursor={page['next_cursor']}")

    assert ids(page) + ids(rest) == ["500001", "500002", "500003", "500004"]


def test_a_cursor_of_another_order_is_refused() -> None:
    chain = Chain()
    _, page = chain.look("/markets/keyset?limit=1")

    status, body = chain.look(f"/markets/keyset?order=endDate&after_cursor={page['next_cursor']}")

    assert (status, body["error"]) == (422, "after_cursor is invalid")


def test_a_neg_risk_event_without_fees_says_so() -> None:
    free = msgspec.structs.replace(MARKETS[1], fee=FeeCurve(rate_ppm=0, exponent=1))
    chain = Chain([free])

    _, (event,) = chain.look("/events")
    (row,) = event["markets"]

    assert (event["negRisk"], row["negRisk"]) == (True, True)
    assert event["negRiskMarketID"] == row["negRiskMarketID"]
    assert (row["feesEnabled"], row["feeType"], "feeSchedule" in row) == (False, None, False)
    assert "takerBaseFee" not in row


def test_who_writes_cursor_instead_of_after_cursor_gets_the_first_page_again() -> None:
    chain = Chain()
    _, page = chain.look("/markets/keyset?limit=1")

    assert chain.look(f"/markets/keyset?limit=1&cursor={page['next_cursor']}")[1] == page


def test_tags_come_where_they_are_asked_for() -> None:
    chain = Chain()

    _, plain = chain.look("/markets/500001")
    _, tagged = chain.look("/markets/500001?include_tag=true")
    _, own = chain.look("/markets/500001/tags")
    _, event = chain.look("/events/20001")
    _, known = chain.look("/tags")

    assert "tags" not in plain
    assert [tag["slug"] for tag in tagged["tags"]] == ["sports", "games", "balls"]
    assert own == tagged["tags"]
    assert [tag["label"] for tag in event["tags"]] == ["Sports", "Games", "Balls", "Crypto"]
    assert [tag["slug"] for tag in known] == ["sports", "games", "balls", "crypto", "politics"]
    assert chain.look(f"/tags/{known[1]['id']}") == (200, known[1])
    assert chain.look("/tags/slug/games") == (200, known[1])


def test_an_event_has_its_markets_and_a_market_its_event() -> None:
    chain = Chain()

    _, event = chain.look("/events/slug/event-0")
    _, row = chain.look("/markets/500002")

    assert [one["id"] for one in event["markets"]] == ["500001", "500002"]
    assert "events" not in event["markets"][0]
    assert [one["id"] for one in row["events"]] == [event["id"]]
    assert "markets" not in row["events"][0]


def test_a_market_with_no_names_and_no_times_can_be_shown() -> None:
    bare = Market(condition_id=FIRST.condition_id, tokens=FIRST.tokens)
    chain = Chain([bare])

    _, (row,) = chain.look("/markets")
    _, (event,) = chain.look("/events")

    assert row["slug"] == event["slug"] == FIRST.condition_id
    assert "endDate" not in row
    assert chain.look(f"/markets/slug/{row['slug']}")[0] == 200
