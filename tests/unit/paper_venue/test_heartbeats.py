"""Order heartbeats: a chain of ids, and what silence does."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.clob.heartbeats import SILENCE_US, Heartbeats

SECOND = 1_000_000
AT = 1_795_000_000 * SECOND
KEY = "key"


def beat(pulse: Heartbeats, given_id: str, at_us: int = AT, key: str = KEY) -> tuple[int, str]:
    body = msgspec.json.encode({"heartbeat_id": given_id})
    answer = pulse.beat(key, body, at_us)
    return answer.status, msgspec.json.decode(answer.body)["heartbeat_id"]


def test_the_first_call_arms_and_every_answer_gives_the_next_id() -> None:
    pulse = Heartbeats("seed")
    assert pulse.deadline_us(KEY) is None

    status, first = beat(pulse, "")
    again, second = beat(pulse, first, AT + 5 * SECOND)

    assert (status, again) == (200, 200)
    assert first != second
    assert pulse.deadline_us(KEY) == AT + 15 * SECOND
    assert pulse.next_deadline_us() == AT + 15 * SECOND


def test_a_wrong_id_is_told_the_right_one_and_buys_no_time() -> None:
    pulse = Heartbeats("seed")
    _, expected = beat(pulse, "")

    answer = pulse.beat(KEY, b'{"heartbeat_id":"stale"}', AT + 9 * SECOND)

    assert answer.status == 400
    assert msgspec.json.decode(answer.body) == {
        "error_msg": "Invalid Heartbeat ID",
        "heartbeat_id": expected,
    }
    assert pulse.fallen_silent(AT + 10 * SECOND) == [KEY]


def test_an_id_without_a_start_is_told_to_start_with_none() -> None:
    pulse = Heartbeats("seed")

    assert beat(pulse, "from another life") == (400, "")
    assert pulse.next_deadline_us() is None


def test_silence_names_a_key_once_and_it_may_start_anew() -> None:
    pulse = Heartbeats("seed")
    _, old = beat(pulse, "")
    beat(pulse, "", AT + SECOND, key="other")

    assert pulse.fallen_silent(AT + SILENCE_US - 1) == []
    assert pulse.fallen_silent(AT + SILENCE_US) == [KEY]
    assert pulse.fallen_silent(AT + SILENCE_US) == []
    assert pulse.next_deadline_us() == AT + SECOND + SILENCE_US
    assert beat(pulse, old, AT + 11 * SECOND) == (400, "")
    assert beat(pulse, "", AT + 11 * SECOND)[0] == 200


def test_the_older_call_has_no_ids_and_the_newer_one_may_follow_it() -> None:
    pulse = Heartbeats("seed")
    beat(pulse, "")

    assert pulse.beat_simply(KEY, AT + SECOND).body == b'{"status":"ok"}'
    assert pulse.deadline_us(KEY) == AT + SECOND + SILENCE_US
    assert beat(pulse, "", AT + 2 * SECOND)[0] == 200


def test_a_body_that_is_no_heartbeat_is_refused() -> None:
    pulse = Heartbeats("seed")

    assert pulse.beat(KEY, b"[", AT).status == 400
    assert pulse.beat(KEY, b'{"heartbeat_id":5}', AT).status == 400
    assert pulse.beat(KEY, b'{"heartbeat_id":null}', AT).status == 200


STEPS = st.lists(
    st.tuples(st.integers(0, 12 * SECOND), st.sampled_from("ab"), st.booleans()), max_size=40
)


@given(STEPS)
def test_a_key_falls_silent_exactly_where_ten_seconds_pass_without_it(
    steps: list[tuple[int, str, bool]],
) -> None:
    pulse = Heartbeats("seed")
    expected = {"a": "", "b": ""}
    heard: dict[str, int] = {}
    at_us = AT
    for pause_us, key, right in steps:
        at_us += pause_us
        over = [name for name, last in heard.items() if at_us - last >= SILENCE_US]
        assert sorted(pulse.fallen_silent(at_us)) == sorted(over)
        for name in over:
            del heard[name]
            expected[name] = ""
        status, following = beat(pulse, expected[key] if right else "wrong", at_us, key)
        assert status == (200 if right else 400)
        if right:
            heard[key] = at_us
            expected[key] = following
        assert pulse.next_deadline_us() == (min(heard.values()) + SILENCE_US if heard else None)
