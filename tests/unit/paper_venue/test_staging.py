"""What a scenario makes of its source's markets."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given

from polycopy.paper_venue.adapters.sources import dice
from polycopy.paper_venue.core.control.staging import Staged, named, nameless
from polycopy.paper_venue.core.engine.market import Ladder, Market
from polycopy.paper_venue.core.scenarios.market_table import MarketTable
from polycopy.paper_venue.core.scenarios.scenario import Scenario
from polycopy.paper_venue.core.scenarios.scenario_file import parse
from polycopy.paper_venue.core.sources.ladders import SeededRecording
from polycopy.paper_venue.core.sources.leaders import Leaders
from polycopy.paper_venue.core.sources.script import Chance
from polycopy.polymarket import order_hash
from polycopy.schemas.money import MICROS
from polycopy.schemas.terms import FeeCurve, Level
from tests.support.scenarios import market_tables

START_S = 1_795_000_000
DAY_S = 86_400


@cache
def script() -> Leaders:
    chance: Chance = dice("7")("script")
    return Leaders(SeededRecording(chance, markets=2), chance, seed="7", trades=5, leaders=2)


def stage(*tables: MarketTable, seed: str = "7") -> Staged:
    return Staged(script(), Scenario(markets=tables), dice(seed), START_S)


def market(staged: Staged, name: str) -> Market:
    found = named(staged.markets, name)
    assert found is not None
    return found


def test_without_a_table_the_source_is_what_it_was() -> None:
    staged, source = stage(), script()
    undated = {"created_at_s": 0, "ends_at_s": 0}
    assert source.markets == tuple(
        msgspec.structs.replace(each, **undated) for each in staged.markets
    )
    assert staged.opening == source.opening
    assert staged.total == 5
    assert staged.wallets == source.wallets
    assert staged.source_note == source.source_note
    assert [staged.transaction(place) for place in range(5)] == [
        source.transaction(place) for place in range(5)
    ]


def test_markets_of_a_source_are_not_over_when_the_venue_starts() -> None:
    for each in stage(MarketTable(slug="seeded-market-1", ends=900)).markets:
        assert START_S - 8 * DAY_S < each.created_at_s < START_S < each.ends_at_s
    assert market(stage(), "seeded-market-1").ends_at_s > START_S + DAY_S


def test_dates_that_a_source_has_stay() -> None:
    recording = SeededRecording(dice("7")("script"), markets=2)
    dated = msgspec.structs.replace(recording.markets[0], created_at_s=5, ends_at_s=9)
    recording.markets = (dated, recording.markets[1])
    leaders = Leaders(recording, dice("7")("leaders"), seed="7", trades=5, leaders=2)
    first, second = Staged(leaders, Scenario(), dice("7"), START_S).markets
    assert (first.created_at_s, first.ends_at_s) == (5, 9)
    assert second.ends_at_s > START_S


def test_a_market_of_the_source_keeps_what_is_not_named() -> None:
    table = MarketTable(
        slug="seeded-market-1",
        tick=Decimal("0.001"),
        fee_rate=Decimal("0.05"),
        taker_delay_ms=3000,
        ends=900,
        game_starts=datetime(2030, 1, 1, tzinfo=UTC),
        accepting=False,
    )
    staged = stage(table)
    before, after = script().markets[0], market(staged, "seeded-market-1")
    assert after.condition_id == before.condition_id
    assert after.tokens == before.tokens
    assert after.tick_size_micros == 1_000
    assert after.fee == FeeCurve(rate_ppm=50_000, exponent=before.fee.exponent)
    assert after.ends_at_s == START_S + 900
    assert after.game_starts_at_s == 1_893_456_000
    assert not after.accepting
    assert after.title == before.title
    assert staged.opening == script().opening
    assert len(staged.markets) == 2


def test_a_market_of_the_source_is_found_by_its_condition_id_too() -> None:
    condition = script().markets[1].condition_id
    staged = stage(MarketTable(slug=condition, neg_risk=True))
    assert [each.neg_risk for each in staged.markets] == [False, True]


@pytest.mark.parametrize("said", [{"version": 2}, {"outcomes": ("A", "B")}])
def test_what_the_tokens_hang_on_cannot_be_changed(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"market 2: seeded-market-1 is the source's"):
        stage(MarketTable(slug="fine"), MarketTable(slug="seeded-market-1", **said))


def test_a_made_up_market_has_the_ids_of_its_slug_whatever_the_seed() -> None:
    first, second = stage(MarketTable(slug="mine")), stage(MarketTable(slug="mine"), seed="8")
    one, other = market(first, "mine"), market(second, "mine")
    assert one == other
    assert one.created_at_s == START_S
    assert [token.outcome for token in one.tokens] == ["Yes", "No"]
    assert first.opening[one.condition_id] != second.opening[one.condition_id]


def test_a_market_of_protocol_v2_has_position_ids() -> None:
    made = market(stage(MarketTable(slug="new", version=2)), "new")
    for index, token in enumerate(made.tokens):
        assert order_hash.exchange_for(token.token_id, neg_risk=False) == order_hash.EXCHANGE_V3
        assert f"0x{int(token.token_id):064x}" == f"{made.condition_id}{index:02x}"
    old = market(stage(MarketTable(slug="new")), "new")
    assert order_hash.exchange_for(old.tokens[0].token_id, neg_risk=False) == order_hash.EXCHANGE_V2


def test_a_book_is_what_the_table_says_best_price_first() -> None:
    levels = ((Decimal("0.49"), Decimal(5)), (Decimal("0.5"), Decimal("0.5")))
    staged = stage(MarketTable(slug="mine", bids=levels, asks=()))
    assert staged.opening[market(staged, "mine").condition_id] == Ladder(
        bids=(
            Level(price_micros=500_000, size_micros=500_000),
            Level(price_micros=490_000, size_micros=5 * MICROS),
        )
    )


def test_a_price_that_is_off_the_markets_tick_is_told_for_every_table() -> None:
    with pytest.raises(ValueError, match=r"market 1: not on the tick 0.01: 0.495; market 2: price"):
        stage(
            MarketTable(slug="mine", bids=((Decimal("0.495"), Decimal(5)),)),
            MarketTable(slug="yours", price=Decimal("0.4999")),
        )


def on_the_tick(table: MarketTable) -> bool:
    named_prices = [price for price, _ in (*(table.bids or ()), *(table.asks or ()))]
    return all(price % Decimal("0.01") == 0 for price in (*named_prices, table.price or 0))


@given(market_tables())
def test_a_staged_book_is_on_the_grid_and_not_crossed(table: MarketTable) -> None:
    try:
        staged = stage(table)
    except ValueError:
        assert not on_the_tick(table)
        return
    assert on_the_tick(table)
    made = market(staged, table.slug)
    ladder = staged.opening[made.condition_id]
    prices = [level.price_micros for level in (*ladder.bids, *ladder.asks)]
    assert all(price % made.tick_size_micros == 0 and 0 < price < MICROS for price in prices)
    if ladder.bids and ladder.asks:
        assert ladder.bids[0].price_micros < ladder.asks[0].price_micros


def test_every_market_that_nobody_has_is_told_with_its_place() -> None:
    scenario: Scenario = parse("""
        [[wallet]]
        address = "0x0000000000000000000000000000000000000001"
        shares = { seeded-market-1 = [1, 1], gone = [1, 1] }
        [[step]]
        do = "set_tick"
        market = "seeded-market-3"
        tick = 0.01
        [[step]]
        do = "add_market"
        market = { slug = "later" }
        [[step]]
        do = "redeem"
        market = "later"
        wallet = "0x0000000000000000000000000000000000000001"
        [[step]]
        do = "set_wallet"
        wallet = "0x0000000000000000000000000000000000000001"
        shares = { nowhere = [0, 1] }
        [[step]]
        do = "cancel_orders"
    """)
    assert list(nameless(scenario, script().markets)) == [
        "wallet 1: shares: there is no market 'gone'",
        "step 1: market: there is no market 'seeded-market-3' (did you mean seeded-market-2?)",
        "step 4: shares: there is no market 'nowhere'",
    ]
