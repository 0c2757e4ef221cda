"""A Polygon node, asked over HTTP: one request at a time, politely.

Where the node wants to be left alone for a while (429, `Retry-After`, or its words for that) every
caller waits. What is logged and raised never names the address: it may hold a key.
"""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from itertools import count

import aiohttp

from polycopy.polymarket import json_rpc, wire
from polycopy.polymarket.json_rpc import Answered, Call, Message, Refused
from polycopy.polymarket.rate_headers import read_rate_headers
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime import unreached
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.http_answers import whole
from polycopy.runtime.logs import get_logger

_ATTEMPTS_MAX = 5
_WAIT_S_MAX = 60.0
_BATCH_MAX = 50
_TOO_LARGE = "an answer that is cut off or too large"
_JSON = {"Content-Type": "application/json"}
_RATE = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_logger = get_logger("stream-ingest")


class NodeRefused(Exception):  # noqa: N818 - the word says it
    """The node says no to this call, and would again."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(f"the node refuses: {refused.message} ({refused.code})")
        self.refused = refused


class ChainRpc:
    """`pause_s` lies between two requests; the session's own timeout bounds each."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, *, clock: Clock, pause_s: float = 0.1
    ) -> None:
        self._session = session
        self._url = url
        self._clock = clock
        self._pause_s = pause_s
        self._ids = count(1)
        self._lock = asyncio.Lock()
        self._closed_until_s = clock.monotonic_s()
        self._batches = True

    async def ask(self, method: str, *params: object) -> wire.Json:
        """The result. Raises NodeRefused, and Transient where no answer is to be had."""
        call = Call(next(self._ids), method, params)
        for message in await self._post(json_rpc.written(call)):
            match message:
                case Answered(id=call.id, result=result):
                    return result
                case Refused():
                    raise NodeRefused(message)
                case Unreadable(reason=reason):
                    raise Transient(f"the node's answer to {method}: {reason}")
        raise Transient(f"the node answers something else than {method}")

    async def ask_all(self, method: str, each: Sequence[Sequence[object]]) -> list[wire.Json]:
        """The results of one method with several parameters, in their order; in batches where the
        node takes them. Raises as `ask`."""
        found: list[wire.Json] = []
        while len(found) < len(each):
            part = each[len(found) : len(found) + _BATCH_MAX]
            results = await self._batch(method, part) if self._batches and len(part) > 1 else None
            if results is None:
                results = [await self.ask(method, *params) for params in part]
            found += results
        return found

    async def _batch(self, method: str, each: Sequence[Sequence[object]]) -> list[wire.Json] | None:
        """None where the node takes no batches, or none of that size."""
        calls = [Call(next(self._ids), method, params) for params in each]
        told = await self._post(json_rpc.written_batch(calls))
        results = {one.id: one.result for one in told if isinstance(one, Answered)}
        if all(call.id in results for call in calls):
            return [results[call.id] for call in calls]
        _logger.info("the node answers no batches")
        self._batches = False
        return None

    async def _post(self, body: bytes) -> list[Message]:
        async with self._lock:
            for attempt in range(_ATTEMPTS_MAX):
                await self._turn()
                status, told, retry_after_s = await self._once(body)
                often = any(isinstance(one, Refused) and one.asks_too_often for one in told)
                if not often and status not in _RATE:
                    return self._readable(status, told)
                self._close(retry_after_s or 2.0**attempt)
            wait_s = self._closed_until_s - self._clock.monotonic_s()
            raise Transient("the node wants to be asked less often", after_s=max(wait_s, 1.0))

    async def _once(self, body: bytes) -> tuple[int, list[Message], int]:
        try:
            async with self._session.post(
                self._url, data=body, headers=_JSON, allow_redirects=False
            ) as answer:
                retry_after_s = read_rate_headers(answer.headers).retry_after_s
                return answer.status, json_rpc.feed(await whole(answer)), retry_after_s
        except aiohttp.ClientPayloadError:
            return HTTPStatus.OK, [Refused(-1, 0, _TOO_LARGE)], 0
        except aiohttp.InvalidURL as error:
            raise Transient("the node's address is no URL") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(f"the node does not answer: {unreached.why(error)}") from error

    def _readable(self, status: int, told: list[Message]) -> list[Message]:
        """Nodes send their refusals with any status. A page instead of them is one by a proxy."""
        if status == HTTPStatus.OK or any(isinstance(one, Refused) for one in told):
            return told
        if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE):
            return [Refused(-1, status, f"status {status}")]
        raise Transient(f"the node answers with status {status}")

    async def _turn(self) -> None:
        wait_s = self._closed_until_s - self._clock.monotonic_s()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        self._closed_until_s = self._clock.monotonic_s() + self._pause_s

    def _close(self, wait_s: float) -> None:
        wait_s = min(wait_s, _WAIT_S_MAX)
        _logger.warning("the node is asked too much", wait_s=wait_s)
        self._closed_until_s = self._clock.monotonic_s() + wait_s
