"""What the venue tells about books."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket import market_channel
from polycopy.polymarket.clob import BookAnswer
from polycopy.polymarket.market_channel import (
    LastTradePrice,
    PriceChanged,
    ResolvedMarket,
    TickSizeChanged,
)
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.money import Side
from tests.support.recordings import json_lines, recording


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("rust/ws_market_book_msg", [BookAnswer]),
        ("py/ws_messages/book", [BookAnswer]),
        ("rust/ws_market_price_change_msg", [PriceChanged]),
        ("py/ws_messages/price_change", [PriceChanged]),
        ("py/ws_messages/price_change_v2", [PriceChanged] * 3),
        ("rust/ws_market_last_trade_msg", [LastTradePrice]),
        ("py/ws_messages/last_trade_price", [LastTradePrice]),
        ("rust/ws_market_tick_size_msg", [TickSizeChanged]),
        ("py/ws_messages/tick_size_change", [TickSizeChanged]),
        ("rust/ws_market_resolved_msg", [ResolvedMarket]),
        ("rust/ws_market_best_bid_ask_msg", []),
        ("rust/ws_market_new_market_msg", []),
    ],
)
def test_recorded_messages_are_read(name: str, kinds: list[type]) -> None:
    assert [type(said) for said in market_channel.feed(recording(f"nautilus/{name}.json"))] == kinds


def test_a_change_of_a_level_is_read() -> None:
    change = {"asset_id": "7", "price": "0.51", "side": "SELL", "size": "0"}
    raw = json.dumps(
        {
            "event_type": "price_change",
            "market": "0xab",
            "price_changes": [change],
            "timestamp": "1703875201000",
        }
    )
    assert market_channel.feed(f"[{raw}]") == [
        PriceChanged(
            condition_id=ConditionId("0xab"),
            token_id=TokenId("7"),
            side=Side.SELL,
            price_micros=510_000,
            size_micros=0,
            at_ms=1_703_875_201_000,
        )
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("{", "not JSON"),
        ("7", "the document is no list"),
        ("[7]", "the message is no object"),
        ("{}", "no event_type"),
        ('{"event_type":"book","market":"0xab","asset_id":"7"}', "timestamp is no time"),
    ],
)
def test_what_cannot_be_used_is_kept_with_the_reason(raw: str, expected: str) -> None:
    [found] = market_channel.feed(raw)
    assert isinstance(found, Unreadable)
    assert found.reason.startswith(expected)


@pytest.mark.parametrize("raw", ["", b"PONG", "[]"])
def test_frames_without_data_say_nothing(raw: str | bytes) -> None:
    assert market_channel.feed(raw) == []


@given(st.binary() | st.text())
def test_no_bytes_are_too_strange(raw: bytes | str) -> None:
    market_channel.feed(raw)


def test_the_subscription_asks_for_everything_about_its_tokens() -> None:
    assert json.loads(market_channel.subscribe_message([TokenId("1"), TokenId("2")])) == {
        "type": "market",
        "assets_ids": ["1", "2"],
        "custom_feature_enabled": True,
    }


def test_recorded_books_of_a_whole_game_are_read() -> None:
    frames = json_lines("ws_market/mlb_2025/mlb-kc-tex-2025-06-19.jsonl.gz")
    books = [one | {"market": "0xab"} for one in frames if one["event_type"] == "book"]
    assert len(books) == 14
    assert all(type(said) is BookAnswer for [said] in map(_said, books))


def _said(message: dict[str, Any]) -> list[market_channel.MarketMessage]:
    return market_channel.feed(json.dumps(message))
