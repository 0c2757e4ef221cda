"""The two formats of recorded leader trades."""

import json
import random

import pytest

from polycopy.paper_venue.core.engine.market import Token
from polycopy.paper_venue.core.sources.recordings import Replay, session, tape
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import Side
from tests.support.recordings import recording

HASH = "0x" + "1" * 64


def line(**changes: object) -> bytes:
    row = {
        "wallet": "0x" + "a" * 40,
        "asset": "111",
        "condition_id": "0x" + "c" * 64,
        "side": "BUY",
        "size": "6.05263",
        "price": "0.62000007",
        "timestamp": 1769451167,
        "tx_hash": HASH,
        "outcome": "No",
        "slug": "a-match",
        "title": "A match?",
    }
    return json.dumps(row | changes).encode()


def replay(rows: list[bytes], trades: int = 100) -> Replay:
    return Replay(tape(rows), random.Random(1), trades=trades, source_note="a tape")


def test_rows_of_one_transaction_stay_together_and_in_order() -> None:
    other = "0x" + "2" * 64

    script = replay([line(), line(tx_hash=other), line(side="SELL"), line()])

    assert script.total == 2
    assert [row.side for row in script.transaction(0).rows] == [Side.BUY, Side.SELL, Side.BUY]
    assert script.transaction(1).transaction_hash == other


def test_noise_beyond_the_sixth_decimal_is_rounded() -> None:
    (row,) = replay([line()]).transaction(0).rows

    assert (row.size_micros, row.price_micros) == (6_052_630, 620_000)


def test_a_token_that_no_row_names_is_made_up() -> None:
    (market,) = replay([line()]).markets

    assert [token.outcome for token in market.tokens] == ["Yes", "No"]
    assert market.tokens[1] == Token(token_id=TokenId("111"), outcome="No")
    assert int(market.tokens[0].token_id) >> 40 & (2**64 - 1)


def test_the_book_after_a_buy_still_offers_at_its_price() -> None:
    script = replay([line(outcome="Yes")])

    ladder = script.transaction(0).ladder

    assert ladder.asks[0].price_micros == 620_000
    assert ladder.bids[0].price_micros == 610_000
    assert len(ladder.asks) == len(ladder.bids) == 10


def test_every_wallet_is_a_leader_the_busiest_first() -> None:
    busy = "0x" + "b" * 40

    script = replay([line(), line(wallet=busy), line(wallet=busy)])

    assert script.wallets[0] == busy
    assert len(script.wallets) == 2


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "row 2 of the recording: not JSON"),
        (line(side="HOLD"), "row 2 of the recording: side"),
        (b'{"timestamp":"2025-12-20T14:11:04Z"}', "row 2 of the recording: no transaction hash"),
        (b"[]", "row 2 of the recording: the row is no object"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(raw: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tape([line(), raw])


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"events": 3}', b'{"events": [3]}'])
def test_a_session_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"document|events|row 1|JSON"):
        session(raw)


def test_a_market_with_three_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="has 3 tokens"):
        replay([line(), line(asset="2"), line(asset="3")])


def test_a_recording_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        replay([])


def test_a_market_of_a_second_row_gets_a_book_of_its_own() -> None:
    script = replay([line(), line(condition_id="0x" + "d" * 64, asset="9", price="0.01")])

    ladder = script.opening[script.markets[1].condition_id]

    assert script.total == 1
    assert (ladder.bids[0].price_micros, ladder.asks[0].price_micros) == (499_000, 500_000)


def test_the_recorded_session_of_the_feed_is_a_script() -> None:
    rows = session(recording("trades/rtds_session_2026-08-19.json"))

    script = Replay(rows, random.Random(1), trades=1000, source_note="a session")

    assert script.total == 49
    assert sum(len(script.transaction(index).rows) for index in range(49)) == 120
    assert set(script.opening) == {market.condition_id for market in script.markets}


def test_the_recorded_tape_is_a_script() -> None:
    rows = tape(recording("trades/tape_full_fields.jsonl.gz").splitlines())

    script = Replay(rows, random.Random(1), trades=10_000, source_note="a tape")

    assert script.total == 1356
    for index in range(script.total):
        ladder = script.transaction(index).ladder
        assert ladder.bids[0].price_micros < ladder.asks[0].price_micros
