"""What the user channel and the activity feed say, held against what others recorded.

As in `test_recorded_shapes`: some samples are edited by hand or sorted by whoever saved them.
"""

import json
from typing import Any

import pytest

from polycopy.paper_venue.core.chain import settlement
from polycopy.paper_venue.core.engine.exchange import evolve, initial
from polycopy.paper_venue.core.engine.facts import TradeMatched
from polycopy.paper_venue.core.streams.notices import notices
from tests.support import activity
from tests.support.exchange_play import AT, MARKET
from tests.support.market_listening import Listening
from tests.support.recorded_shapes import everything_once, on_the_wire, sample
from tests.support.shapes import unlike

KEPT = {
    "trader": "proxyWallet",
    "market_id": "conditionId",
    "token_id": "asset",
    "outcome": "outcome",
    "side": "side",
    "price": "price",
    "size": "size",
    "tx_hash": "transactionHash",
    "source_ts_ms": "timestamp",
    "title": "title",
    "slug": "slug",
}
ACTIVITY = [
    *("asset", "bio", "conditionId", "eventSlug", "icon", "name", "outcome", "outcomeIndex"),
    *("price", "profileImage", "proxyWallet", "pseudonym", "side", "size", "slug", "timestamp"),
    *("title", "transactionHash"),
]
"""The payload's fields by the README of the official real-time-data-client."""


@pytest.fixture(scope="module")
def listening() -> Listening:
    return everything_once()


@pytest.fixture(scope="module")
def user_messages(listening: Listening) -> list[dict[str, Any]]:
    """What the user channel says of the same facts, to both traders."""
    again = initial("seed", (MARKET,))
    told: list[dict[str, Any]] = []
    for fact in listening.play.facts:
        evolve(again, fact)
        told.extend(on_the_wire(body) for _, _, body in notices(again, fact))
    return told


def order_message(messages: list[dict[str, Any]], number: int, kind: str) -> dict[str, Any]:
    return next(each for each in messages if (each["id"], each["type"]) == (f"0x{number}", kind))


@pytest.mark.parametrize(
    ("name", "number", "kind"),
    [
        ("py/ws_messages/order_placement", 1, "PLACEMENT"),
        ("py/ws_messages/order_cancel", 1, "CANCELLATION"),
        ("rust/ws_user_order_placement", 1, "PLACEMENT"),
        ("rust/ws_user_order_update", 1, "UPDATE"),
        ("rust/ws_user_order_matched", 2, "UPDATE"),
        ("rust/ws_user_order_cancellation", 1, "CANCELLATION"),
        ("rust/ws_user_order_venue_cancel", 1, "CANCELLATION"),
        ("rust/ws_user_order_fok_killed", 4, "CANCELLATION"),
    ],
)
def test_an_order_on_the_user_channel_is_like_the_recorded_one(
    user_messages: list[dict[str, Any]], name: str, number: int, kind: str
) -> None:
    ours = order_message(user_messages, number, kind)
    recorded = sample(f"nautilus/{name}.json")

    # Half of the samples lost their event_type with the frame around them.
    assert unlike(ours, recorded).keys() <= {"event_type"}


def test_a_killed_fok_is_the_recorded_message_key_by_key(
    user_messages: list[dict[str, Any]],
) -> None:
    ours = order_message(user_messages, 4, "CANCELLATION")
    recorded = sample("nautilus/rust/ws_user_order_fok_killed.json")

    assert list(ours) == list(recorded)
    for name in ("size_matched", "created_at", "outcome", "associate_trades", "status", "type"):
        assert ours[name] == recorded[name]


def test_a_trade_on_the_user_channel_is_like_the_recorded_ones(
    user_messages: list[dict[str, Any]],
) -> None:
    ours = next(each for each in user_messages if each["event_type"] == "trade")
    newer = {"err_msg", "match_time_nano", "maker_orders[].side"}
    for number in range(1, 5):
        recorded = sample(f"nautilus/py/ws_messages/user_trade{number}.json")
        assert unlike(ours, recorded).keys() <= newer
    makers = recorded["maker_orders"]
    assert all(list(maker) == list(ours["maker_orders"][0]) for maker in makers)


def test_an_activity_frame_has_the_official_client_s_fields(listening: Listening) -> None:
    matched = next(fact for fact in listening.play.facts if isinstance(fact, TradeMatched))
    settled = settlement.of_batch([matched], "0x" + "ab" * 32, AT)

    frame, *_ = activity.of_chain(settled, MARKET, AT)
    ours = json.loads(activity.text(frame, "id"))

    assert list(ours) == ["connection_id", "payload", "timestamp", "topic", "type"]
    assert list(ours["payload"]) == ACTIVITY


def test_an_activity_row_is_like_those_of_the_recorded_session(listening: Listening) -> None:
    """The recorder kept 11 fields under names of his own and the time in milliseconds."""
    matched = next(fact for fact in listening.play.facts if isinstance(fact, TradeMatched))
    settled = settlement.of_batch([matched], "0x" + "ab" * 32, AT)
    payload = json.loads(activity.text(activity.of_chain(settled, MARKET, AT)[0], "id"))["payload"]
    kept = {ours: payload[theirs] for ours, theirs in KEPT.items()}

    for row in sample("trades/rtds_session_2026-08-19.json")["events"]:
        assert unlike(kept, row) == {}
        assert row["source_ts_ms"] % 1000 == 0


def test_a_recorded_transaction_begins_with_its_taker_as_ours_do() -> None:
    rows = sample("trades/rtds_session_2026-08-19.json")["events"]
    by_transaction: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_transaction.setdefault(row["tx_hash"], []).append(row)
    whole = [told for told in by_transaction.values() if len(told) > 1]

    taken = [round(told[0]["size"] - sum(row["size"] for row in told[1:]), 4) for told in whole]

    # The recording begins and ends within a transaction.
    assert sum(left == 0 for left in taken) >= len(whole) - 2
