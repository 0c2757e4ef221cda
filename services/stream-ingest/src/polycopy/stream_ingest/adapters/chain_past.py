"""Trades of the past, from the logs that a Polygon node keeps."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Sequence
from itertools import groupby

from polycopy.polymarket import chain_blocks, order_filled, wire
from polycopy.polymarket.chain_blocks import Block
from polycopy.polymarket.chain_spans import Spans
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.order_filled import Filled
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.chain_rpc import ChainRpc, NodeRefused
from polycopy.stream_ingest.core.reports import CHAIN, Report
from polycopy.stream_ingest.ports import Asked

_WALLETS_MAX = 1_000
_SLACK_BLOCKS = 64
_PROBES_MAX = 100
_PIECES_MAX = 20_000
_TIMES_MAX = 10_000
_BEHIND_MS_MAX = 60_000


class ChainPast:
    """Implements Backfill. `blocks_max` is asked for at once as long as the node does not refuse.

    Every report is about one block, and its session is the block's hash: whoever told of the same
    logs before, this or a socket, told them under the same name, and equal places count once.
    """

    name = CHAIN

    def __init__(self, rpc: ChainRpc, *, clock: Clock, blocks_max: int = 2_000) -> None:
        self._rpc = rpc
        self._clock = clock
        self._blocks_max = self._size = blocks_max
        self._times: OrderedDict[int, int] = OrderedDict()

    async def past(
        self, wallets: Collection[Wallet], *, from_ms: int, to_ms: int
    ) -> AsyncGenerator[Report | Asked, None]:
        """Some requests to find the blocks of the two times, then one a thousand wallets and piece
        of blocks. A node that is a minute behind `to_ms` answers for nobody: Transient."""
        if not wallets or to_ms < from_ms:
            return
        head = await self._block("latest")
        first, _ = await self._around(from_ms, head)
        last = head
        if head.at_ms > to_ms:
            _, last = await self._around(to_ms + 1, head)
        behind_ms = to_ms - head.at_ms
        for chunk in _chunks(wallets):
            async for report in self._chunk(chunk, first.number, last.number):
                kept = _within(report, from_ms, to_ms)
                if kept.rows:
                    yield kept
            if behind_ms <= _BEHIND_MS_MAX:
                yield Asked(chunk)
        if behind_ms > _BEHIND_MS_MAX:
            raise Transient(f"the node is {behind_ms // 1000} s behind")

    async def blocks(
        self, wallets: Collection[Wallet], first: int, last: int
    ) -> AsyncGenerator[Report, None]:
        """All trades of the blocks, both included. Raises Transient; so it does where the node does
        not have the last of them: some nodes answer that there is nothing in what they miss."""
        head = await self._block("latest")
        if head.number < last:
            raise Transient(f"the node is {last - head.number} blocks behind")
        for chunk in _chunks(wallets):
            async for report in self._chunk(chunk, first, last):
                yield report

    async def _chunk(
        self, wallets: Collection[Wallet], first: int, last: int
    ) -> AsyncIterator[Report]:
        spans = Spans(first, last, size=self._size, size_max=self._blocks_max)
        wanted = frozenset(wallets)
        for _ in range(_PIECES_MAX):
            piece = spans.piece()
            if piece is None:
                return
            try:
                logs = await self._logs(wanted, *piece)
            except NodeRefused as error:
                if not error.refused.may_be_too_much or not spans.refused():
                    raise Transient(f"the past of the chain: {error}") from error
            except Transient:
                spans.refused()  # Too slow, maybe: the next one asks for less.
                raise
            else:
                spans.answered()
                for report in await self._reports(wanted, logs):
                    yield report
            finally:
                self._size = spans.size
        raise Transient("the past of the chain takes more requests than are sent at once")

    async def _logs(self, wallets: frozenset[Wallet], first: int, last: int) -> wire.Json:
        asked = order_filled.filter_of(wallets)
        return await self._rpc.ask(
            "eth_getLogs", {**asked, "fromBlock": hex(first), "toBlock": hex(last)}
        )

    async def _reports(self, wallets: frozenset[Wallet], logs: wire.Json) -> list[Report]:
        if not isinstance(logs, list):
            raise Transient("the node's logs are no list")
        reports, filled = [], []
        for log in logs:
            read = order_filled.read(log)
            if isinstance(read, Filled) and read.removed:
                read = Unreadable(reason="removed by a reorganisation", raw=wire.compact(log))
            if isinstance(read, Unreadable):
                reports.append(self._report("", (read,), read.raw))
            elif read.row.wallet in wallets:
                filled.append(read)
        await self._learn_times(filled)
        for (number, block_hash), held in groupby(filled, _block_of):
            group = list(held)
            at_ms = group[0].row.traded_at_ms or self._times[number]
            rows, raw = order_filled.dated(group, at_ms), order_filled.kept(group, at_ms)
            reports.append(self._report(block_hash or f"block-{number}", rows, raw))
        return reports

    def _report(self, session: str, rows: tuple[LeaderRow | Unreadable, ...], raw: bytes) -> Report:
        at_ms = self._clock.now_ms()
        return Report(source=CHAIN, session=session, received_at_ms=at_ms, rows=rows, raw=raw)

    async def _learn_times(self, filled: Iterable[Filled]) -> None:
        untold = {each.block for each in filled if not each.row.traded_at_ms}
        asked = sorted(untold - self._times.keys())
        params = [(hex(number), False) for number in asked]
        for result in await self._rpc_all("eth_getBlockByNumber", params):
            self._note(result)
        if untold - self._times.keys():
            raise Transient("the node tells the times of other blocks")

    async def _rpc_all(self, method: str, params: Sequence[tuple[object, ...]]) -> list[wire.Json]:
        try:
            return await self._rpc.ask_all(method, params)
        except NodeRefused as error:
            raise Transient(f"{method}: {error}") from error

    async def _block(self, which: int | str) -> Block:
        named = which if isinstance(which, str) else hex(which)
        [result] = await self._rpc_all("eth_getBlockByNumber", [(named, False)])
        return self._note(result)

    def _note(self, result: wire.Json) -> Block:
        try:
            block = chain_blocks.read(result)
        except wire.MisfitError as error:
            raise Transient(f"the node's block: {error}") from error
        self._times[block.number] = block.at_ms
        if len(self._times) > max(_TIMES_MAX, 2 * self._blocks_max):
            self._times.popitem(last=False)
        return block

    async def _around(self, at_ms: int, head: Block) -> tuple[Block, Block]:
        """Two blocks not far apart, the first before that time, the second not before it; the head
        twice where that time is to come, block 0 twice where nothing was before it."""
        if head.at_ms < at_ms:
            return head, head
        low, high = head, head
        for tries in range(_PROBES_MAX):
            number = chain_blocks.first_guess(head, at_ms, tries=tries)
            low = await self._block(number)
            if low.at_ms < at_ms or not number:
                break
            high = low
        for tries in range(_PROBES_MAX):
            between = chain_blocks.probe(low, high, at_ms, slack_blocks=_SLACK_BLOCKS, tries=tries)
            if between is None:
                return low, high
            block = await self._block(between)
            low, high = (block, high) if block.at_ms < at_ms else (low, block)
        raise Transient("the node's blocks are in no order of time")


def _block_of(filled: Filled) -> tuple[int, str]:
    return filled.block, filled.block_hash


def _chunks(wallets: Collection[Wallet]) -> Iterable[tuple[Wallet, ...]]:
    listed = sorted(set(wallets))
    return (tuple(listed[at : at + _WALLETS_MAX]) for at in range(0, len(listed), _WALLETS_MAX))


def _within(report: Report, from_ms: int, to_ms: int) -> Report:
    """Without the rows of other times; what cannot be read stays."""
    rows = tuple(
        row
        for row in report.rows
        if not isinstance(row, LeaderRow) or from_ms <= row.traded_at_ms <= to_ms
    )
    return Report(
        source=report.source,
        session=report.session,
        received_at_ms=report.received_at_ms,
        rows=rows,
        raw=report.raw,
    )
