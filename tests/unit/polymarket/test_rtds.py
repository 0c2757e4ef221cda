"""The feed of everybody's trades."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket import rtds
from polycopy.polymarket.leader_rows import HashlessRow, LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.money import Side
from tests.support.recordings import json_lines, recording
from tests.support.rtds_frames import (
    CONDITION,
    TOKEN,
    TRADED_AT_S,
    TRANSACTION,
    WALLET,
    envelope,
    frame,
    payload,
    recorded,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from([*payload(), *envelope()]) | st.text(), inner, max_size=8)
    ),
    max_leaves=30,
)
WALLETS = frozenset({WALLET})


def row(raw: str | bytes) -> LeaderRow:
    [found] = rtds.feed(raw)
    assert isinstance(found, LeaderRow), found
    return found


def reason(raw: str | bytes) -> str:
    [found] = rtds.feed(raw)
    assert isinstance(found, Unreadable)
    return found.reason


def test_a_row_is_read_with_everything_that_is_used() -> None:
    assert row(frame("orders_matched")) == LeaderRow(
        kind="orders_matched",
        transaction_hash=TRANSACTION,
        wallet=WALLET,
        token_id=TOKEN,
        condition_id=CONDITION,
        side=Side.BUY,
        size_micros=10_000_000,
        price_micros=520_000,
        traded_at_ms=TRADED_AT_S * 1000,
        sent_at_ms=TRADED_AT_S * 1000 + 1_900,
        outcome="Yes",
        slug="a-market",
        title="Will it?",
    )


@pytest.mark.parametrize("raw", ["", b"", " \n", "PONG", b"PONG", "[]"])
def test_frames_without_data_say_nothing(raw: str | bytes) -> None:
    assert rtds.feed(raw) == []
    assert rtds.feed(raw, wallets=WALLETS) == []


def test_a_mixed_case_wallet_is_the_same_wallet() -> None:
    mixed = frame(proxyWallet="0x" + "aB" * 20)
    assert row(mixed).wallet == WALLET
    assert len(rtds.feed(mixed, wallets=WALLETS)) == 1


def test_seconds_and_milliseconds_are_the_same_time() -> None:
    assert row(frame(timestamp=TRADED_AT_S * 1000)) == row(frame())


def test_numbers_and_texts_are_the_same_amounts() -> None:
    assert row(frame(size="10.0", price="0.52")) == row(frame())


def test_the_noise_of_the_feed_is_rounded() -> None:
    assert row(frame(price=0.62000007)).price_micros == 620_000


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"transactionHash": "0x12"}, "transactionHash is no transaction hash: '0x12'"),
        ({"size": 0}, "size is not positive"),
        ({"size": -1}, "size is negative"),
        ({"size": "9" * 99}, "size: a number of 99 characters"),
        ({"size": 10**30}, "size: out of range"),
        ({"price": 1.5}, "price is above 1"),
        ({"price": "cheap"}, "price is no number: 'cheap'"),
        ({"price": None}, "no price"),
        ({"side": "HOLD"}, "side is neither BUY nor SELL: 'HOLD'"),
        ({"asset": "0xab"}, "asset is no uint256: '0xab'"),
        ({"conditionId": "trades.>"}, "conditionId is no condition id: 'trades.>'"),
        ({"proxyWallet": "*"}, "proxyWallet is no address: '*'"),
        ({"timestamp": "soon"}, "timestamp is no time: 'soon'"),
    ],
)
def test_a_row_that_cannot_be_used_is_kept_with_the_reason(
    changes: dict[str, Any], expected: str
) -> None:
    raw = json.dumps(envelope() | {"payload": {**payload(), **changes}}).encode()
    [found] = rtds.feed(raw)
    assert isinstance(found, Unreadable)
    assert found.reason.startswith(expected)
    assert found.raw == raw


@pytest.mark.parametrize("transaction_hash", [None, ""])
def test_a_row_without_a_hash_still_tells_whose_it_is(transaction_hash: str | None) -> None:
    raw = json.dumps(
        envelope() | {"payload": {**payload(), "transactionHash": transaction_hash}}
    ).encode()
    assert rtds.feed(raw) == [HashlessRow(wallet=WALLET, raw=raw)]
    assert rtds.feed(raw, wallets=()) == []


@pytest.mark.parametrize("raw", [b"\xff", "{", '{"payload":NaN}', "[" * 50_000, "7", '"x"', "null"])
def test_broken_frames_are_kept_with_a_reason(raw: str | bytes) -> None:
    assert [type(found) for found in rtds.feed(raw)] in ([Unreadable], [])
    assert rtds.feed(raw, wallets=WALLETS) == rtds.feed(raw)


def test_a_broken_decoration_costs_no_trade() -> None:
    raw = json.dumps(envelope(title={"a": 1}, outcome=[], slug=True) | {"timestamp": "soon"})
    found = row(raw)
    assert (found.title, found.outcome, found.slug, found.sent_at_ms) == ("", "", "", 0)


def test_a_bad_row_does_not_hide_its_neighbours() -> None:
    raw = json.dumps([envelope(), envelope(price="x"), 7, envelope("orders_matched")])
    found = rtds.feed(raw)
    assert [type(item) for item in found] == [LeaderRow, Unreadable, Unreadable, LeaderRow]


def test_a_payload_may_be_a_list() -> None:
    raw = json.dumps(envelope() | {"payload": [payload(), payload(size=3)]})
    assert [found.size_micros for found in rtds.feed(raw) if isinstance(found, LeaderRow)] == [
        10_000_000,
        3_000_000,
    ]


def test_the_shape_decides_where_topic_and_type_are_missing() -> None:
    assert row(json.dumps({"payload": payload()})).kind == rtds.TOPIC
    assert row(json.dumps(payload())).kind == rtds.TOPIC


@pytest.mark.parametrize("change", [{"topic": "comments"}, {"type": "reaction_created"}])
def test_other_topics_are_let_pass(change: dict[str, str]) -> None:
    assert rtds.feed(json.dumps(envelope() | change)) == []


def test_a_refused_subscription_is_no_silence() -> None:
    assert reason('{"statusCode":401,"body":"leger GetTopics error"}') == "no proxyWallet"


def test_strangers_are_not_read() -> None:
    assert rtds.feed(frame(proxyWallet="0x" + "00" * 20, size="broken"), wallets=WALLETS) == []
    listed = json.dumps([envelope(proxyWallet="0x" + "00" * 20), envelope()])
    assert len(rtds.feed(listed, wallets=WALLETS)) == 1


def test_the_subscription_names_both_types_and_no_filter() -> None:
    assert json.loads(rtds.subscribe_message()) == {
        "action": "subscribe",
        "subscriptions": [
            {"topic": "activity", "type": "trades"},
            {"topic": "activity", "type": "orders_matched"},
        ],
    }


@given(st.binary() | st.text())
def test_no_bytes_are_too_strange(raw: bytes | str) -> None:
    rtds.feed(raw)
    rtds.feed(raw, wallets=WALLETS)


@given(JSON)
def test_no_document_is_too_strange(document: Any) -> None:
    raw = json.dumps(document)
    everything = rtds.feed(raw)
    ours = rtds.feed(raw.encode(), wallets=WALLETS)
    assert {type(found) for found in everything} <= {LeaderRow, Unreadable}
    assert [found for found in ours if isinstance(found, LeaderRow)] == [
        found for found in everything if isinstance(found, LeaderRow) and found.wallet in WALLETS
    ]


@given(st.dictionaries(st.sampled_from(list(payload())), JSON, max_size=4))
def test_no_payload_is_too_strange(changes: dict[str, Any]) -> None:
    rtds.feed(json.dumps(envelope() | {"payload": payload() | changes}), wallets=WALLETS)


ROWS = st.builds(
    envelope,
    kind=st.sampled_from(rtds.KINDS),
    size=st.integers(1, 50),
    side=st.sampled_from(["BUY", "SELL"]),
    transactionHash=st.integers(0, 3).map(lambda n: f"0x{n:064x}"),
)


@given(st.data(), st.lists(ROWS, min_size=1, max_size=12))
def test_any_cut_repetition_or_order_gives_the_same_rows(
    data: st.DataObject, envelopes: list[dict[str, Any]]
) -> None:
    expected = {row(json.dumps(one)) for one in envelopes}
    again = data.draw(st.permutations(envelopes * 2))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(again)), max_size=5)))
    pieces = [again[a:b] for a, b in itertools.pairwise([0, *cuts, len(again)])]
    found = {item for piece in pieces for item in rtds.feed(json.dumps(piece))}
    assert found == expected


def test_every_recorded_trade_is_read() -> None:
    rows = json_lines("trades/tape_full_fields.jsonl.gz")
    found = [row(recorded(one)) for one in rows]
    assert len(found) == 1_427
    assert {(one.wallet, one.token_id) for one in found} == {
        (one["wallet"].lower(), one["asset"]) for one in rows
    }


def test_the_recorded_session_is_read() -> None:
    events = json.loads(recording("trades/rtds_session_2026-08-19.json"))["events"]
    found = [
        row(
            frame(
                asset=one["token_id"],
                conditionId=one["market_id"],
                proxyWallet=one["trader"],
                side=one["side"],
                price=one["price"],
                size=one["size"],
                timestamp=one["source_ts_ms"],
                transactionHash=one["tx_hash"],
            )
        )
        for one in events
    ]
    assert len(found) == 120
    assert len({one.transaction_hash for one in found}) == 49
