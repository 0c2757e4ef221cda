"""What the venue says, held against what others recorded of the real one: the same keys, the same
JSON types, and the same order of keys wherever a recording is raw.

Of the samples under `nautilus` some are edited by hand or sorted by whoever saved them: they count
as shapes, and where research or newer frames say otherwise it is named in the test.
"""

import json
from typing import Any

import pytest
from py_clob_client_v2.utilities import (
    generate_orderbook_summary_hash,
    parse_raw_orderbook_summary,
)

from polycopy.paper_venue.core.clob import reading
from polycopy.paper_venue.core.protocol import wire
from tests.support.exchange_play import ANNA, BERT, YES
from tests.support.market_listening import Listening
from tests.support.recorded_games import frames, games
from tests.support.recorded_shapes import everything_once, on_the_wire, sample
from tests.support.shapes import in_order, unlike

RAW_2026 = {
    "dump": "market asset_id timestamp hash bids asks tick_size event_type last_trade_price",
    "book": "market asset_id bids asks hash timestamp event_type",
    "price_change": "market price_changes timestamp event_type",
    "row": "asset_id price size side hash best_bid best_ask",
    "last_trade_price": "market asset_id price size fee_rate_bps side timestamp event_type"
    " transaction_hash",
    "best_bid_ask": "market asset_id best_bid best_ask spread timestamp event_type",
    "tick_size_change": "market asset_id old_tick_size new_tick_size timestamp event_type",
}
"""Keys in their order as several people captured them on the live socket between December 2025 and
October 2026; no such capture lies beside the repository."""
EVENT = ("id", "ticker", "slug", "title", "description")


@pytest.fixture(scope="module")
def listening() -> Listening:
    return everything_once()


def told(listening: Listening, kind: str) -> list[dict[str, Any]]:
    return [message for message in listening.ears["me"].told if message["event_type"] == kind]


def streamed(listening: Listening, kind: str) -> list[dict[str, Any]]:
    """Without the dumps, which have a tick size and other keys."""
    return [message for message in told(listening, kind) if "tick_size" not in message]


def test_a_recorded_book_has_our_keys_in_our_order_and_the_client_s_hash(
    listening: Listening,
) -> None:
    recorded = sample("rest_nexiumito/clob_orderbook_sample.json")
    ours = on_the_wire(reading.book(listening.play.exchange, {"token_id": YES}))

    assert list(ours) == list(recorded)
    assert unlike(ours, recorded) == {}
    for book in (recorded, ours):
        said = book["hash"]
        assert generate_orderbook_summary_hash(parse_raw_orderbook_summary(book)) == said


@pytest.mark.parametrize(
    ("name", "read", "otherwise"),
    [
        ("rest_nexiumito/clob_tick_size_sample.json", reading.tick_size, {}),
        ("rest_nexiumito/clob_midpoint_sample.json", reading.midpoint, {}),
        ("rest_nexiumito/clob_fee_rate_crypto_sample.json", reading.fee_rate, {}),
        ("rest_nexiumito/clob_fee_rate_zero_sample.json", reading.fee_rate, {}),
        # The hand-made text; the raw answers above have a number.
        (
            "nautilus/rust/clob_fee_rate_response_nonzero.json",
            reading.fee_rate,
            {"base_fee": ("number", "string")},
        ),
        # The book of 2024 had no more than this.
        (
            "nautilus/py/http_responses/book.json",
            reading.book,
            {
                "last_trade_price": ("string", "absent"),
                "min_order_size": ("string", "absent"),
                "neg_risk": ("boolean", "absent"),
                "tick_size": ("string", "absent"),
            },
        ),
    ],
)
def test_a_rest_answer_is_like_the_recorded_one(
    listening: Listening, name: str, read: Any, otherwise: dict[str, tuple[str, str]]
) -> None:
    ours = on_the_wire(read(listening.play.exchange, {"token_id": YES}))

    assert unlike(ours, sample(name)) == otherwise


def test_a_refusal_is_like_the_recorded_one() -> None:
    recorded = sample("rest_nexiumito/clob_fee_rate_invalid_sample.json")

    assert unlike(json.loads(wire.error("any")), recorded) == {}


def test_an_order_and_a_trade_are_like_the_recorded_ones(listening: Listening) -> None:
    exchange = listening.play.exchange
    order = on_the_wire(reading.order(exchange, f"key-{ANNA}", "0x5"))
    page = on_the_wire(reading.trades(exchange, f"key-{BERT}", {}))

    for name in ("http_open_order", "http_open_order_sell_fok"):
        assert unlike(order, sample(f"nautilus/rust/{name}.json")) == {}
    recorded = sample("nautilus/py/ws_messages/trades.json")
    assert in_order(page["data"][0], recorded)
    newer = {
        "err_msg": ("string", "absent"),
        "match_time_nano": ("string", "absent"),
        "maker_orders[].side": ("string", "absent"),
    }
    assert unlike(page["data"][0], recorded).items() <= newer.items()


@pytest.mark.parametrize(
    "kind", ["price_change", "last_trade_price", "best_bid_ask", "tick_size_change", "book"]
)
def test_the_market_channel_s_keys_come_in_the_order_of_the_captured_frames(
    listening: Listening, kind: str
) -> None:
    messages = streamed(listening, kind)

    assert messages
    for message in messages:
        assert list(message) == RAW_2026[kind].split()
        for row in message.get("price_changes", ()):
            assert list(row) == RAW_2026["row"].split()


def test_a_dump_s_keys_come_in_the_order_of_the_captured_frames(listening: Listening) -> None:
    dumps = [each for each in told(listening, "book") if "tick_size" in each]

    assert [list(each) for each in dumps] == [RAW_2026["dump"].split()] * 2


def test_a_dump_s_hash_recomputes_with_what_only_the_rest_answer_says(
    listening: Listening,
) -> None:
    rest = on_the_wire(reading.book(listening.play.exchange, {"token_id": YES}))
    untold = {name: rest[name] for name in ("min_order_size", "neg_risk")}

    for dump in (each for each in told(listening, "book") if "tick_size" in each):
        whole = parse_raw_orderbook_summary({**dump, **untold})
        assert generate_orderbook_summary_hash(whole) == dump["hash"]


@pytest.mark.parametrize(
    ("kind", "names", "otherwise"),
    [
        ("book", ["py/ws_messages/book", "rust/ws_market_book_msg"], {"hash"}),
        (
            "price_change",
            ["py/ws_messages/price_change_v2", "rust/ws_market_price_change_msg"],
            set(),
        ),
        (
            "last_trade_price",
            ["py/ws_messages/last_trade_price", "rust/ws_market_last_trade_msg"],
            {"transaction_hash"},  # Newer than the samples: research 3.1.
        ),
        ("best_bid_ask", ["rust/ws_market_best_bid_ask_msg"], set()),
        (
            "tick_size_change",
            ["py/ws_messages/tick_size_change", "rust/ws_market_tick_size_msg"],
            set(),
        ),
        ("new_market", ["rust/ws_market_new_market_msg"], set()),
        (
            "market_resolved",
            ["rust/ws_market_resolved_msg"],
            # In the official client's model and in newer frames.
            {"event_message", *(f"event_message.{name}" for name in EVENT)},
        ),
    ],
)
def test_a_market_message_is_like_the_recorded_ones(
    listening: Listening, kind: str, names: list[str], otherwise: set[str]
) -> None:
    ours = streamed(listening, kind)[0]

    for name in names:
        found = unlike(ours, sample(f"nautilus/{name}.json"))
        assert found.keys() <= otherwise, name
        assert all(theirs == "absent" for _, theirs in found.values())


def test_frames_of_recorded_games_have_levels_and_times_like_ours(listening: Listening) -> None:
    """Before September 2025 a change named its token outside and its side BID or ASK."""
    book = streamed(listening, "book")[0]
    changed = told(listening, "price_change")[0]
    row = changed["price_changes"][0]
    before = {name: row[name] for name in ("asset_id", "hash")} | {
        "event_type": "price_change",
        "market": changed["market"],
        "timestamp": changed["timestamp"],
        "changes": [{name: row[name] for name in ("price", "size", "side")}],
    }
    for slug in games()[:3]:
        for frame in frames(slug):
            recorded = {name: frame[name] for name in frame if name != "market_slug"}
            ours = book if recorded["event_type"] == "book" else before
            assert unlike(ours, recorded) == {}
