"""Logs of the past over a real HTTP port, from a node with the limits of public ones."""

from collections.abc import AsyncIterator

import pytest

from polycopy.paper_venue.core.chain.node import Limits
from polycopy.paper_venue.core.engine.ledger import BLOCK_US, Ledger
from polycopy.runtime.errors import Transient
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.ports import Asked
from tests.integration.stream_ingest.chain_history import (
    BLOCK_MS,
    BLOCKS,
    SMALL,
    START_MS,
    WALLETS,
    asked,
    ledger,
    market_of,
)
from tests.integration.stream_ingest.chain_node import (
    PublicNode,
    filled,
    past_of,
    served,
)
from tests.support.ledgers import START_US


@pytest.fixture
def chain() -> Ledger:
    return ledger()


@pytest.fixture
async def node(chain: Ledger) -> AsyncIterator[tuple[PublicNode, str]]:
    public = PublicNode(chain, market_of, SMALL)
    public.at_us = START_US + (BLOCKS + 10) * BLOCK_US
    async with served(public) as url:
        yield public, url


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


async def test_nobody_and_no_time_cost_nothing(node: tuple[PublicNode, str]) -> None:
    public, url = node
    async with past_of(url) as past:
        assert (await asked(past, ())).asked == []
        assert (await asked(past, WALLETS, START_MS, START_MS - 1)).asked == []
    assert public.calls == []


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
