"""Leaders made up against ladders, and what the activity feed says of them."""

import json
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polycopy.paper_venue.core.engine.market import Ladder, Market
from polycopy.paper_venue.core.sources.ladders import SeededRecording
from polycopy.paper_venue.core.sources.leaders import Leaders
from polycopy.paper_venue.core.sources.script import Row
from polycopy.paper_venue.core.streams import rtds
from polycopy.polymarket import rtds as feed
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.money import Side
from tests.support import activity


def leaders(seed: int, trades: int = 60, count: int = 4) -> Leaders:
    chance = random.Random(seed)
    recording = SeededRecording(chance, markets=3, moments=90)
    return Leaders(recording, chance, seed=str(seed), trades=trades, leaders=count)


def market_of(script: Leaders) -> dict[ConditionId, Market]:
    return {market.condition_id: market for market in script.markets}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_nobody_sells_what_it_does_not_hold(seed: int) -> None:
    script = leaders(seed)
    held: Counter[tuple[Wallet, TokenId]] = Counter()
    for index in range(script.total):
        for row in script.transaction(index).rows:
            if row.wallet not in script.wallets:
                continue
            held[row.wallet, row.token_id] += (
                row.size_micros if row.side is Side.BUY else -row.size_micros
            )
            assert held[row.wallet, row.token_id] >= 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_what_the_makers_gave_is_what_the_taker_got(seed: int) -> None:
    script = leaders(seed, trades=20)
    for index in range(script.total):
        taker, *makers = script.transaction(index).rows
        assert taker.wallet in script.wallets
        assert taker.size_micros == sum(row.size_micros for row in makers)
        assert all(0 < row.price_micros < 1_000_000 for row in (taker, *makers))


def test_the_same_seed_tells_the_same_story() -> None:
    first, second = leaders(5), leaders(5)

    assert first.wallets == second.wallets
    assert [first.transaction(i) for i in range(60)] == [second.transaction(i) for i in range(60)]
    assert first.transaction(0) != leaders(6).transaction(0)


def test_a_long_story_has_all_the_shapes_that_the_venue_has_shown() -> None:
    script = leaders(3, trades=400)
    transactions = [script.transaction(index) for index in range(script.total)]
    takers = [transaction.rows[0] for transaction in transactions]
    makers = [row for transaction in transactions for row in transaction.rows[1:]]

    assert {row.side for row in takers} == {Side.BUY, Side.SELL}
    assert {row.wallet for row in takers} == set(script.wallets)
    assert any(row.wallet in script.wallets for row in makers)
    assert any(len(transaction.rows) > 2 for transaction in transactions)
    assert any(Counter(transaction.rows).most_common(1)[0][1] > 1 for transaction in transactions)
    assert any(row.size_micros > 500_000_000 for row in takers)


def test_a_recording_without_a_tradable_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="only 0 of 1 moments of the recording can be traded"):
        Leaders(_Empty(), random.Random(1), seed="1", trades=1, leaders=1)


class _Empty(SeededRecording):
    """Books with nothing in them."""

    def __init__(self) -> None:
        super().__init__(random.Random(1), markets=1, moments=3)

    def ladder(self, moment: int) -> Ladder:  # noqa: ARG002 - the same for all
        return Ladder()


def test_our_own_reader_of_the_feed_understands_every_frame() -> None:
    script = leaders(4)
    markets = market_of(script)
    at_us = 1_795_000_000_123_456
    for index in range(script.total):
        transaction = script.transaction(index)
        frames = activity.of_script(transaction, markets, at_us)
        rows = [feed.feed(activity.text(frame, "connection")) for frame in frames]
        read = [row for (row,) in rows]
        assert all(isinstance(row, LeaderRow) for row in read)
        told = [
            (row.kind, row.wallet, row.token_id, row.side, row.size_micros, row.price_micros)
            for row in read
            if isinstance(row, LeaderRow)
        ]
        expected = [_said("trades", row) for row in transaction.rows]
        assert told == [*expected, _said("orders_matched", transaction.rows[0])]


def _said(kind: str, row: Row) -> tuple[object, ...]:
    return kind, row.wallet, row.token_id, row.side, row.size_micros, row.price_micros


def test_a_frame_has_the_venue_s_fields_and_types() -> None:
    script = leaders(4)
    markets = market_of(script)
    frames = activity.of_script(script.transaction(0), markets, 1_795_000_000_123_456)

    envelope = json.loads(activity.text(frames[0], "abc"))

    assert set(envelope) == {"connection_id", "payload", "timestamp", "topic", "type"}
    assert (envelope["topic"], envelope["type"]) == ("activity", "trades")
    assert envelope["timestamp"] == 1_795_000_000_123
    payload = envelope["payload"]
    assert payload["timestamp"] == 1_795_000_000
    assert isinstance(payload["price"], float)
    assert isinstance(payload["size"], int | float)
    assert isinstance(payload["outcomeIndex"], int)
    assert len(payload["transactionHash"]) == 66


def test_an_address_is_checksummed_as_in_eip_55() -> None:
    known = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"

    assert rtds.checksummed(Wallet(known.lower())) == known
