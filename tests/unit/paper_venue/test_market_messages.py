"""The market channel's messages, one by one."""

import json

import msgspec
import pytest

from polycopy.paper_venue.core.engine import clearing
from polycopy.paper_venue.core.engine.facts import MarketChanged
from polycopy.paper_venue.core.engine.market import Ladder, Market, Token
from polycopy.paper_venue.core.protocol import book_body
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import ANNA, AT, MARKET, NO, ONE, YES, levels
from tests.support.market_listening import TOKENS, Listening, shown

DUMPED = [
    *("market", "asset_id", "timestamp", "hash", "bids", "asks"),
    *("tick_size", "event_type", "last_trade_price"),
]


@pytest.fixture
def listening() -> Listening:
    """The book 40/60 of strangers, and two who listen: `custom` to both tokens, `plain` to one."""
    listening = Listening()
    listening.play.ladder([(40, 5), (39, 8)], [(60, 7), (61, 9)])
    listening.tell()
    listening.join("custom", YES, NO, custom_feature_enabled=True)
    listening.join("plain", NO)
    return listening


def test_an_order_in_the_book_is_a_changed_level_of_both_tokens(listening: Listening) -> None:
    listening.perform(("place", ANNA, Side.BUY, 45, 10, OrderType.GTC, YES))

    for name in ("custom", "plain"):
        message = next(m for m in listening.ears[name].told if m["event_type"] == "price_change")
        rows = [{**row, "hash": ""} for row in message["price_changes"]]
        assert rows == [
            {
                "asset_id": YES,
                "price": "0.45",
                "size": "10",
                "side": "BUY",
                "hash": "",
                "best_bid": "0.45",
                "best_ask": "0.6",
            },
            {
                "asset_id": NO,
                "price": "0.55",
                "size": "10",
                "side": "SELL",
                "hash": "",
                "best_bid": "0.4",
                "best_ask": "0.55",
            },
        ]


def test_a_level_that_is_gone_has_no_size(listening: Listening) -> None:
    listening.perform(("place", ANNA, Side.BUY, 45, 10, OrderType.GTC, YES))
    listening.perform(("cancel", ANNA, 1))

    last = [m for m in listening.ears["plain"].told if m["event_type"] == "price_change"][-1]
    assert [row["size"] for row in last["price_changes"]] == ["0", "0"]
    assert listening.ears["plain"].best(NO) == (400_000, 600_000)


def test_a_new_ladder_is_one_message_with_what_is_different(listening: Listening) -> None:
    listening.play.ladder([(41, 5), (39, 8)], [(60, 2)])
    listening.tell()

    (message,) = [m for m in listening.ears["plain"].told if m["event_type"] == "price_change"]
    rows = [(row["price"], row["size"]) for row in message["price_changes"] if row["side"] == "BUY"]
    assert rows == [("0.4", "0"), ("0.39", "0"), ("0.41", "5"), ("0.4", "2")]


def test_a_trade_is_told_with_whole_books_and_its_price_and_without_names(
    listening: Listening,
) -> None:
    for ear in listening.ears.values():
        ear.kinds.clear()

    listening.perform(("place", ANNA, Side.BUY, 60, 4, OrderType.FAK, YES))

    assert listening.ears["custom"].kinds == ["book", "book", "last_trade_price"]
    assert listening.ears["plain"].kinds == ["book"]
    book, _, last = listening.ears["custom"].told[-3:]
    assert list(book) == ["market", "asset_id", "bids", "asks", "hash", "timestamp", "event_type"]
    assert (last["asset_id"], last["price"], last["size"], last["side"]) == (YES, "0.6", "4", "BUY")
    assert ANNA not in json.dumps(last)
    assert len(last["transaction_hash"]) == 66


def test_the_last_price_of_both_books_is_that_of_the_token_that_was_traded(
    listening: Listening,
) -> None:
    listening.perform(("place", ANNA, Side.BUY, 60, 4, OrderType.FAK, NO))

    books = [book_body.book(listening.play.exchange, token) for token in TOKENS]
    assert [book["last_trade_price"] for book in books if book] == ["0.600", "0.600"]


def test_best_prices_are_told_only_to_who_asked_and_only_when_they_change(
    listening: Listening,
) -> None:
    listening.perform(("place", ANNA, Side.BUY, 45, 10, OrderType.GTC, YES))
    listening.perform(("place", ANNA, Side.BUY, 30, 10, OrderType.GTC, YES))

    told = [m for m in listening.ears["custom"].told if m["event_type"] == "best_bid_ask"]
    assert [(m["asset_id"], m["best_bid"], m["best_ask"], m["spread"]) for m in told] == [
        (YES, "0.45", "0.6", "0.15"),
        (NO, "0.4", "0.55", "0.15"),
    ]
    assert "best_bid_ask" not in listening.ears["plain"].kinds


def test_an_empty_side_has_the_best_price_of_nothing(listening: Listening) -> None:
    listening.play.ladder([], [])
    listening.tell()

    told = [m for m in listening.ears["custom"].told if m["event_type"] == "best_bid_ask"]
    assert [(m["best_bid"], m["best_ask"], m["spread"]) for m in told] == [("0", "1", "1")] * 2


def test_a_new_tick_is_told_once_for_each_token(listening: Listening) -> None:
    for _ in range(2):
        listening.perform(("tick", 1_000))

    told = [m for m in listening.ears["custom"].told if m["event_type"] == "tick_size_change"]
    assert [(m["asset_id"], m["old_tick_size"], m["new_tick_size"]) for m in told] == [
        (YES, "0.01", "0.001"),
        (NO, "0.01", "0.001"),
    ]


def test_a_market_s_end_is_told_once_to_all_who_asked_for_custom_features(
    listening: Listening,
) -> None:
    elsewhere = listening.join("elsewhere", custom_feature_enabled=True)
    tokens = (
        Token(token_id=YES, outcome="Yes", payout_micros=0),
        Token(token_id=NO, outcome="No", payout_micros=ONE),
    )
    over = msgspec.structs.replace(MARKET, tokens=tokens, resolved=True)
    for _ in range(2):
        listening.happen([MarketChanged(market=over, at_us=AT)])

    (told,) = elsewhere.told
    assert (told["event_type"], told["id"]) == ("market_resolved", "7")
    assert (told["winning_asset_id"], told["winning_outcome"]) == (NO, "No")
    assert told in listening.ears["custom"].told
    assert "market_resolved" not in listening.ears["plain"].kinds


def test_a_market_that_opens_is_told_and_heard_by_who_waited_for_it(listening: Listening) -> None:
    first, second = TokenId("333"), TokenId("444")
    waiting = listening.join("waiting", first)
    opened = Market(
        condition_id=ConditionId("0xc1"),
        tokens=(Token(token_id=first, outcome="Up"), Token(token_id=second, outcome="Down")),
        game_starts_at_s=1_795_000_000,
    )
    listening.happen([MarketChanged(market=opened, at_us=AT)])

    told = listening.ears["custom"].told[-1]
    assert (told["event_type"], told["assets_ids"]) == ("new_market", [first, second])
    assert told["game_start_time"] == "2026-11-18 11:06:40+00"
    assert waiting.kinds == []
    ladder = Ladder(bids=levels([(30, 2)]))
    listening.happen(clearing.put_ladder(listening.play.exchange, opened.condition_id, ladder, AT))
    assert waiting.kinds == ["price_change"]


def test_nothing_is_kept_or_said_where_nobody_listens(listening: Listening) -> None:
    heard = listening.stream.said(
        "custom", json.dumps({"operation": "unsubscribe", "assets_ids": TOKENS})
    )
    assert (heard.text, heard.closes) == ("", "")
    listening.leave("plain")
    listening.play.place(ANNA, Side.BUY, 45, 10)

    assert list(listening.stream.told(listening.play.facts)) == []
    assert listening.join("again", YES).ladder(YES) == shown(listening.play, YES)


def test_a_token_that_no_market_has_is_silent(listening: Listening) -> None:
    assert listening.join("lost", "999").kinds == []
    listening.leave("lost")


def test_a_dump_has_the_keys_in_the_venue_s_order(listening: Listening) -> None:
    heard = listening.stream.said("me", json.dumps({"assets_ids": [YES, NO]}))

    dumped = json.loads(heard.text)
    assert [book["asset_id"] for book in dumped] == [YES, NO]
    assert [list(book) for book in dumped] == [DUMPED, DUMPED]
    assert dumped[0]["bids"] == [{"price": "0.39", "size": "8"}, {"price": "0.4", "size": "5"}]


def test_who_wants_no_dump_hears_the_changes(listening: Listening) -> None:
    quiet = listening.join("quiet", YES, initial_dump=False)
    listening.perform(("place", ANNA, Side.BUY, 45, 10, OrderType.GTC, YES))

    assert quiet.kinds == ["price_change"]
