"""Everything that an operator switched on, opened."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import msgspec

from polycopy.polymarket.rtds_session import Rules
from polycopy.runtime.clock import Clock
from polycopy.stream_ingest.adapters.chain_past import ChainPast
from polycopy.stream_ingest.adapters.chain_rpc import ChainRpc
from polycopy.stream_ingest.adapters.chain_socket import ChainSocket
from polycopy.stream_ingest.adapters.data_api import Polling, open_data_api
from polycopy.stream_ingest.adapters.rtds_socket import RtdsSocket
from polycopy.stream_ingest.ports import Backfill, Source, Sources

_NODE_TIMEOUT_S = 20.0


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """An empty address: the source is off. Of the chain either address works without the other:
    the socket tells what happens, the other one what happened."""

    rtds_url: str = ""
    connections: int = 2
    rules: Rules = Rules()
    data_url: str = ""
    polling: Polling = Polling()
    chain_ws_url: str = ""
    chain_url: str = ""


@asynccontextmanager
async def open_sources(wanted: Wanted, *, clock: Clock) -> AsyncIterator[Sources]:
    """Connects nowhere yet."""
    sources: list[Source] = []
    backfills: list[Backfill] = []
    if wanted.rtds_url:
        sources += [
            RtdsSocket(
                wanted.rtds_url,
                slot=slot,
                rules=wanted.rules,
                clock=clock,
                first_life_ms=wanted.rules.life_ms * slot // wanted.connections,
            )
            for slot in range(1, wanted.connections + 1)
        ]
    async with AsyncExitStack() as opened:
        past = None
        if wanted.chain_url:
            session = await opened.enter_async_context(
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_NODE_TIMEOUT_S))
            )
            past = ChainPast(ChainRpc(session, wanted.chain_url, clock=clock), clock=clock)
            backfills.append(past)
        if wanted.chain_ws_url:
            sources.append(ChainSocket(wanted.chain_ws_url, past=past, clock=clock))
        if wanted.data_url:
            polling = wanted.polling
            data = await opened.enter_async_context(
                open_data_api(wanted.data_url, polling, clock=clock)
            )
            sources.append(data.poll)
            backfills.append(data.past)
        yield Sources(sources=tuple(sources), backfills=tuple(backfills))
