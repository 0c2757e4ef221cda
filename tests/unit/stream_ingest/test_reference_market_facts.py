"""Two descriptions of a market, and what becomes of them."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.clob import ClobMarket, MarketToken
from polycopy.polymarket.gamma_market import GammaMarket
from polycopy.polymarket.resolutions import Resolution
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.markets import MarketDescribed, MarketOutcome, Payout
from polycopy.schemas.terms import FeeCurve
from polycopy.stream_ingest.core.market_facts import (
    changed,
    content,
    market_described,
    market_resolved,
)

CONDITION = ConditionId("0x" + "ab" * 32)
AT_MS = 1_795_000_000_000
TOKENS = tuple(
    MarketToken(token_id=TokenId(token), outcome=outcome)
    for token, outcome in (("11", "Yes"), ("22", "No"))
)
IDS = tuple(one.token_id for one in TOKENS)
OUTCOMES = tuple(MarketOutcome(token_id=one.token_id, outcome=one.outcome) for one in TOKENS)
GAMMA = GammaMarket(
    condition_id=CONDITION,
    outcomes=TOKENS,
    tick_size_micros=10_000,
    minimum_size_micros=5_000_000,
    fee=FeeCurve(rate_ppm=30_000),
    version="v1",
    slug="rain",
    title="Will it rain?",
    event_slug="weather",
    category="Weather",
    tags=("Weather", "Rain"),
    starts_at_ms=1,
    game_starts_at_ms=2,
    ends_at_ms=3,
    delay_s=2,
    accepting_orders=True,
)
CLOB = ClobMarket(
    condition_id=CONDITION,
    tokens=TOKENS,
    tick_size_micros=1_000,
    minimum_size_micros=7_000_000,
    fee=FeeCurve(rate_ppm=70_000, exponent=2),
    neg_risk=True,
    accepting_orders=True,
    delay_s=3,
    version="v2",
)
_replace = msgspec.structs.replace


def described(
    gamma: GammaMarket | None = GAMMA,
    clob: ClobMarket | None = CLOB,
    before: MarketDescribed | None = None,
) -> MarketDescribed:
    event = market_described(gamma, clob, at_ms=AT_MS, before=before)
    assert event is not None
    return event


def test_the_clob_has_the_rules_and_gamma_the_words() -> None:
    assert described() == MarketDescribed(
        condition_id=CONDITION,
        outcomes=OUTCOMES,
        tick_size_micros=1_000,
        minimum_size_micros=7_000_000,
        fee=FeeCurve(rate_ppm=70_000, exponent=2),
        source="gamma+clob",
        read_at_ms=AT_MS,
        version="v2",
        slug="rain",
        title="Will it rain?",
        event_slug="weather",
        category="Weather",
        tags=("Weather", "Rain"),
        starts_at_ms=1,
        game_starts_at_ms=2,
        ends_at_ms=3,
        neg_risk=True,
        taker_delayed=True,
        taker_delay_ms=3_000,
        accepting_orders=True,
    )


def test_what_nobody_lists_is_not_described() -> None:
    assert market_described(None, None, at_ms=AT_MS) is None


def test_gamma_alone_tells_rules_too() -> None:
    event = described(clob=None)

    assert (event.tick_size_micros, event.minimum_size_micros) == (10_000, 5_000_000)
    assert (event.taker_delayed, event.taker_delay_ms) == (True, 2_000)
    assert (event.source, event.accepting_orders) == ("gamma", True)


def test_the_clob_alone_has_no_words() -> None:
    event = described(gamma=None)

    assert (event.source, event.title, event.tick_size_micros) == ("clob", "", 1_000)
    assert event.outcomes == OUTCOMES


def test_a_closed_market_takes_no_orders_whatever_the_clob_says() -> None:
    event = described(_replace(GAMMA, closed=True))

    assert (event.closed, event.accepting_orders) == (True, False)
    assert not described(_replace(GAMMA, closed=True), None).accepting_orders


def test_an_order_waits_where_only_that_it_does_is_known() -> None:
    event = described(clob=_replace(CLOB, taker_delayed=True, delay_s=0))

    assert (event.taker_delayed, event.taker_delay_ms) == (True, 0)


def test_what_the_clob_leaves_out_gamma_says() -> None:
    event = described(
        clob=_replace(CLOB, tick_size_micros=0, minimum_size_micros=0, version="", tokens=())
    )

    assert (event.tick_size_micros, event.minimum_size_micros) == (10_000, 5_000_000)
    assert (event.version, event.outcomes) == ("v1", OUTCOMES)


def test_tokens_come_in_gamma_s_order_and_are_the_clob_s() -> None:
    turned = _replace(CLOB, tokens=TOKENS[::-1])
    other = _replace(CLOB, tokens=(MarketToken(token_id=TokenId("33"), outcome="Up"),))

    assert described(clob=turned).outcomes == OUTCOMES
    assert described(clob=other).outcomes == (MarketOutcome(token_id=TokenId("33"), outcome="Up"),)


def test_what_one_lists_no_more_stays_as_it_was_said() -> None:
    before = described()

    without_clob = described(clob=None, before=before)
    assert not changed(before, without_clob)
    without_gamma = described(gamma=None, before=before)
    assert not changed(before, without_gamma)
    assert without_gamma.source == "clob"
    new_words = described(_replace(GAMMA, title="Will it snow?"), None, before)
    assert (new_words.title, new_words.tick_size_micros) == ("Will it snow?", 1_000)


def test_rules_that_were_never_known_come_from_gamma() -> None:
    before = described(_replace(GAMMA, tick_size_micros=0), None)

    assert described(clob=None, before=before).tick_size_micros == 10_000


def test_who_said_it_and_when_is_no_news() -> None:
    event = described()

    assert changed(None, event)
    assert not changed(event, _replace(event, source="x", read_at_ms=1))
    assert changed(event, _replace(event, tick_size_micros=2))


@given(st.sampled_from(MarketDescribed.__struct_fields__))
def test_anything_else_is(name: str) -> None:
    event = described()
    value = getattr(event, name)
    other = {bool: True, int: 9, str: "9", tuple: (), FeeCurve: FeeCurve()}[type(value)]
    if isinstance(value, bool):
        other = not value

    told = content(_replace(event, **{name: other})) != content(event)
    assert told is (name not in ("source", "read_at_ms"))


RESOLVED = Resolution(
    condition_id=CONDITION,
    status="resolved",
    payouts_micros=(0, 1_000_000),
    resolved_at_ms=5,
)


def test_the_chain_s_payouts_go_before_last_prices() -> None:
    closed = _replace(GAMMA, payouts_micros=(1_000_000, 0), closed_at_ms=4)
    event = market_resolved(IDS, RESOLVED, closed, at_ms=AT_MS)

    assert event is not None
    assert event.payouts == (
        Payout(token_id=TokenId("11"), price_micros=0),
        Payout(token_id=TokenId("22"), price_micros=1_000_000),
    )
    assert (event.source, event.resolved_at_ms, event.read_at_ms) == ("data-api", 5, AT_MS)
    by_gamma = market_resolved(IDS, None, closed, at_ms=AT_MS)
    assert by_gamma is not None
    assert (by_gamma.source, by_gamma.resolved_at_ms) == ("gamma", 4)
    assert by_gamma.payouts[0].price_micros == 1_000_000


def test_without_payouts_or_with_others_outcomes_nothing_ended() -> None:
    open_still = _replace(RESOLVED, payouts_micros=())

    assert market_resolved(IDS, open_still, GAMMA, at_ms=AT_MS) is None
    assert market_resolved(IDS, None, None, at_ms=AT_MS) is None
    assert market_resolved((), RESOLVED, None, at_ms=AT_MS) is None


def test_an_end_without_a_time_is_when_it_was_read() -> None:
    event = market_resolved(IDS, _replace(RESOLVED, resolved_at_ms=0), None, at_ms=AT_MS)

    assert event is not None
    assert event.resolved_at_ms == AT_MS
