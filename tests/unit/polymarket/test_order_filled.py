"""Logs of the exchanges."""

import json
from typing import Any

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.engine.ledger import Execution
from polycopy.paper_venue.core.engine.market import Market
from polycopy.polymarket import order_filled, wire
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.order_filled import Filled
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, Wallet
from polycopy.schemas.money import LIMIT, MICROS, Side
from tests.support.chain_frames import (
    BLOCK,
    BLOCK_HASH,
    BLOCK_S,
    TOKEN,
    TRANSACTION,
    WALLET,
    data,
    log,
    word,
    written_logs,
)
from tests.support.ledgers import NEG_RISK, PLAIN, POSITIONS, execution, trade


def document(value: Any) -> wire.Json:
    return wire.document(json.dumps(value))


def read(**changes: Any) -> Filled:
    found = order_filled.read(document(log(**changes)))
    assert isinstance(found, Filled), found
    return found


def refused(**changes: Any) -> Unreadable:
    found = order_filled.read(document(log(**changes)))
    assert isinstance(found, Unreadable), found
    return found


def with_topic(place: int, topic: Any) -> list[Any]:
    topics = log()["topics"]
    topics[place] = topic
    return list(topics)


def test_the_topic_is_the_hash_of_the_signature() -> None:
    assert "0x" + keccak(order_filled.SIGNATURE.encode()).hex() == order_filled.TOPIC


def test_a_log_is_read_with_everything_that_is_used() -> None:
    assert read(blockTimestamp=hex(BLOCK_S)) == Filled(
        block=BLOCK,
        block_hash=BLOCK_HASH,
        removed=False,
        row=LeaderRow(
            kind="logs",
            transaction_hash=TransactionHash(TRANSACTION),
            wallet=WALLET,
            token_id=TokenId(str(TOKEN)),
            condition_id=ConditionId(""),
            side=Side.BUY,
            size_micros=10_000_000,
            price_micros=450_000,
            traded_at_ms=BLOCK_S * 1000,
            notional_micros=4_500_000,
            place="31",
        ),
        log=log(blockTimestamp=hex(BLOCK_S)),
    )


def test_a_sale_gives_shares_and_gets_collateral() -> None:
    row = read(data=data(side=1, gives=10_000_000, gets=4_500_000)).row
    assert (row.side, row.size_micros, row.notional_micros, row.price_micros) == (
        Side.SELL, 10_000_000, 4_500_000, 450_000,
    )  # fmt: skip


def test_the_price_is_rounded_to_the_nearest_micro_and_the_amounts_are_exact() -> None:
    row = read(data=data(gives=2, gets=3)).row
    assert (row.price_micros, row.notional_micros, row.size_micros) == (666_667, 2, 3)


def test_a_log_without_the_time_of_its_block_says_so() -> None:
    assert read().row.traded_at_ms == 0
    assert read(blockTimestamp="soon").row.traded_at_ms == 0
    assert read(blockTimestamp="0x0").row.traded_at_ms == 0
    assert read(blockTimestamp=str(BLOCK_S)).row.traded_at_ms == BLOCK_S * 1000


def test_upper_case_is_the_same_log() -> None:
    written = log()
    upper = {
        name: written[name].upper().replace("0X", "0x") for name in ("address", "data", "blockHash")
    }
    topics = [topic.upper().replace("0X", "0x") for topic in written["topics"]]
    assert read(**upper, topics=topics).row == read().row


def test_what_a_reorganisation_took_back_is_told() -> None:
    assert read(removed=True).removed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"address": "0x" + "00" * 20}, "a log of another contract"),
        ({"address": None}, "no address"),
        ({"topics": None}, "another event"),
        ({"topics": log()["topics"][:3]}, "another event"),
        ({"topics": with_topic(0, "0x" + "00" * 32)}, "another event"),
        ({"topics": with_topic(0, 7)}, "another event"),
        ({"topics": with_topic(2, "0x" + "11" * 32)}, "the maker is no address"),
        ({"topics": with_topic(2, None)}, "the maker is no address"),
        ({"data": "0x"}, "data is not seven words: '0x' of 2"),
        ({"data": data() + word(0)}, "data is not seven words"),
        ({"data": data(side=2)}, "side is neither 0 nor 1: 2"),
        ({"data": data(gives=0)}, "no collateral"),
        ({"data": data(gets=0)}, "no shares"),
        ({"data": data(side=1, gives=0)}, "no shares"),
        ({"data": data(gets=LIMIT + 1)}, "shares out of range"),
        ({"data": data(gives=LIMIT + 1)}, "collateral out of range"),
        ({"data": data(gives=2, gets=1)}, "price is above 1"),
        ({"blockNumber": None}, "no blockNumber"),
        ({"blockNumber": "0x" + "f" * 17}, "blockNumber is no quantity"),
        ({"logIndex": "first"}, "logIndex is no quantity: 'first'"),
        ({"transactionHash": "0x12"}, "transactionHash is no transaction hash: '0x12'"),
        ({"transactionHash": None}, "no transaction hash"),
        ({"blockHash": "0x12"}, "blockHash is no 32 bytes: '0x12'"),
        ({"removed": "no"}, "removed is no boolean"),
    ],
)
def test_a_log_that_cannot_be_used_is_kept_with_the_reason(
    changes: dict[str, Any], expected: str
) -> None:
    found = refused(**changes)
    assert found.reason.startswith(expected)
    assert json.loads(found.raw)["logIndex"] == log(**changes)["logIndex"]


def test_a_pending_log_without_a_block_hash_is_read() -> None:
    assert read(blockHash=None).block_hash == ""


def test_a_filter_names_the_three_exchanges_the_event_and_the_wallets() -> None:
    other = Wallet("0x" + "01" * 20)
    assert order_filled.filter_of([WALLET, other]) == {
        "address": [
            "0xe111180000d2663c0091e4f400237545b87b996b",
            "0xe2222d279d744050d28e00520010520000310f59",
            "0xe3333700ca9d93003f00f0f71f8515005f6c00aa",
        ],
        "topics": [
            order_filled.TOPIC,
            None,
            ["0x" + "00" * 12 + "01" * 20, "0x" + "00" * 12 + "ab" * 20],
        ],
    }
    assert order_filled.filter_of(None)["topics"] == [order_filled.TOPIC]


def test_kept_logs_say_the_same_again() -> None:
    filled = [read(), read(logIndex="0x20")]
    again = wire.a_list(wire.document(order_filled.kept(filled, BLOCK_S * 1000)))
    rows = [found.row for found in map(order_filled.read, again) if isinstance(found, Filled)]
    assert tuple(rows) == order_filled.dated(filled, BLOCK_S * 1000)


def executions(of: Market) -> st.SearchStrategy[Execution]:
    return st.builds(
        execution,
        st.sampled_from(["ada", "ben", "cleo"]),
        st.sampled_from(Side),
        of=st.just(of),
        index=st.integers(0, 1),
        size=st.integers(1, 500),
        price_micros=st.integers(1, 99).map(lambda cents: cents * 10_000),
        fee_micros=st.integers(0, 1) | st.integers(0, 10**6),
    )


@given(st.sampled_from([PLAIN, NEG_RISK, POSITIONS]), st.data())
def test_what_the_paper_venue_writes_is_what_was_traded(of: Market, draw: st.DataObject) -> None:
    parts = draw.draw(st.lists(executions(of), min_size=1, max_size=4))
    settled = trade(*parts, of=of)
    found = [order_filled.read(document(one)) for one in written_logs(settled)]
    rows = [one.row for one in found if isinstance(one, Filled)]
    assert len(rows) == len(parts) == len({row.place for row in rows})
    assert sorted(map(told, rows)) == sorted(map(told, parts))
    assert {row.transaction_hash for row in rows} == {settled.transaction_hash}


def told(one: LeaderRow | Execution) -> tuple[object, ...]:
    amounts = one.size_micros, one.notional_micros, one.price_micros
    return (one.wallet, one.token_id, one.side, *amounts)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=10,
)


@given(JSON | st.dictionaries(st.sampled_from(list(log())), JSON, max_size=4))
def test_no_log_is_too_strange(changes: Any) -> None:
    whole = log() | changes if isinstance(changes, dict) else changes
    for strange in (whole, changes):
        order_filled.wallet_of(document(strange))
        assert isinstance(order_filled.read(document(strange)), Filled | Unreadable)


@given(st.integers(1, LIMIT), st.integers(1, LIMIT))
def test_the_price_is_within_half_a_micro(gives: int, gets: int) -> None:
    found = order_filled.read(document(log(data=data(gives=gives, gets=gets))))
    if isinstance(found, Filled):
        assert abs(found.row.price_micros * gets - gives * MICROS) * 2 <= gets
    else:
        assert gives > gets
