"""Nodes that refuse, lie, are slow or behind, over a real HTTP port."""

from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest

from polycopy.paper_venue.core.chain.errors import METHOD_NOT_FOUND, RpcError
from polycopy.paper_venue.core.chain.node import Limits
from polycopy.paper_venue.core.engine.ledger import BLOCK_US, Ledger
from polycopy.paper_venue.core.protocol.messages import Answer
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.money import Side
from tests.integration.stream_ingest.chain_history import (
    BLOCKS,
    SMALL,
    WALLETS,
    asked,
    failure,
    ledger,
    market_of,
)
from tests.integration.stream_ingest.chain_node import (
    PublicNode,
    Told,
    filled,
    past_of,
    refusing,
    served,
)
from tests.support.chain_frames import written_logs
from tests.support.ledgers import START_US, execution, trade


@pytest.fixture
def chain() -> Ledger:
    return ledger()


@pytest.fixture
async def node(chain: Ledger) -> AsyncIterator[tuple[PublicNode, str]]:
    public = PublicNode(chain, market_of, SMALL)
    public.at_us = START_US + (BLOCKS + 10) * BLOCK_US
    async with served(public) as url:
        yield public, url


async def test_an_answer_that_is_too_large_is_asked_for_in_pieces(chain: Ledger) -> None:
    public = PublicNode(chain, market_of, Limits())
    public.at_us = START_US + (BLOCKS + 10) * BLOCK_US
    public.alters = lambda logs: [{**log, "padding": "x" * 300_000} for log in logs]
    async with served(public) as url, past_of(url) as past:
        told = await asked(past, WALLETS)
    assert told.by_place() == filled(chain, market_of, WALLETS)


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


async def test_an_address_where_nobody_is_is_transient() -> None:
    async with past_of("http://127.0.0.1:9/secret") as past:
        assert "the node does not answer: connection refused" in str(await failure(past))
    async with past_of("http://secret:x/") as past:
        assert "the node's address is no URL" in str(await failure(past))
