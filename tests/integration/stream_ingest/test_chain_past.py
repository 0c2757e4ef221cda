"""Logs of the past over a real HTTP port, from a node with the limits of public ones."""

import random
from collections.abc import AsyncIterator, Collection
from http import HTTPStatus

import pytest

from polycopy.paper_venue.core.chain.errors import METHOD_NOT_FOUND, RpcError
from polycopy.paper_venue.core.chain.node import Limits
from polycopy.paper_venue.core.engine.ledger import BLOCK_US, Ledger
from polycopy.paper_venue.core.protocol.messages import Answer
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.errors import Transient
from polycopy.schemas.ids import Wallet
from polycopy.schemas.money import Side
from polycopy.stream_ingest.adapters.chain_past import ChainPast
from polycopy.stream_ingest.ports import Asked
from tests.integration.stream_ingest.chain_node import (
    PublicNode,
    Told,
    filled,
    past_of,
    refusing,
    served,
)
from tests.support.chain_frames import written_logs
from tests.support.ledgers import MARKETS, START_US, execution, trade, wallet

NAMES = ("ada", "ben", "cleo")
WALLETS = frozenset(map(wallet, NAMES))
BLOCK_MS = BLOCK_US // 1_000
START_MS = START_US // 1_000
BLOCKS = 3_000
END_MS = START_MS + BLOCKS * BLOCK_MS
SMALL = Limits(
    range_blocks_max=9, range_code=-32_600, range_text="up to a {max} block range", results_max=4
)
market_of = MARKETS.__getitem__


def ledger(seed: int = 7, trades: int = 60) -> Ledger:
    """Trades with strangers, several in one block, some of equal rows, over a hundred minutes."""
    dice, found = random.Random(seed), Ledger()
    places = sorted(dice.choices(range(BLOCKS), k=trades))
    for number, place in enumerate(places):
        market = dice.choice(list(MARKETS.values()))
        name, side = dice.choice(NAMES), dice.choice(list(Side))
        size = dice.randint(1, 50)
        taker = execution("stranger", side, of=market, size=size)
        other = Side.SELL if side is Side.BUY else Side.BUY
        makers = [execution(name, other, of=market, size=size)] * dice.randint(1, 3)
        at_us = START_US + place * BLOCK_US
        found.add(trade(taker, *makers, number=number, of=market, at_us=at_us))
    return found


@pytest.fixture
def chain() -> Ledger:
    return ledger()


@pytest.fixture
async def node(chain: Ledger) -> AsyncIterator[tuple[PublicNode, str]]:
    public = PublicNode(chain, market_of, SMALL)
    public.at_us = START_US + (BLOCKS + 10) * BLOCK_US
    async with served(public) as url:
        yield public, url


async def asked(
    past: ChainPast, wallets: Collection[Wallet], from_ms: int = START_MS, to_ms: int = END_MS
) -> Told:
    told = Told()
    await told.take_all(past.past(wallets, from_ms=from_ms, to_ms=to_ms))
    return told


async def failure(past: ChainPast, told: Told | None = None, to_ms: int = END_MS) -> Transient:
    """Why it could not be answered. The address, which holds a key, is not told."""
    told = told or Told()
    with pytest.raises(Transient) as raised:
        await told.take_all(past.past(WALLETS, from_ms=START_MS, to_ms=to_ms))
    assert not told.asked
    assert "secret" not in str(raised.value)
    return raised.value


async def test_everything_is_read_from_a_node_that_answers_ten_blocks_at_once(
    chain: Ledger, node: tuple[PublicNode, str]
) -> None:
    public, url = node
    async with past_of(url) as past:
        told = await asked(past, WALLETS)
    assert told.by_place() == filled(chain, market_of, WALLETS)
    assert len(told.rows()) == len(told.by_place())
    assert told.asked == [Asked(tuple(sorted(WALLETS)))]
    assert sum(method == "eth_getLogs" for method, _ in public.calls) > BLOCKS // 10


async def test_the_rows_are_dated_and_named_by_their_block(
    chain: Ledger, node: tuple[PublicNode, str]
) -> None:
    _, url = node
    async with past_of(url) as past:
        told = await asked(past, WALLETS)
        again = await asked(past, WALLETS)
    times = {settled.transaction_hash: settled.block_s * 1_000 for settled in chain}
    assert {row.transaction_hash: row.traded_at_ms for row in told.rows()} == times
    assert [(one.session, one.rows) for one in told.reports] == [
        (one.session, one.rows) for one in again.reports
    ]
    assert len({one.session for one in told.reports}) == len({each.block for each in chain})


@pytest.mark.parametrize("blocks", [(0, BLOCKS), (500, 900), (700, 700), (2_990, 9_000)])
async def test_both_ends_of_the_span_are_included(
    chain: Ledger, node: tuple[PublicNode, str], blocks: tuple[int, int]
) -> None:
    public, url = node
    first, last = (START_US // BLOCK_US + number for number in blocks)
    within = [each for each in chain if first <= each.block <= last]
    from_ms, to_ms = (START_MS + number * BLOCK_MS for number in blocks)
    async with past_of(url) as past:
        public.at_us = max(public.at_us, to_ms * 1_000)
        told = await asked(past, WALLETS, from_ms, to_ms)
    assert {row.transaction_hash for row in told.rows()} == {one.transaction_hash for one in within}
    assert len(told.asked) == 1


async def test_a_node_without_limits_is_asked_a_few_times_only(chain: Ledger) -> None:
    public = PublicNode(chain, market_of, Limits())
    public.at_us = START_US + 40_000 * BLOCK_US
    async with served(public) as url, past_of(url, blocks_max=10_000) as past:
        told = await asked(past, WALLETS)
    assert told.by_place() == filled(chain, market_of, WALLETS)
    assert sum(method == "eth_getLogs" for method, _ in public.calls) == 1
    probes = len(public.calls) - 1 - len({each.block for each in chain})
    assert probes <= 10


async def test_more_wallets_than_a_filter_takes_are_asked_for_in_turn(
    chain: Ledger, node: tuple[PublicNode, str]
) -> None:
    _, url = node
    strangers = {Wallet(f"0x{number:040x}") for number in range(1_500)}
    async with past_of(url) as past:
        told = await asked(past, WALLETS | strangers)
    assert [len(one.wallets) for one in told.asked] == [1_000, 503]
    assert {each for one in told.asked for each in one.wallets} == WALLETS | strangers
    assert told.by_place() == filled(chain, market_of, WALLETS)


async def test_an_answer_that_is_too_large_is_asked_for_in_pieces(chain: Ledger) -> None:
    public = PublicNode(chain, market_of, Limits())
    public.at_us = START_US + (BLOCKS + 10) * BLOCK_US
    public.alters = lambda logs: [{**log, "padding": "x" * 300_000} for log in logs]
    async with served(public) as url, past_of(url) as past:
        told = await asked(past, WALLETS)
    assert told.by_place() == filled(chain, market_of, WALLETS)


async def test_logs_that_tell_the_time_of_their_block_cost_no_further_question(
    chain: Ledger, node: tuple[PublicNode, str]
) -> None:
    public, url = node

    def told_in(log: dict[str, str]) -> str:
        return hex(int(log["blockNumber"], 16) * BLOCK_MS // 1_000)

    public.alters = lambda logs: [{**log, "blockTimestamp": told_in(log)} for log in logs]
    async with past_of(url) as past:
        told = await asked(past, WALLETS)
    times = {settled.transaction_hash: settled.block_s * 1_000 for settled in chain}
    assert {row.transaction_hash: row.traded_at_ms for row in told.rows()} == times
    assert sum(method == "eth_getBlockByNumber" for method, _ in public.calls) <= 10


async def test_a_log_that_cannot_be_read_costs_no_other_and_is_kept(
    chain: Ledger, node: tuple[PublicNode, str]
) -> None:
    public, url = node
    public.alters = lambda logs: [{**logs[0], "removed": True}, *logs, 7] if logs else logs
    async with past_of(url) as past:
        told = await asked(past, WALLETS)
    rows = [row for report in told.reports for row in report.rows]
    assert {row.reason for row in rows if isinstance(row, Unreadable)} == {
        "removed by a reorganisation",
        "the log is no object",
    }
    read = {(row.transaction_hash, row.place) for row in rows if isinstance(row, LeaderRow)}
    assert read == filled(chain, market_of, WALLETS).keys()
    assert len(told.asked) == 1


async def test_a_node_that_forgets_the_filter_is_filtered_here(
    chain: Ledger, node: tuple[PublicNode, str]
) -> None:
    public, url = node
    stranger = [execution("stranger", side) for side in Side]
    others = written_logs(trade(*stranger, number=999))
    public.alters = lambda logs: [*logs, *others]
    async with past_of(url) as past:
        told = await asked(past, WALLETS)
    assert told.by_place() == filled(chain, market_of, WALLETS)


async def test_logs_that_are_no_list_are_no_empty_list(node: tuple[PublicNode, str]) -> None:
    public, url = node
    public.alters = lambda _: None
    async with past_of(url) as past:
        assert "the node's logs are no list" in str(await failure(past))


async def test_nobody_and_no_time_cost_nothing(node: tuple[PublicNode, str]) -> None:
    public, url = node
    async with past_of(url) as past:
        assert (await asked(past, ())).asked == []
        assert (await asked(past, WALLETS, START_MS, START_MS - 1)).asked == []
    assert public.calls == []


async def test_a_node_without_batches_is_asked_for_one_block_after_the_other(
    chain: Ledger, node: tuple[PublicNode, str]
) -> None:
    public, url = node
    public.batches = False
    async with past_of(url) as past:
        told = await asked(past, WALLETS)
    assert told.by_place() == filled(chain, market_of, WALLETS)


@pytest.mark.parametrize(
    "mood",
    [
        Answer(HTTPStatus.TOO_MANY_REQUESTS, b"slow down", (("Retry-After", "1"),)),
        Answer(HTTPStatus.SERVICE_UNAVAILABLE, b""),
        refusing(-32_005, "project ID request rate exceeded"),
    ],
)
async def test_a_node_that_wants_to_be_left_alone_is_asked_again_later(
    chain: Ledger, node: tuple[PublicNode, str], mood: Answer
) -> None:
    public, url = node
    public.moods = [mood]
    async with past_of(url) as past:
        told = await asked(past, WALLETS)
    assert told.by_place() == filled(chain, market_of, WALLETS)


@pytest.mark.parametrize(
    ("mood", "expected"),
    [
        (Answer(HTTPStatus.INTERNAL_SERVER_ERROR, b"<html>"), "status 500"),
        (Answer(HTTPStatus.OK, b"<html>"), "not JSON"),
        (Answer(HTTPStatus.OK, b"[]"), "something else"),
        (Answer(HTTPStatus.OK, b'{"id":1,"result":null}'), "the block is no object"),
        (Answer(HTTPStatus.OK, b'{"id":1,"result":{"number":"0x1"}}'), "no timestamp"),
        (Answer(HTTPStatus.NOT_FOUND, b""), "status 404"),
        (Answer(0, b"", lost=True), "does not answer"),
    ],
)
async def test_a_node_that_answers_nonsense_is_named_as_the_cause(
    node: tuple[PublicNode, str], mood: Answer, expected: str
) -> None:
    public, url = node
    public.moods = [mood]
    async with past_of(url) as past:
        assert expected in str(await failure(past))
        assert len((await asked(past, WALLETS)).asked) == 1


@pytest.mark.parametrize(
    ("method", "error", "expected"),
    [
        ("eth_getLogs", RpcError(METHOD_NOT_FOUND, "no such method"), "no such method (-32601)"),
        ("eth_getLogs", RpcError(-32_000, "disk is full"), "disk is full (-32000)"),
        ("eth_getBlockByNumber", RpcError(-32_000, "invalid API key"), "invalid API key (-32000)"),
    ],
)
async def test_a_node_that_refuses_for_good_is_not_asked_forever(
    node: tuple[PublicNode, str], method: str, error: RpcError, expected: str
) -> None:
    public, url = node
    public.refuses = {method: error}
    async with past_of(url) as past:
        assert expected in str(await failure(past))
    assert sum(called == method for called, _ in public.calls) <= 12


async def test_a_node_that_is_behind_answers_for_nobody(
    chain: Ledger, node: tuple[PublicNode, str]
) -> None:
    public, url = node
    told = Told()
    async with past_of(url) as past:
        late_ms = public.at_us // 1_000 + 90_000
        assert "s behind" in str(await failure(past, told, late_ms))
    assert told.by_place() == filled(chain, market_of, WALLETS)


async def test_blocks_that_the_node_does_not_have_yet_are_no_empty_blocks(
    chain: Ledger, node: tuple[PublicNode, str]
) -> None:
    public, url = node
    head = public.at_us // BLOCK_US - 1
    async with past_of(url) as past:
        with pytest.raises(Transient, match="the node is 1 blocks behind"):
            _ = [one async for one in past.blocks(WALLETS, head, head + 1)]
        reports = [one async for one in past.blocks(WALLETS, START_US // BLOCK_US, head)]
    assert sum(len(one.rows) for one in reports) == len(filled(chain, market_of, WALLETS))


async def test_an_address_where_nobody_is_is_transient() -> None:
    async with past_of("http://127.0.0.1:9/secret") as past:
        assert "the node does not answer: connection refused" in str(await failure(past))
    async with past_of("http://secret:x/") as past:
        assert "the node's address is no URL" in str(await failure(past))
