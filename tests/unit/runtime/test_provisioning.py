"""Settings that are not as they must be are named, with what they are and must be."""

import pytest

from polycopy.runtime.errors import Halt
from polycopy.runtime.nats_check import monitor_urls
from polycopy.runtime.provisioning import EVENTS, STREAMS, StreamSpec, differs


@pytest.mark.parametrize("spec", STREAMS, ids=lambda spec: spec.name)
def test_a_stream_as_it_is_made_is_as_it_must_be(spec: StreamSpec) -> None:
    differs(spec.name, spec.creation(), spec.exact, spec.at_least)


def test_what_the_server_leaves_out_and_reorders_is_no_difference() -> None:
    found = dict(EVENTS.creation())
    del found["persist_mode"], found["sealed"], found["max_age"]
    found["subjects"] = list(reversed(EVENTS.exact["subjects"]))  # type: ignore[call-overload]
    differs("stream EVENTS", found, EVENTS.exact, EVENTS.at_least)


def test_larger_limits_are_the_operator_s_choice() -> None:
    found = {**EVENTS.creation(), "max_bytes": 2**50, "num_replicas": 3}
    differs("stream EVENTS", found, EVENTS.exact, EVENTS.at_least)


def test_every_difference_is_named_in_one_line() -> None:
    found = {**EVENTS.creation(), "deny_delete": False, "discard": "old", "max_bytes": -1}
    with pytest.raises(Halt) as caught:
        differs("stream EVENTS", found, EVENTS.exact, EVENTS.at_least)
    assert str(caught.value) == (
        "stream EVENTS: discard is 'old' and must be 'new'; deny_delete is False and must be True; "
        "max_bytes is -1 and must be at least 1"
    )


def test_the_monitoring_port_is_that_of_the_settings_or_the_usual_one() -> None:
    assert monitor_urls("nats://a:hush@host:4333", "") == ["http://host:8222"]
    assert monitor_urls("nats://a:1,nats://[::1]:2", "") == ["http://a:8222", "http://[::1]:8222"]
    assert monitor_urls("nats://a:1", "http://m:1/, http://n:2") == ["http://m:1", "http://n:2"]
