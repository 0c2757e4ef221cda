"""What a listener to the chain hears, and when."""

from typing import Any

import msgspec
import pytest

from polycopy.paper_venue.core.chain.chain import Chain
from polycopy.paper_venue.core.chain.errors import RpcError
from polycopy.paper_venue.core.chain.feed import HEADS_MAX, Feed
from polycopy.paper_venue.core.chain.node import Limits, Node
from polycopy.paper_venue.core.engine.ledger import BLOCK_US, Ledger
from polycopy.schemas.money import Side
from tests.support.ledgers import BLOCK, MARKETS, START_US, execution, trade

BUY, SELL = execution("taker", Side.BUY), execution("maker", Side.SELL)
OVER_US = START_US + BLOCK_US
MATCHED = "0x174b3811690657c217184f89418266767c87e4805d09680c39fc9c031c0cab7c"
MATCHES: dict[str, object] = {"topics": [MATCHED]}


class Hall:
    """A ledger and its listeners, who are called by letters."""

    def __init__(self, *, subscriptions_max: int = 3) -> None:
        self.ledger = Ledger()
        chain = Chain(self.ledger, MARKETS.__getitem__)
        limits = Limits(subscriptions_max=subscriptions_max)
        self.node = Node(chain, MARKETS.__getitem__, seed="7", limits=limits)
        self.feed: Feed[str] = Feed(self.node, START_US)

    def subscribe(self, listener: str, *params: object, now_us: int = START_US) -> str:
        return str(self.feed.call(listener, "eth_subscribe", [*params], now_us))

    def news(self, now_us: int) -> list[tuple[str, str, Any]]:
        """Listener, subscription, and a head's number or a log's transaction."""
        told = []
        for listener, text in self.feed.news(now_us):
            message = msgspec.json.decode(text)
            assert (message["jsonrpc"], message["method"]) == ("2.0", "eth_subscription")
            result = message["params"]["result"]
            what = result.get("transactionHash") or int(result["number"], 16)
            told.append((listener, message["params"]["subscription"], what))
        return told


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_a_head_comes_when_its_block_is_over_and_its_logs_right_behind_it(hall: Hall) -> None:
    heads, logs = hall.subscribe("a", "newHeads"), hall.subscribe("b", "logs", MATCHES)
    settled = trade(BUY, SELL, at_us=START_US + 5)
    hall.ledger.add(settled)

    assert hall.news(OVER_US - 1) == []
    assert hall.news(OVER_US) == [
        ("a", heads, BLOCK),
        ("b", logs, settled.transaction_hash),
    ]
    assert hall.news(OVER_US) == []


def test_the_head_is_the_one_that_the_node_shows(hall: Hall) -> None:
    hall.subscribe("a", "newHeads")
    hall.ledger.add(trade(BUY, SELL))

    ((_, text),) = hall.feed.news(OVER_US)

    head = msgspec.json.decode(text)["params"]["result"]
    block: Any = hall.node.call("eth_getBlockByNumber", ["latest", False], OVER_US)
    assert head == {key: block[key] for key in head}
    assert "transactions" not in head


def test_a_listener_hears_nothing_that_was_before(hall: Hall) -> None:
    hall.ledger.add(trade(BUY, SELL))
    hall.news(OVER_US)
    hall.subscribe("a", "logs", MATCHES, now_us=OVER_US)
    hall.subscribe("a", "newHeads", now_us=OVER_US)
    later = trade(BUY, SELL, number=2, at_us=OVER_US)
    hall.ledger.add(later)

    told = [what for _, _, what in hall.news(OVER_US + BLOCK_US)]

    assert told == [BLOCK + 1, later.transaction_hash]


def test_each_hears_what_its_filter_wants(hall: Hall) -> None:
    """A log goes to every subscription that wants it, two of one listener too."""
    everything = hall.subscribe("a", "logs")
    matches = hall.subscribe("a", "logs", MATCHES)
    hall.subscribe("b", "logs", {"address": "0x" + "11" * 20})
    hall.ledger.add(trade(BUY, SELL))

    told = hall.news(OVER_US)

    logs: Any = hall.node.call("eth_getLogs", [{}], OVER_US)
    assert [name for _, name, _ in told].count(everything) == len(logs)
    assert [name for _, name, _ in told].count(matches) == 1
    assert {listener for listener, _, _ in told} == {"a"}


def test_after_a_long_sleep_the_newest_heads_and_all_logs_are_told(hall: Hall) -> None:
    hall.subscribe("a", "newHeads")
    hall.subscribe("a", "logs", MATCHES)
    hall.ledger.add(trade(BUY, SELL))

    told = [what for _, _, what in hall.news(OVER_US + 5 * HEADS_MAX * BLOCK_US)]

    last = BLOCK + 5 * HEADS_MAX
    assert told[0] == hall.ledger[0].transaction_hash
    assert told[1:] == list(range(last - HEADS_MAX + 1, last + 1))


def test_a_transaction_that_comes_late_is_told_at_once(hall: Hall) -> None:
    hall.subscribe("a", "logs", MATCHES)
    hall.news(OVER_US)
    hall.ledger.add(trade(BUY, SELL))

    assert [what for _, _, what in hall.news(OVER_US)] == [hall.ledger[0].transaction_hash]


def test_the_next_block_is_due_only_while_somebody_listens(hall: Hall) -> None:
    assert hall.feed.due_us() is None
    name = hall.subscribe("a", "newHeads")
    assert hall.feed.due_us() == OVER_US
    hall.news(OVER_US)
    assert hall.feed.due_us() == OVER_US + BLOCK_US

    assert hall.feed.call("a", "eth_unsubscribe", [name], OVER_US) is True
    assert hall.feed.due_us() is None


def test_who_is_gone_or_has_unsubscribed_hears_nothing(hall: Hall) -> None:
    name = hall.subscribe("a", "newHeads")
    hall.subscribe("b", "newHeads")
    stays = hall.subscribe("c", "newHeads")
    hall.feed.call("a", "eth_unsubscribe", [name], START_US)
    hall.feed.remove("b")

    assert hall.news(OVER_US) == [("c", stays, BLOCK)]


def test_only_the_listener_itself_can_unsubscribe(hall: Hall) -> None:
    name = hall.subscribe("a", "newHeads")

    with pytest.raises(RpcError, match="subscription not found"):
        hall.feed.call("b", "eth_unsubscribe", [name], START_US)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ([], -32602),
        (["newHeads", {}], -32602),
        (["logs", {}, {}], -32602),
        (["logs", {"address": "0x1"}], -32602),
        (["newPendingTransactions"], -32601),
        ([{}], -32601),
    ],
)
def test_a_subscription_that_there_is_not(hall: Hall, params: list[object], code: int) -> None:
    with pytest.raises(RpcError) as refused:
        hall.subscribe("a", *params)

    assert refused.value.code == code


def test_a_connection_has_so_many_subscriptions() -> None:
    hall = Hall(subscriptions_max=2)
    names = {hall.subscribe("a", "newHeads") for _ in range(2)}
    assert len(names) == 2

    with pytest.raises(RpcError, match="too many subscriptions"):
        hall.subscribe("a", "newHeads")
    assert hall.subscribe("b", "newHeads") not in names


def test_a_socket_s_other_calls_are_the_node_s(hall: Hall) -> None:
    assert hall.feed.call("a", "eth_blockNumber", [], OVER_US) == hex(BLOCK)
