"""What the Polygon node answers, and what it refuses in which words."""

import pytest
from eth_utils.crypto import keccak

from polycopy.paper_venue.core.chain.node import Limits
from polycopy.paper_venue.core.engine.ledger import BLOCK_US
from polycopy.polymarket.order_hash import EXCHANGE_V2
from polycopy.schemas.money import Side
from tests.support.chain_caller import OVER_US, Caller
from tests.support.ledgers import BLOCK, execution, trade

BUY, SELL = execution("taker", Side.BUY, size=3), execution("maker", Side.SELL, size=3)
HASHES, WHOLE = False, True
FILLED = "0xd543adfd945773f1a62f74f0ee55a5e3b9b1a28262980ba90b1a89f2ea84d8ee"


@pytest.fixture
def caller() -> Caller:
    return Caller(trade(BUY, SELL), trade(BUY, SELL, number=2, at_us=OVER_US + 5))


def test_it_is_polygon(caller: Caller) -> None:
    assert caller.ask("eth_chainId") == "0x89"
    assert caller.ask("net_version") == "137"
    assert caller.ask("web3_clientVersion").startswith("bor/")


def test_a_block_is_shown_when_its_two_seconds_are_over(caller: Caller) -> None:
    assert caller.ask("eth_blockNumber", now_us=OVER_US - 1) == hex(BLOCK - 1)
    assert caller.ask("eth_blockNumber", now_us=OVER_US) == hex(BLOCK)
    assert caller.ask("eth_getBlockByNumber", hex(BLOCK), HASHES, now_us=OVER_US - 1) is None


def test_nothing_of_a_transaction_is_seen_before_its_block(caller: Caller) -> None:
    hash_ = caller.ledger[0].transaction_hash

    for method in ("eth_getTransactionReceipt", "eth_getTransactionByHash"):
        assert caller.ask(method, hash_, now_us=OVER_US - 1) is None
        assert caller.ask(method, hash_)["transactionHash" if "Rec" in method else "hash"] == hash_
    assert caller.ask("eth_getTransactionReceipt", "0x" + "0" * 64) is None


def test_blocks_hang_together_and_are_found_by_their_hash(caller: Caller) -> None:
    block = caller.ask("eth_getBlockByNumber", "latest", HASHES)
    before = caller.ask("eth_getBlockByNumber", hex(BLOCK - 1), HASHES)

    assert block["parentHash"] == before["hash"]
    assert int(block["timestamp"], 16) == BLOCK * 2
    assert block["transactions"] == [caller.ledger[0].transaction_hash]
    assert caller.ask("eth_getBlockByHash", block["hash"], HASHES) == block
    assert caller.ask("eth_getBlockByHash", "0x" + "ab" * 32, HASHES) is None


def test_a_block_with_whole_transactions_has_those_that_are_asked_for_alone(
    caller: Caller,
) -> None:
    block = caller.ask("eth_getBlockByNumber", hex(BLOCK), WHOLE)

    assert block["transactions"] == [
        caller.ask("eth_getTransactionByHash", caller.ledger[0].transaction_hash)
    ]
    assert block["transactions"][0]["to"] == EXCHANGE_V2.address.lower()


def test_a_receipt_has_the_logs_that_the_block_has() -> None:
    caller = Caller(trade(BUY, SELL), trade(SELL, BUY, number=2))
    logs = caller.ask("eth_getLogs", {"fromBlock": hex(BLOCK), "toBlock": hex(BLOCK)})
    receipts = [
        caller.ask("eth_getTransactionReceipt", each.transaction_hash) for each in caller.ledger
    ]

    assert [log for receipt in receipts for log in receipt["logs"]] == logs
    assert [int(log["logIndex"], 16) for log in logs] == list(range(len(logs)))
    assert [receipt["transactionIndex"] for receipt in receipts] == ["0x0", "0x1"]
    assert {log["blockHash"] for log in logs} == {receipts[0]["blockHash"]}
    used = [int(receipt["gasUsed"], 16) for receipt in receipts]
    assert int(receipts[1]["cumulativeGasUsed"], 16) == sum(used)
    assert {receipt["status"] for receipt in receipts} == {"0x1"}


def test_entries_of_one_hash_are_one_transaction() -> None:
    caller = Caller(trade(BUY, SELL), trade(SELL, BUY, number=2), trade(BUY, SELL))

    block = caller.ask("eth_getBlockByNumber", hex(BLOCK), HASHES)
    receipt = caller.ask("eth_getTransactionReceipt", caller.ledger[2].transaction_hash)

    assert block["transactions"] == [each.transaction_hash for each in list(caller.ledger)[:2]]
    assert sum(log["topics"][0] == FILLED for log in receipt["logs"]) == 4


def test_logs_of_one_wallet_on_the_three_exchanges(caller: Caller) -> None:
    maker = "0x" + "0" * 24 + BUY.wallet[2:]
    wanted = {
        "fromBlock": "earliest",
        "toBlock": "latest",
        "address": [EXCHANGE_V2.address, "0x" + "11" * 20],
        "topics": [FILLED, None, [maker.upper().replace("0X", "0x")]],
    }

    logs = caller.ask("eth_getLogs", wanted, now_us=OVER_US + BLOCK_US)

    assert [int(log["blockNumber"], 16) for log in logs] == [BLOCK, BLOCK + 1]
    assert {log["topics"][2] for log in logs} == {maker}
    assert {log["removed"] for log in logs} == {False}


def test_logs_of_a_block_by_its_hash(caller: Caller) -> None:
    hash_ = caller.ask("eth_getBlockByNumber", hex(BLOCK), HASHES)["hash"]

    by_hash = caller.ask("eth_getLogs", {"blockHash": hash_})

    assert by_hash == caller.ask("eth_getLogs", {}) != []
    assert caller.refused("eth_getLogs", {"blockHash": "0x" + "ab" * 32}) == (
        -32000,
        "unknown block",
    )


def test_a_block_that_is_not_shown_has_no_hash_yet(caller: Caller) -> None:
    hash_ = caller.ask("eth_getBlockByNumber", hex(BLOCK), HASHES)["hash"]

    early = caller.ask("eth_getLogs", {"blockHash": hash_}, now_us=OVER_US - 1)

    assert early["message"] == "unknown block"
    assert caller.ask("eth_getBlockByHash", hash_, HASHES, now_us=OVER_US - 1) is None


def test_a_position_that_may_be_anything_must_still_be_there(caller: Caller) -> None:
    """`OrdersMatched` has three topics, `OrderFilled` four."""
    everything = caller.ask("eth_getLogs", {"topics": []})
    four = caller.ask("eth_getLogs", {"topics": [None, None, [], None]})

    assert {len(log["topics"]) for log in everything} == {3, 4}
    assert four == [log for log in everything if len(log["topics"]) == 4]


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        ("0x2", "0x1", (-32000, "invalid block range params")),
        ("0x1", hex(BLOCK + 1), (-32000, "invalid block range params")),
        (hex(BLOCK + 1), "latest", (-32000, "invalid block range params")),
        ("pending", "latest", (-32000, "pending logs are not supported")),
        ("0x0", "latest", (-32701, "exceed maximum block range: 500")),
        ("earliest", "finalized", (-32701, "exceed maximum block range: 500")),
    ],
)
def test_a_span_that_a_node_does_not_search(
    first: str, last: str, refusal: tuple[int, str]
) -> None:
    caller = Caller(trade(BUY, SELL), limits=Limits(range_blocks_max=500))

    assert caller.refused("eth_getLogs", {"fromBlock": first, "toBlock": last}) == refusal


def test_the_widest_span_is_searched() -> None:
    caller = Caller(trade(BUY, SELL), limits=Limits(range_blocks_max=500))

    assert caller.ask("eth_getLogs", {"fromBlock": hex(BLOCK - 500)}) != []
    assert caller.refused("eth_getLogs", {"fromBlock": hex(BLOCK - 501)})[0] == -32701


def test_too_many_results_are_refused_and_so_many_are_not() -> None:
    caller = Caller(*(trade(BUY, SELL, number=n) for n in range(5)), limits=Limits(results_max=10))
    wanted: dict[str, object] = {"topics": [FILLED]}
    assert len(caller.ask("eth_getLogs", wanted)) == 10

    caller.ledger.add(trade(BUY, SELL, number=6))

    assert caller.refused("eth_getLogs", wanted) == (
        -32005,
        "query returned more than 10 results",
    )


@pytest.mark.parametrize(
    ("method", "params", "text"),
    [
        ("eth_getLogs", [], "missing value for required argument 0"),
        ("eth_getLogs", [{}, {}], "too many arguments, want at most 1"),
        ("eth_getLogs", ["latest"], "invalid argument 0: json: cannot unmarshal"),
        ("eth_getLogs", [{"fromBlock": 5}], "invalid argument 0: hex string without 0x prefix"),
        ("eth_getLogs", [{"fromBlock": "5"}], "invalid argument 0: hex string without 0x prefix"),
        ("eth_getLogs", [{"fromBlock": "0x"}], 'invalid argument 0: hex string "0x"'),
        ("eth_getLogs", [{"fromBlock": "0x05"}], "invalid argument 0: hex number with leading"),
        ("eth_getLogs", [{"fromBlock": "0x-5"}], "invalid argument 0: invalid hex string"),
        ("eth_getLogs", [{"toBlock": "0x" + "f" * 16}], "invalid argument 0: block number larger"),
        ("eth_getLogs", [{"address": 1}], "invalid argument 0: invalid addresses in query"),
        ("eth_getLogs", [{"address": "0x12"}], "invalid argument 0: hex has invalid length 1"),
        ("eth_getLogs", [{"address": "12"}], "invalid argument 0: hex string without 0x prefix"),
        ("eth_getLogs", [{"address": [None]}], "invalid argument 0: non-string address"),
        ("eth_getLogs", [{"topics": "0x"}], "invalid argument 0: json: cannot unmarshal"),
        ("eth_getLogs", [{"topics": [None] * 5}], "invalid argument 0: exceed max topics"),
        ("eth_getLogs", [{"topics": [1]}], "invalid argument 0: invalid topic(s)"),
        ("eth_getLogs", [{"topics": ["0x" + "zz" * 32]}], "invalid argument 0: invalid hex string"),
        (
            "eth_getLogs",
            [{"blockHash": "0x" + "0" * 64, "fromBlock": "0x1"}],
            "invalid argument 0: cannot specify both BlockHash and FromBlock/ToBlock",
        ),
        ("eth_getBlockByNumber", ["latest"], "missing value for required argument 1"),
        ("eth_getBlockByNumber", ["latest", "yes"], "invalid argument 1: json: cannot unmarshal"),
        ("eth_getTransactionReceipt", ["0x1"], "invalid argument 0: hex has invalid length 0"),
    ],
)
def test_params_that_a_node_does_not_read(
    caller: Caller, method: str, params: list[object], text: str
) -> None:
    code, message = caller.refused(method, *params)

    assert (code, message[: len(text)]) == (-32602, text)


def test_a_filter_has_so_many_choices(caller: Caller) -> None:
    address, topic = "0x" + "11" * 20, "0x" + "22" * 32
    assert (
        caller.ask("eth_getLogs", {"address": [address] * 1000, "topics": [[topic] * 1000]}) == []
    )

    assert caller.refused("eth_getLogs", {"address": [address] * 1001})[0] == -32000
    assert caller.refused("eth_getLogs", {"topics": [[topic] * 1001]})[0] == -32602
    assert caller.refused("eth_getLogs", {"topics": [{}]})[0] == -32602


def test_a_method_that_is_not_there(caller: Caller) -> None:
    assert caller.refused("eth_call", {}, "latest") == (
        -32601,
        "the method eth_call does not exist/is not available",
    )


def test_the_bloom_has_three_bits_of_each_address_and_topic(caller: Caller) -> None:
    """Yellow paper 4.3.1, counted in bytes from the end."""
    block = caller.ask("eth_getBlockByNumber", hex(BLOCK), HASHES)
    receipt = caller.ask("eth_getTransactionReceipt", caller.ledger[0].transaction_hash)
    bits = bytearray(256)
    for log in receipt["logs"]:
        for part in (log["address"], *log["topics"]):
            digest = keccak(hexstr=part)
            for at in (0, 2, 4):
                bit = (digest[at] << 8 | digest[at + 1]) & 2047
                bits[255 - bit // 8] |= 1 << (bit % 8)

    assert receipt["logsBloom"] == block["logsBloom"] == "0x" + bits.hex()
    empty = caller.ask("eth_getBlockByNumber", hex(BLOCK - 1), HASHES)
    assert empty["logsBloom"] == "0x" + "00" * 256
