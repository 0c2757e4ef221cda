"""A message that is no event: whoever folds the log stops at it, whoever works it parks it."""

import asyncio
import base64
from contextlib import aclosing

import pytest

from polycopy.runtime.errors import Halt
from polycopy.runtime.log import KEPT_BYTES_MAX
from polycopy.runtime.nats_api import Api, StoredMessage
from polycopy.runtime.nats_capture import ORIGINAL_BYTES
from polycopy.runtime.nats_delivery import ATTEMPTS, REASON, SUBJECT
from tests.support.log_events import ALL_FEEDS, feed
from tests.support.nats_raw import raw_api, real_log
from tests.support.nats_server import Account


async def test_a_follower_takes_what_precedes_and_halts_there(nats_account: Account) -> None:
    async with real_log(nats_account) as log, raw_api(nats_account) as (connection, _):
        await log.append(feed(1))
        await connection.ask("feeds.rtds.connected", b"not json", within_s=5)
        async with asyncio.timeout(60), aclosing(log.follow([">"])) as events:
            assert [(await anext(events)).sequence for _ in range(2)] == [1, 2]
            with pytest.raises(Halt, match=r"sequence 3 \(feeds.rtds.connected\) is unreadable"):
                await anext(events)
        with pytest.raises(Halt, match="sequence 3"):
            await log.read([ALL_FEEDS])
        assert len(await log.read([ALL_FEEDS], until=2)) == 1


async def test_a_worker_parks_it_and_goes_on(nats_account: Account) -> None:
    async with real_log(nats_account) as log, raw_api(nats_account) as (connection, api):
        await connection.ask("feeds.rtds.connected", b"not json", within_s=5)
        await log.append(feed(1))
        async with asyncio.timeout(60), aclosing(log.work("worker", [ALL_FEEDS])) as deliveries:
            delivery = await anext(deliveries)
            assert delivery.recorded.sequence == 3
            await delivery.done()
        parked = await api.message("PARKED", last_by_subj="parked.worker.2")
        assert parked is not None
        assert "unreadable" in parked.headers[REASON]


async def test_what_is_parked_keeps_its_body_its_headers_and_the_reason(
    nats_account: Account,
) -> None:
    new = feed(1)
    async with real_log(nats_account) as log, raw_api(nats_account) as (_, api):
        await log.append(new)
        original = await api.message("EVENTS", seq=2)
        async with asyncio.timeout(60), aclosing(log.work("worker", [ALL_FEEDS])) as deliveries:
            delivery = await anext(deliveries)
            await delivery.retry(0)
            delivery = await anext(deliveries)
            await delivery.park("no such market\nanywhere")
        parked = await api.message("PARKED", last_by_subj="parked.>")
    assert original is not None
    assert parked is not None
    assert (parked.subject, parked.data) == ("parked.worker.2", original.data)
    assert parked.headers[REASON] == "no such market anywhere"
    assert (parked.headers[ATTEMPTS], parked.headers[SUBJECT]) == ("2", new.subject)
    assert parked.headers["Nats-Msg-Id"] == "park:worker:2"
    assert parked.headers["ce-id"] == new.envelope.event_id
    assert "Nats-Expected-Last-Subject-Sequence" not in parked.headers


async def captured(api: Api) -> StoredMessage:
    """The last frame, as soon as the server has it: nobody waits for an answer when keeping one."""
    async with asyncio.timeout(60):
        while True:
            found = await api.message("CAPTURE", last_by_subj="capture.>")
            if found is not None:
                return found


async def test_a_kept_frame_is_in_the_capture_stream(nats_account: Account) -> None:
    async with real_log(nats_account) as log, raw_api(nats_account) as (_, api):
        await log.keep("rtds", "not json", b"\x00\xff")
        await log.end()
        kept = await captured(api)
    assert (kept.subject, kept.data, kept.headers["reason"]) == ("capture.rtds", "AP8=", "not json")


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20, 2 << 20])
async def test_a_frame_of_any_size_is_kept_in_part_and_the_log_goes_on(
    nats_account: Account, size: int
) -> None:
    raw = b"ab" * (size // 2 + 1)
    async with real_log(nats_account) as log, raw_api(nats_account) as (_, api):
        await log.keep("rtds", "not json", raw[:size])
        assert await log.append(feed(1)) == 2
        kept = await captured(api)
    assert base64.b64decode(kept.data) == raw[:KEPT_BYTES_MAX]
    assert kept.headers[ORIGINAL_BYTES] == str(size)
