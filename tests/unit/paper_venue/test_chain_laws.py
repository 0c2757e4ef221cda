"""Laws of the node: any filter over any ledger gives what a plain reading of the rules gives."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.chain import blocks
from polycopy.paper_venue.core.chain.chain import Chain, emitted_by
from polycopy.paper_venue.core.chain.envelope import answered
from polycopy.paper_venue.core.chain.feed import Feed
from polycopy.paper_venue.core.chain.node import Limits, Node
from polycopy.paper_venue.core.engine.ledger import BLOCK_US, Ledger, Movement, Settled, Transfer
from polycopy.paper_venue.core.engine.market import Market
from polycopy.schemas.money import Side
from tests.support.ledgers import (
    BLOCK,
    MARKETS,
    NEG_RISK,
    PLAIN,
    POSITIONS,
    START_US,
    execution,
    moved,
    trade,
    wallet,
)

BLOCKS = 6
END_US = START_US + (BLOCKS + 1) * BLOCK_US
HASHES = False
NAMES = ("anna", "bert", "carl")
JsonLog = dict[str, Any]


@st.composite
def settlements(draw: st.DrawFn) -> Settled:
    of: Market = draw(st.sampled_from([PLAIN, NEG_RISK, POSITIONS]))
    number = draw(st.integers(0, 30))
    at_us = START_US + draw(st.integers(0, BLOCKS * BLOCK_US - 1))
    if draw(st.booleans()):
        makers = draw(st.integers(0, 3))
        parts = [
            execution(
                draw(st.sampled_from(NAMES)),
                draw(st.sampled_from(Side)),
                of=of,
                index=draw(st.integers(0, 1)),
                fee_micros=draw(st.sampled_from([0, 100])),
            )
            for _ in range(1 + makers)
        ]
        return trade(*parts, number=number, of=of, at_us=at_us)
    kind = draw(st.sampled_from([Movement.SPLIT, Movement.MERGE, Movement.REDEEM]))
    both = Transfer(
        wallet=wallet(draw(st.sampled_from(NAMES))),
        size_micros=draw(st.integers(1, 9)),
        notional_micros=1,
        index=0,
    )
    return moved(kind, both, number=number, of=of, at_us=at_us)


def node_of(settled: list[Settled]) -> Node:
    ledger = Ledger()
    for each in settled:
        ledger.add(each)
    chain = Chain(ledger, MARKETS.__getitem__)
    return Node(chain, MARKETS.__getitem__, seed="7", limits=Limits())


def call(node: Node, method: str, *params: object) -> Any:
    result = node.call(method, list(params), END_US)
    return msgspec.json.decode(msgspec.json.encode(result))


def plain(settled: list[Settled]) -> list[JsonLog]:
    """Every log by hand: blocks in their order, in a block the transactions as they came."""
    home: dict[str, int] = {}
    for each in settled:
        home.setdefault(each.transaction_hash, each.at_us // BLOCK_US)
    logs: list[JsonLog] = []
    for block in sorted(set(home.values())):
        hashes = [hash_ for hash_ in home if home[hash_] == block]
        index = 0
        for place, hash_ in enumerate(hashes):
            for part in settled:
                if part.transaction_hash != hash_:
                    continue
                for log in emitted_by(part, MARKETS[part.condition_id]):
                    logs.append(
                        {
                            "address": log.address,
                            "topics": list(log.topics),
                            "data": log.data,
                            "blockNumber": hex(block),
                            "transactionHash": hash_,
                            "transactionIndex": hex(place),
                            "blockHash": blocks.block_hash("7", block),
                            "logIndex": hex(index),
                            "removed": False,
                        }
                    )
                    index += 1
    return logs


def wanted_by(filter_: dict[str, Any], log: JsonLog) -> bool:
    addresses = filter_.get("address")
    if isinstance(addresses, str):
        addresses = [addresses]
    if addresses and log["address"] not in [each.lower() for each in addresses]:
        return False
    for place, wanted in enumerate(filter_.get("topics") or []):
        if place >= len(log["topics"]):
            return False
        choices = wanted if isinstance(wanted, list) else [wanted]
        if choices and None not in choices and log["topics"][place] not in choices:
            return False
    first, last = (int(filter_[key], 16) for key in ("fromBlock", "toBlock"))
    return first <= int(log["blockNumber"], 16) <= last


@st.composite
def filters(draw: st.DrawFn, logs: list[JsonLog]) -> dict[str, Any]:
    addresses = sorted({log["address"] for log in logs} | {"0x" + "11" * 20})
    topics = sorted({topic for log in logs for topic in log["topics"]} | {"0x" + "22" * 32})
    topic = st.sampled_from(topics)
    position = st.none() | topic | st.lists(st.none() | topic, max_size=3)
    first = draw(st.integers(BLOCK - 1, BLOCK + BLOCKS))
    given_: dict[str, Any] = {
        "fromBlock": hex(first),
        "toBlock": hex(draw(st.integers(first, BLOCK + BLOCKS))),
    }
    address = st.sampled_from(addresses)
    raised = address.map(lambda text: "0x" + text[2:].upper())
    if draw(st.booleans()):
        given_["address"] = draw(st.none() | raised | st.lists(address, max_size=3))
    if draw(st.booleans()):
        given_["topics"] = draw(st.lists(position, max_size=4))
    return given_


@given(st.lists(settlements(), max_size=12), st.data())
def test_any_filter_over_any_ledger_is_the_plain_filter(
    settled: list[Settled], data: st.DataObject
) -> None:
    logs = plain(settled)
    filter_ = data.draw(filters(logs))

    found = call(node_of(settled), "eth_getLogs", filter_)

    assert found == [log for log in logs if wanted_by(filter_, log)]


@given(st.lists(settlements(), max_size=12))
def test_receipts_block_by_block_are_all_logs(settled: list[Settled]) -> None:
    node = node_of(settled)
    told = []
    for number in range(BLOCK, BLOCK + BLOCKS + 1):
        block = call(node, "eth_getBlockByNumber", hex(number), HASHES)
        for hash_ in block["transactions"]:
            told.extend(call(node, "eth_getTransactionReceipt", hash_)["logs"])

    assert told == plain(settled)


@given(
    st.lists(settlements(), max_size=12),
    st.lists(st.integers(1, 3 * BLOCK_US), max_size=8),
    st.data(),
)
def test_a_subscriber_hears_in_the_end_what_a_reader_finds(
    settled: list[Settled], steps: list[int], data: st.DataObject
) -> None:
    """Each transaction comes to the ledger at its own time, the clock goes in any steps."""
    logs = plain(settled)
    filter_ = data.draw(filters(logs))
    given_ = {key: filter_[key] for key in ("address", "topics") if key in filter_}
    ledger = Ledger()
    node = Node(Chain(ledger, MARKETS.__getitem__), MARKETS.__getitem__, seed="7", limits=Limits())
    feed: Feed[str] = Feed(node, START_US)
    feed.call("a", "eth_subscribe", ["logs", given_], START_US)
    left = sorted(settled, key=lambda each: each.at_us)
    heard, now_us = [], START_US
    for step in [*steps, END_US]:
        now_us += step
        while left and left[0].at_us <= now_us:
            # A second part of a transaction comes with the first.
            first, *left = left
            parts = [each for each in left if each.transaction_hash == first.transaction_hash]
            left = [each for each in left if each.transaction_hash != first.transaction_hash]
            for each in (first, *parts):
                ledger.add(each)
        heard += [msgspec.json.decode(text)["params"]["result"] for _, text in feed.news(now_us)]

    everything = given_ | {"fromBlock": hex(BLOCK), "toBlock": "latest"}
    assert heard == msgspec.json.decode(
        msgspec.json.encode(node.call("eth_getLogs", [everything], now_us))
    )


@given(st.text(max_size=4), st.integers(0, 2**63 - 1))
def test_a_block_is_found_by_its_hash_and_by_no_other_seed(seed: str, number: int) -> None:
    hash_ = blocks.block_hash(seed, number)

    assert blocks.number_of(seed, hash_) == number
    assert blocks.number_of(seed + "x", hash_) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
CALLS = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | JSON,
        "id": JSON,
        "method": st.sampled_from(["eth_getLogs", "eth_getBlockByNumber", "eth_subscribe"]) | JSON,
        "params": st.lists(
            JSON
            | st.fixed_dictionaries(
                {},
                optional={
                    name: JSON | st.sampled_from(["latest", "0x1", "0x" + "0" * 64])
                    for name in ("fromBlock", "toBlock", "blockHash", "address", "topics")
                },
            ),
            max_size=3,
        )
        | JSON,
    },
)


@given(CALLS | st.lists(CALLS, max_size=4) | JSON)
def test_whatever_a_stranger_sends_is_answered_in_the_protocol(sent: object) -> None:
    told = answered(msgspec.json.encode(sent), _dispatch, batch_max=3)

    answers = msgspec.json.decode(told) if told else []
    for answer in answers if isinstance(answers, list) else [answers]:
        assert answer["jsonrpc"] == "2.0"
        assert ("result" in answer) != ("error" in answer)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_json_are_a_parse_error_or_no_request(raw: bytes) -> None:
    told = answered(raw, _dispatch, batch_max=3)

    assert msgspec.json.decode(told)["error"]["code"] in (-32700, -32600)


def _dispatch(method: str, params: list[object]) -> object:
    feed: Feed[str] = Feed(NODE, END_US)
    return feed.call("a", method, params, END_US)


NODE = node_of([])
