"""What JetStream's messages say besides their body."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import Header

from polycopy.runtime.errors import Unreadable
from polycopy.runtime.nats_publish import guard_headers
from polycopy.runtime.nats_wire import (
    Place,
    headers_from,
    place_of,
    recorded,
    status_of,
)
from polycopy.schemas.envelope import to_headers
from polycopy.schemas.event import encode
from polycopy.schemas.subjects import guard_of
from tests.support.log_events import feed, target

COUNTS = st.integers(min_value=1, max_value=2**53)


def message(reply: str, headers: dict[str, str] | None = None) -> Msg:
    return Msg(_client=Client(), subject="x", reply=reply, data=b"", headers=headers)


@given(COUNTS, COUNTS, COUNTS)
def test_both_versions_of_the_answer_subject_give_the_place(
    sequence: int, consumer_sequence: int, attempt: int
) -> None:
    tail = f"{attempt}.{sequence}.{consumer_sequence}.1795352334922975519.9"
    place = Place(sequence, consumer_sequence, attempt)
    assert place_of(f"$JS.ACK.EVENTS.worker.{tail}") == place
    assert place_of(f"$JS.ACK._.HaSh.EVENTS.worker.{tail}") == place
    assert place_of(f"$JS.ACK.hub.HaSh.EVENTS.worker.{tail}.r4nd0m") == place


@pytest.mark.parametrize("reply", ["", "_INBOX.x.1", "$JS.ACK.EVENTS.worker.1.2", "$JS.FC.a.b"])
def test_other_subjects_are_no_place(reply: str) -> None:
    with pytest.raises(ValueError, match="acknowledgement"):
        place_of(reply)


def test_a_status_is_told_from_a_message() -> None:
    assert status_of(message("$JS.ACK.EVENTS.worker.1.2.3.4.5")) is None
    headers = {"Status": "408", Header.DESCRIPTION: "Request Timeout", "Nats-Pending-Messages": "6"}
    status = status_of(message("", headers))
    assert status is not None
    assert (status.code, status.text, status.unused) == (408, "Request Timeout", 6)
    bare = status_of(message(""))
    assert bare is not None
    assert (bare.code, bare.text, bare.unused) == (0, "", 0)


def test_an_event_survives_its_message() -> None:
    new = feed(5)
    found = recorded(new.subject, to_headers(new.envelope), encode(new.event), 9)
    assert (found.sequence, found.envelope, found.event) == (9, new.envelope, new.event)


def test_a_message_that_is_no_event_says_where_it_lies() -> None:
    new = feed(5)
    headers = to_headers(new.envelope)
    with pytest.raises(Unreadable, match=r"sequence 9 \(feeds\.x\).*no header"):
        recorded("feeds.x", None, b"{}", 9)
    with pytest.raises(Unreadable, match="sequence 9"):
        recorded("feeds.x", headers, b"{}", 9)
    with pytest.raises(Unreadable, match="sequence 9"):
        recorded("feeds.x", {**headers, "ce-time": "yesterday"}, encode(new.event), 9)


def test_stored_headers_are_read_from_their_wire_form() -> None:
    raw = b"NATS/1.0\r\nNats-Msg-Id: 4\r\nce-source: a:b\r\nempty: \r\n\r\n"
    assert headers_from(raw) == {"Nats-Msg-Id": "4", "ce-source": "a:b", "empty": ""}
    assert headers_from(b"") == {}


@given(st.integers(min_value=0, max_value=2**53))
def test_an_expectation_always_comes_with_its_one_filter(expected: int) -> None:
    guard = guard_of(target(1).subject)
    assert guard_headers(guard, expected) == {
        "Nats-Expected-Last-Subject-Sequence": str(expected),
        "Nats-Expected-Last-Subject-Sequence-Subject": guard,
    }
    assert guard_headers(guard_of(feed(1).subject), None) == {}
