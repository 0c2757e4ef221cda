"""What the server refuses, or says wrongly, and what becomes of it."""

import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Halt, Permanent
from polycopy.runtime.nats_log import open_log
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.event import encode
from polycopy.schemas.feeds import FeedLost
from polycopy.schemas.subjects import subject_of
from tests.support.log_events import feed
from tests.support.nats_raw import raw_api, real_log
from tests.support.nats_server import Account


def lost(reason: str) -> Draft:
    event = FeedLost(source="rtds", connection="c", reason=reason, at_ms=1)
    origin = Origin(source="test", time_ms=1, causation_id=reason[:20])
    return draft(event, subject=subject_of(event), origin=origin)


async def test_an_event_too_large_for_the_server_is_permanent(nats_account: Account) -> None:
    async with real_log(nats_account) as log:
        with pytest.raises(Permanent, match="bytes are too many"):
            await log.append(lost("x" * 2_000_000))
        assert await log.end() == 1


async def test_the_headers_count_for_the_size_and_the_connection_stays(
    nats_account: Account,
) -> None:
    """The server closes the connection of who sends too much; nats-py looks at the body alone."""
    async with real_log(nats_account) as log, raw_api(nats_account) as (_, api):
        bare = len(encode(lost("").event))
        for room in (0, 200):
            with pytest.raises(Permanent, match="bytes are too many"):
                await log.append(lost("x" * ((1 << 20) - bare - room)))
        assert log.connected
        assert await log.append(lost("x" * ((1 << 20) - bare - 2_000))) == 2
        assert (await api.stream_info("EVENTS")).state.last_seq == 2


async def test_a_message_of_exactly_the_servers_size_is_sent(nats_account: Account) -> None:
    headers = {"name": "ö" * 10}
    size = len(b"NATS/1.0\r\nname: \r\n\r\n") + 20
    async with real_log(nats_account), raw_api(nats_account) as (connection, api):
        largest = bytes(connection.client.max_payload - size)
        await connection.publish("capture.test", largest, headers=headers)
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
