"""Leaderboards, resolutions, freshness, and the cache before them all."""

from collections import Counter
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.data_api.cdn import Cdn
from polycopy.paper_venue.core.data_api.rows import IndexDelay
from polycopy.paper_venue.core.protocol.messages import Answer
from polycopy.schemas.money import MICROS, Side
from tests.support.chain_dice import chains
from tests.support.data_venue import (
    ANNA,
    AT_S,
    BERT,
    CARL,
    FIRST,
    MARKETS,
    NOBODY,
    Chain,
    did,
)

DAY_S = 86_400


def board(chain: Chain, query: str, *, at_s: int = 100) -> list[tuple[Any, ...]]:
    _, body = chain.ask(f"/v2/leaderboard?{query}", at_s=at_s)
    return [(row["rank"], row["user_id"], row["pnl"], row["volume"]) for row in body["data"]]


def test_gains_of_a_day_are_marked_and_those_since_ever_are_realised() -> None:
    chain = Chain()
    chain.book(FIRST, [(59, 9)], [(61, 9)])
    chain.trade(did(ANNA, Side.BUY, 10, 40), did(BERT, Side.SELL, 10, 40))
    chain.trade(did(ANNA, Side.SELL, 5, 50), did(BERT, Side.BUY, 5, 50))

    assert board(chain, "time_period=day") == [(1, ANNA, 1.5, 15), (2, BERT, -1.5, 15)]
    assert board(chain, "time_period=all") == [(1, ANNA, 0.5, 15), (2, BERT, -0.5, 15)]


def test_what_was_carried_into_a_window_counts_at_the_last_price_before_it() -> None:
    chain = Chain()
    chain.book(FIRST, [(69, 9)], [(71, 9)])
    chain.trade(did(ANNA, Side.BUY, 10, 40))
    chain.trade(did(CARL, Side.BUY, 10, 50), at_s=10)
    chain.trade(did(ANNA, Side.BUY, 10, 60), at_s=2 * DAY_S)

    gained = board(chain, "time_period=day", at_s=2 * DAY_S + 50)

    # Ten shares rose from 0.5 to 0.7, ten from 0.6: and Carl did nothing in the window.
    assert gained == [(1, ANNA, 3, 10)]


def test_equal_ones_share_a_rank_and_the_next_one_jumps() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 50), did(BERT, Side.BUY, 10, 50))
    chain.trade(did(CARL, Side.BUY, 5, 50))

    ranks = [row[0] for row in board(chain, "sort_by=VOLUME")]

    assert ranks == [1, 1, 3]


@given(chains(), st.sampled_from(("PNL", "VOLUME")), st.integers(1, 3))
def test_following_the_cursor_gives_the_whole_board(chain: Chain, sort_by: str, limit: int) -> None:
    whole = board(chain, f"sort_by={sort_by}&time_period=all&limit=1000")
    found: list[tuple[Any, ...]] = []
    query = f"sort_by={sort_by}&time_period=all&limit={limit}"
    while query:
        found.extend(board(chain, query))
        cursor = chain.ask(f"/v2/leaderboard?{query}")[1]["pagination"]["next_cursor"]
        query = f"cursor={cursor}" if cursor else ""

    assert found == whole
    volumes: Counter[str] = Counter()
    for settled in chain.ledger:
        for each in settled.executions:
            volumes[each.wallet] += each.size_micros
    assert {row[1]: round(row[3] * MICROS) for row in whole if row[3]} == dict(volumes)


def test_a_board_s_cursor_is_of_that_board_alone() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 50), did(BERT, Side.BUY, 10, 50))
    _, body = chain.ask("/v2/leaderboard?limit=1&time_period=week")
    cursor = body["pagination"]["next_cursor"]

    assert chain.ask(f"/v2/leaderboard?cursor={cursor}&time_period=week")[0] == 200
    assert chain.ask(f"/v2/leaderboard?cursor={cursor}&time_period=day")[0] == 400


def test_a_wallet_s_standing_has_both_ranks_zero_or_nothing_at_all() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 50), did(BERT, Side.BUY, 20, 50))

    _, anna = chain.ask(f"/v2/leaderboard?user={ANNA}")
    _, later = chain.ask(f"/v2/leaderboard?user={ANNA}", at_s=3 * DAY_S)
    _, nobody = chain.ask(f"/v2/leaderboard?user={NOBODY}")

    assert (anna["data"]["rank_pnl"], anna["data"]["rank_volume"]) == (1, 2)
    assert (later["data"]["rank_pnl"], later["data"]["rank_volume"]) == (0, 0)
    assert nobody == {"data": None}


def test_the_old_board_ranks_in_texts_and_counts_dollars() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 50), did(BERT, Side.BUY, 20, 10))

    _, rows = chain.ask("/v1/leaderboard?orderBy=VOL&timePeriod=ALL")

    assert [(row["rank"], row["proxyWallet"], row["vol"]) for row in rows] == [
        ("1", ANNA, 5),
        ("2", BERT, 2),
    ]
    _, named = chain.ask(f"/v1/leaderboard?timePeriod=ALL&userName={rows[1]['userName']}")
    assert [row["proxyWallet"] for row in named] == [BERT]
    assert chain.ask("/v1/leaderboard?category=CRYPTO&timePeriod=ALL") == (200, [])
    assert chain.ask("/v1/leaderboard?limit=51")[0] == 400


def test_a_category_has_its_own_board() -> None:
    chain = Chain()
    for place, market in enumerate(MARKETS):
        wallet = (ANNA, BERT, CARL)[place]
        chain.trade(did(wallet, Side.BUY, 10, 50, market.tokens[0].token_id), of=market)

    assert [row[1] for row in board(chain, "category=sports")] == [ANNA]
    assert [row[1] for row in board(chain, "category=Crypto")] == [BERT]


def test_a_resolution_tells_the_payouts_once_there_are_any() -> None:
    chain = Chain()
    open_rows = chain.ask(f"/v2/resolutions?condition={FIRST.condition_id}")[1]["data"]
    tokens = tuple(
        msgspec.structs.replace(token, payout_micros=MICROS * place)
        for place, token in enumerate(FIRST.tokens)
    )
    chain.exchange.books[FIRST.condition_id].market = msgspec.structs.replace(
        FIRST, tokens=tokens, resolved=True, resolved_at_s=AT_S
    )

    (row,) = chain.ask(f"/v2/resolutions?condition={FIRST.condition_id}")[1]["data"]
    _, market = chain.look("/markets/slug/market-0")
    (asked,) = chain.ask(f"/v2/resolutions?question_id={market['questionID']}")[1]["data"]

    assert [(each["status"], each.get("payouts")) for each in open_rows] == [("posed", None)]
    assert (row["status"], row["payouts"], row["market_type"]) == (
        "resolved",
        [0, MICROS],
        "BINARY",
    )
    assert row["resolved_at"] == "2026-11-18T11:06:40Z"
    assert (asked["status"], asked["price"]) == ("resolved", "0")
    assert "condition_id" not in asked
    event = chain.look("/events")[1][0]["id"]
    _, of_event = chain.ask(f"/v2/resolutions?event_id={event}")
    kinds = {each["condition_id"]: each["market_type"] for each in of_event["data"]}
    assert kinds == {
        FIRST.condition_id: "BINARY",
        MARKETS[1].condition_id: "INCREMENTAL_NEGRISK",
    }


def test_the_lag_is_the_age_of_the_oldest_row_that_is_not_served_yet() -> None:
    chain = Chain(delay=IndexDelay(least_us=6_000_000, most_us=6_000_000))
    chain.trade(did(ANNA, Side.BUY, 10, 50), at_s=10)
    chain.trade(did(ANNA, Side.BUY, 10, 50), at_s=12)

    lags = [
        chain.ask("/v2/status", at_s=at_s)[1]["data"]["serving"]["lag_seconds"]
        for at_s in (10, 15, 16, 17, 18)
    ]

    assert lags == [0, 5, 4, 5, 0]


def test_the_lag_skips_a_late_row_that_is_served_already() -> None:
    delay = IndexDelay(least_us=0, most_us=9_000_000)
    chain = Chain(delay=delay)
    late = [chain.trade(did(ANNA, Side.BUY, 10, 50), at_s=0) for _ in range(20)]
    at_s = 4
    hidden = [each for each in late if delay.of(each.transaction_hash) > at_s * MICROS]
    assert 0 < len(hidden) < len(late)

    _, status = chain.ask("/v2/status", at_s=at_s)
    _, body = chain.ask("/v2/trades", at_s=at_s)

    assert status["data"]["serving"]["lag_seconds"] == at_s
    assert len(body["data"]) == len(late) - len(hidden)


def headers(answer: Answer) -> dict[str, str]:
    return dict(answer.headers)


def test_an_answer_is_old_until_its_age_is_over_unless_another_is_asked_for() -> None:
    chain = Chain(cdn=Cdn())
    target = f"/v2/activity?user={ANNA}"
    first = chain.answer(target, at_s=100)
    chain.trade(did(ANNA, Side.BUY, 10, 50), at_s=101)

    cached = chain.answer(target, at_s=114)
    fresh = chain.answer(f"{target}&_=1", at_s=114)
    later = chain.answer(target, at_s=115)

    assert (headers(first)["X-Cache"], "Age" in headers(first)) == ("Miss from cloudfront", False)
    assert headers(first)["Cache-Control"] == "public, max-age=15"
    assert (cached.body, headers(cached)["Age"]) == (first.body, "14")
    assert headers(cached)["X-Cache"] == "Hit from cloudfront"
    assert headers(cached)["x-trace-id"] == headers(first)["x-trace-id"]
    assert fresh.body == later.body != first.body


def test_ages_are_those_of_the_paths() -> None:
    chain = Chain(cdn=Cdn())
    ages = {
        path: headers(chain.answer(f"{path}?user={ANNA}")).get("Cache-Control")
        for path in ("/v2/trades", "/v2/positions", "/v2/leaderboard", "/trades", "/activity")
    }

    assert ages == {
        "/v2/trades": "public, max-age=300",
        "/v2/positions": "public, max-age=5",
        "/v2/leaderboard": None,
        "/trades": None,
        "/activity": None,
    }


def test_a_refusal_is_not_kept_and_the_cache_has_an_end() -> None:
    cdn = Cdn(kept=2)
    chain = Chain(cdn=cdn)
    chain.answer("/v2/activity")
    assert len(cdn) == 0
    for number in range(3):
        chain.answer(f"/v2/trades?_={number}")

    assert len(cdn) == 2
    kept = [headers(chain.answer(f"/v2/trades?_={number}"))["X-Cache"] for number in (2, 1, 0)]
    assert [each.split()[0] for each in kept] == ["Hit", "Hit", "Miss"]
