"""Markets as Gamma writes them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.clob import MarketToken
from polycopy.polymarket.gamma_market import GammaMarket, GammaPage, parse_markets
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.terms import FeeCurve
from tests.support.recordings import json_lines, recording

CONDITION = "0x" + "ab" * 32
ROW: dict[str, Any] = {
    "conditionId": CONDITION,
    "question": "Will it rain?",
    "slug": "rain",
    "outcomes": '["Yes", "No"]',
    "outcomePrices": '["0.4", "0.6"]',
    "clobTokenIds": '["11", "22"]',
    "orderPriceMinTickSize": 0.001,
    "orderMinSize": 5,
    "startDate": "2026-11-01T00:00:00Z",
    "endDate": "2026-12-01T12:00:00Z",
    "gameStartTime": "2026-12-01 10:00:00+00",
    "secondsDelay": 3,
    "acceptingOrders": True,
    "closed": False,
    "negRisk": True,
    "version": "v1",
    "feesEnabled": True,
    "feeType": "sports_fees_v2",
    "feeSchedule": {"rate": 0.03, "exponent": 1, "takerOnly": True, "rebateRate": 0.2},
    "events": [{"slug": "weather"}],
    "tags": [{"label": "Rain"}, {"label": "Sports"}, {"label": "Rain"}, {"slug": "wet"}, None],
}


def page(*rows: Any) -> GammaPage:
    parsed = parse_markets(json.dumps(list(rows)).encode())
    assert isinstance(parsed, GammaPage)
    return parsed


def market(**changes: Any) -> GammaMarket:
    parsed = page({**ROW, **changes})
    assert parsed.unreadable == ()
    return parsed.markets[0]


def test_a_market_is_read_with_its_lists_inside_of_texts() -> None:
    assert market() == GammaMarket(
        condition_id=ConditionId(CONDITION),
        outcomes=(
            MarketToken(token_id=TokenId("11"), outcome="Yes"),
            MarketToken(token_id=TokenId("22"), outcome="No"),
        ),
        tick_size_micros=1_000,
        minimum_size_micros=5_000_000,
        fee=FeeCurve(rate_ppm=30_000, exponent=1),
        version="v1",
        slug="rain",
        title="Will it rain?",
        event_slug="weather",
        category="Sports",
        tags=("Rain", "Sports", "wet"),
        starts_at_ms=1_793_491_200_000,
        game_starts_at_ms=1_796_119_200_000,
        ends_at_ms=1_796_126_400_000,
        neg_risk=True,
        delay_s=3,
        accepting_orders=True,
    )


def test_position_ids_are_the_tokens_of_the_second_version() -> None:
    read = market(positionIds=["33", "44"], clobTokenIds=None, version="v2")

    assert [outcome.token_id for outcome in read.outcomes] == ["33", "44"]


@pytest.mark.parametrize("ids", ["", None, "[]", '["", ""]'])
def test_a_market_may_have_no_tokens_yet(ids: str | None) -> None:
    assert market(clobTokenIds=ids).outcomes == ()


def test_tokens_without_names_are_tokens() -> None:
    assert [each.outcome for each in market(outcomes=None).outcomes] == ["", ""]


@pytest.mark.parametrize(
    ("changes", "payouts"),
    [
        ({"closed": True, "outcomePrices": '["1", "0"]'}, (1_000_000, 0)),
        ({"closed": True, "outcomePrices": '["0.5", "0.5"]'}, (500_000, 500_000)),
        ({"closed": True, "outcomePrices": '["0", "0"]'}, ()),
        ({"closed": True, "outcomePrices": '["0.9995", "0.0005"]'}, ()),
        ({"closed": True, "outcomePrices": '["1", "1"]'}, ()),
        ({"closed": False, "outcomePrices": '["1", "0"]'}, ()),
        (
            {"closed": True, "outcomePrices": '["1", "0"]', "umaResolutionStatus": "proposed"},
            (),
        ),
        (
            {"closed": True, "outcomePrices": '["0", "1"]', "umaResolutionStatus": "resolved"},
            (0, 1_000_000),
        ),
        ({"closed": True, "outcomePrices": '["0", "1"]', "resolutionStatus": "active"}, ()),
        ({"closed": True, "outcomePrices": None}, ()),
    ],
)
def test_only_final_prices_of_a_closed_market_are_payouts(
    changes: dict[str, Any], payouts: tuple[int, ...]
) -> None:
    assert market(**changes).payouts_micros == payouts


def test_the_end_is_when_it_was_closed() -> None:
    assert market(closedTime="2026-03-19 23:20:15+00").closed_at_ms == 1_773_962_415_000
    assert market(umaEndDate="2026-03-19T23:20:15Z").closed_at_ms == 1_773_962_415_000


@pytest.mark.parametrize(
    ("changes", "category"),
    [
        ({"category": "US-current-affairs"}, "US-current-affairs"),
        ({"category": "crypto"}, "Crypto"),
        ({"events": [{"category": "Politics"}]}, "Politics"),
        ({"tags": [{"label": "Iran"}, {"label": "Geopolitics"}]}, "Geopolitics"),
        ({"tags": ["Macro", "Elections"]}, "Politics"),
        ({"tags": [], "events": [{"tags": [{"label": "Pop Culture"}]}]}, "Culture"),
        ({"tags": []}, "Sports"),
        ({"tags": [], "feeType": "general_fees"}, ""),
        ({"tags": [], "feeType": "prices"}, ""),
        ({"tags": [], "feeType": None}, ""),
    ],
)
def test_a_category_is_found_where_somebody_says_it(changes: dict[str, Any], category: str) -> None:
    assert market(**changes).category == category


def test_fees_that_are_off_are_none() -> None:
    assert market(feesEnabled=False).fee == FeeCurve()
    assert market(feeSchedule=None).fee == FeeCurve()


def test_one_market_that_cannot_be_read_does_not_hide_the_others() -> None:
    read = page({"conditionId": "?"}, ROW, 7, {**ROW, "outcomes": '["One"]'})

    assert [one.slug for one in read.markets] == ["rain"]
    assert [fault.reason for fault in read.unreadable] == [
        "conditionId is no condition id: '?'",
        "a market is no object",
        "2 tokens for 1 outcomes",
    ]


def test_both_ways_of_listing_are_read() -> None:
    body = json.dumps({"markets": [ROW], "next_cursor": "abc"}).encode()
    read = parse_markets(body)

    assert isinstance(read, GammaPage)
    assert (len(read.markets), read.next_cursor) == (1, "abc")


@pytest.mark.parametrize("body", [b"", b"{}", b"7", b"[", b'{"markets":null}', b'{"markets":7}'])
def test_what_is_no_list_of_markets_is_unreadable(body: bytes) -> None:
    assert isinstance(parse_markets(body), Unreadable)


@given(
    st.dictionaries(
        st.sampled_from(sorted(ROW)),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.floats(),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2)
            ),
            max_leaves=5,
        ),
    )
)
def test_whatever_comes_is_a_market_or_unreadable(changes: dict[str, Any]) -> None:
    read = parse_markets(json.dumps([{**ROW, **changes}]).encode())

    assert isinstance(read, Unreadable) or len(read.markets) + len(read.unreadable) == 1


@given(st.binary(max_size=40))
def test_whatever_bytes_come_nothing_is_raised(body: bytes) -> None:
    assert isinstance(parse_markets(body), GammaPage | Unreadable)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("rest_nexiumito/gamma_markets_categories_sample.json.gz", 50),
        ("rest_nexiumito/gamma_top_markets_sample.json.gz", 20),
    ],
)
def test_recorded_markets_are_read(name: str, count: int) -> None:
    read = parse_markets(recording(name))

    assert isinstance(read, GammaPage)
    assert (len(read.markets), read.unreadable) == (count, ())
    assert all(len(one.outcomes) == 2 and one.ends_at_ms for one in read.markets)
    assert all(one.tick_size_micros and one.minimum_size_micros for one in read.markets)


def test_recorded_ends_are_read_as_they_were() -> None:
    lines = json_lines("markets/BTC-5m-markets-2026-07-24.jsonl.gz")
    read = page(*(line["raw"] for line in lines))

    assert read.unreadable == ()
    for one, line in zip(read.markets, lines, strict=True):
        assert one.payouts_micros == tuple(
            int(price) * 1_000_000 for price in line["outcome_prices"]
        )
        assert [each.token_id for each in one.outcomes] == line["token_ids"]
        assert (one.category, one.fee.rate_ppm) == ("Crypto", 70_000)


@pytest.mark.parametrize(
    ("name", "payouts"),
    [
        ("gamma_market_closed_binary_accepting_true", (1_000_000, 0)),
        ("gamma_market_closed_binary_accepting_false", (0, 1_000_000)),
        ("gamma_market_closed_zero_zero_legacy", ()),
        ("gamma_market_closed_nonbinary_legacy", ()),
        ("gamma_market", ()),
    ],
)
def test_recorded_oddities_are_read(name: str, payouts: tuple[int, ...]) -> None:
    (one,) = page(json.loads(recording(f"nautilus/rust/{name}.json"))).markets

    assert one.payouts_micros == payouts
