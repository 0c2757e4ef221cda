"""What the server refuses, or says wrongly, and what becomes of it."""

import asyncio
import base64
from contextlib import aclosing

import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Halt, Permanent
from polycopy.runtime.log import EVENT_BYTES_MAX
from polycopy.runtime.nats_delivery import REASON
from polycopy.runtime.nats_log import open_log
from polycopy.schemas.event import encode
from tests.support.log_events import ALL_FEEDS, feed, lost
from tests.support.nats_raw import raw_api, real_log
from tests.support.nats_server import Account


async def test_the_longest_event_can_be_parked_with_the_longest_reason(
    nats_account: Account,
) -> None:
    """Its reason is cut: a worker that cannot park a message would never get past it."""
    longest = lost("x" * (EVENT_BYTES_MAX - len(encode(lost("").event))))
    async with real_log(nats_account) as log, raw_api(nats_account) as (_, api):
        assert await log.append(longest) == 2
        async with asyncio.timeout(60), aclosing(log.work("worker", [ALL_FEEDS])) as deliveries:
            await (await anext(deliveries)).park("y" * 2_000_000)
        parked = await api.message("PARKED", last_by_subj="parked.worker.2")
        assert parked is not None
        assert base64.b64decode(parked.data) == encode(longest.event)
        assert set(parked.headers[REASON]) == {"y"}
        assert await log.append(feed(2)) == 3


async def test_a_message_too_large_for_the_server_leaves_the_connection_as_it_is(
    nats_account: Account,
) -> None:
    """The server closes the connection of who sends too much; nats-py looks at the body alone."""
    headers = {"name": "x" * 20}
    async with raw_api(nats_account) as (connection, _), real_log(nats_account):
        for room in (0, 20):
            with pytest.raises(Permanent, match="bytes are too many"):
                await connection.publish("capture.t", bytes((1 << 20) - room), headers=headers)
        assert await connection.stands(0)


async def test_a_message_of_exactly_the_servers_size_is_sent(nats_account: Account) -> None:
    headers = {"name": "ö" * 10}
    size = len(b"NATS/1.0\r\nname: \r\n\r\n") + 20
    async with real_log(nats_account), raw_api(nats_account) as (connection, api):
        largest = bytes(connection.client.max_payload - size)
        await connection.ask("capture.test", largest, within_s=5, headers=headers)
        with pytest.raises(Permanent):
            await connection.publish("capture.test", largest + b"x", headers=headers)
        assert (await api.stream_info("CAPTURE")).state.messages == 1


async def test_a_full_log_halts_and_throws_nothing_away(nats_account: Account) -> None:
    async with open_log(
        nats_account.url,
        source="test",
        clock=SystemClock(),
        create=True,
        monitor_url=nats_account.monitor_url,
        events_bytes_max=20_000,
    ) as log:
        await log.append(feed(1))
        for number in range(6):
            await log.append(lost(f"{number}" * 2_000))
        with pytest.raises(Halt, match="stream EVENTS is full"):
            await log.append(lost("8" * 8_000))
        assert await log.at(2) is not None


async def test_a_duplicate_that_is_something_else_halts(nats_account: Account) -> None:
    """The server compares ids alone: another message under our id swallows ours."""
    new = feed(1)
    async with real_log(nats_account) as log, raw_api(nats_account) as (connection, _):
        headers = {"Nats-Msg-Id": str(new.envelope.event_id)}
        await connection.ask("feeds.other.connected", b"{}", headers=headers, within_s=5)
        with pytest.raises(Halt, match="the log is not what it was"):
            await log.append(new)
