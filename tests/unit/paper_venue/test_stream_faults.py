"""What a fault does to the messages of one socket, and what it leaves alone."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.faults.fault_book import FaultBook
from polycopy.paper_venue.core.faults.rules import SOCKET, Fault, FaultKind
from polycopy.paper_venue.core.faults.stream_faults import (
    HELD_MAX,
    PASSED_US_MAX,
    Stream,
    Told,
    due,
    feed,
    pass_on,
    trader,
)

MS = 1_000
AT = 1_795_000_000_000 * MS


def fault(kind: FaultKind, delay_ms: int = 0, **more: Any) -> Fault:
    return Fault(kind=kind, on="rtds", delay_ms=delay_ms, **more)


def body(number: int) -> str:
    return f'{{"number":{number}}}'


def sent(stream: Stream, number: int, kind: FaultKind | None, at_ms: int, delay_ms: int = 0) -> Any:
    struck = None if kind is None else fault(kind, delay_ms)
    return numbers(feed(stream, body(number), struck, AT + at_ms * MS))


def numbers(told: Told) -> list[int]:
    return [msgspec.json.decode(one)["number"] for one in told.messages]


def changed(message: Any, struck: Fault) -> Any:
    (only,) = feed(Stream(), msgspec.json.encode(message).decode(), struck, AT).messages
    return msgspec.json.decode(only)


def test_without_a_fault_everything_goes_straight_through() -> None:
    stream = Stream()

    assert sent(stream, 1, None, 0) == [1]
    assert stream.next_us is None


def test_a_gap_loses_one_and_a_duplicate_doubles_one() -> None:
    stream = Stream()

    assert sent(stream, 1, FaultKind.GAP, 0) == []
    assert sent(stream, 2, FaultKind.DUPLICATE, 0) == [2, 2]
    assert sent(stream, 3, None, 0) == [3]


def test_a_stall_swallows_what_comes_until_it_is_over() -> None:
    stream = Stream()

    assert sent(stream, 1, FaultKind.STALL, 0, delay_ms=500) == []
    assert sent(stream, 2, None, 499) == []
    assert sent(stream, 3, FaultKind.DUPLICATE, 499) == []
    assert sent(stream, 4, None, 500) == [4]


def test_a_stall_without_a_time_lasts_for_ever() -> None:
    stream = Stream()
    sent(stream, 1, FaultKind.STALL, 0)

    assert sent(stream, 2, None, 10**9) == []
    assert stream.next_us is None


def test_a_burst_holds_all_back_and_sends_them_at_once_in_their_order() -> None:
    stream = Stream()

    assert sent(stream, 1, FaultKind.BURST, 0, delay_ms=100) == []
    assert sent(stream, 2, None, 50) == []
    assert sent(stream, 3, FaultKind.DUPLICATE, 99) == []
    assert stream.next_us == AT + 100 * MS
    assert numbers(due(stream, AT + 99 * MS)) == []
    assert numbers(due(stream, AT + 100 * MS)) == [1, 2, 3, 3]
    assert stream.next_us is None


def test_a_burst_that_is_over_comes_before_the_next_message() -> None:
    stream = Stream()
    sent(stream, 1, FaultKind.BURST, 0, delay_ms=100)

    assert sent(stream, 2, None, 200) == [1, 2]


def test_a_burst_that_grows_too_big_breaks_out_before_its_time() -> None:
    stream = Stream()
    sent(stream, 0, FaultKind.BURST, 0, delay_ms=100)

    told = [sent(stream, number, None, 1) for number in range(1, HELD_MAX + 1)]

    assert told[:-1] == [[]] * (HELD_MAX - 1)
    assert told[-1] == list(range(HELD_MAX + 1))
    assert stream.held == []


def test_a_message_that_is_overtaken_comes_after_the_next() -> None:
    stream = Stream()

    assert sent(stream, 1, FaultKind.REORDER, 0) == []
    assert sent(stream, 2, FaultKind.REORDER, 1) == []
    assert sent(stream, 3, None, 2) == [3, 2, 1]
    assert sent(stream, 4, None, 3) == [4]


def test_a_message_that_nobody_overtakes_does_not_wait_for_ever() -> None:
    stream = Stream()
    sent(stream, 1, FaultKind.REORDER, 0)

    assert stream.next_us == AT + PASSED_US_MAX
    assert numbers(due(stream, AT + PASSED_US_MAX)) == [1]


def test_a_message_that_is_lost_overtakes_nobody() -> None:
    stream = Stream()
    sent(stream, 1, FaultKind.REORDER, 0)

    assert sent(stream, 2, FaultKind.GAP, 0) == []
    assert sent(stream, 3, None, 0) == [3, 1]


def test_a_disconnect_closes_before_the_message() -> None:
    told = feed(Stream(), body(1), fault(FaultKind.DISCONNECT), AT)

    assert told == Told((), close=True)


def test_stale_data_has_every_time_in_its_own_unit_and_type() -> None:
    stale = changed(
        {
            "timestamp": 1_795_000_000_500,
            "payload": {"timestamp": 1_795_000_000, "size": 3, "name": "timestamp"},
            "match_time": "1795000000",
            "match_time_nano": "1795000000000000000",
            "last_update": "",
            "expiration": "1795000000",
        },
        fault(FaultKind.STALE, delay_ms=1_800_000),
    )

    assert stale == {
        "timestamp": 1_794_998_200_500,
        "payload": {"timestamp": 1_794_998_200, "size": 3, "name": "timestamp"},
        "match_time": "1794998200",
        "match_time_nano": "1794998200000000000",
        "last_update": "",
        "expiration": "1795000000",
    }


def test_the_activity_feed_loses_the_hash_and_the_user_channel_empties_it() -> None:
    struck = fault(FaultKind.NO_HASH)

    assert changed({"payload": {"transactionHash": "0x1", "a": 1}}, struck) == {"payload": {"a": 1}}
    assert changed({"transaction_hash": "0x1"}, struck) == {"transaction_hash": ""}


def test_a_row_about_no_outcome_has_index_999() -> None:
    struck = fault(FaultKind.NO_OUTCOME)

    assert changed({"payload": {"outcomeIndex": 1}}, struck) == {"payload": {"outcomeIndex": 999}}
    assert changed({"outcome": "Yes"}, struck) == {"outcome": "Yes"}


def test_a_frame_of_several_bodies_is_changed_in_each_of_them() -> None:
    stale = changed([{"timestamp": "5000"}, {"timestamp": "6000"}], fault(FaultKind.STALE, 1_000))

    assert stale == [{"timestamp": "4999"}, {"timestamp": "5999"}]


def test_what_is_no_json_is_not_changed_and_what_is_no_object_neither() -> None:
    for struck in map(fault, (FaultKind.STALE, FaultKind.NO_HASH, FaultKind.NO_OUTCOME)):
        for text in ("PONG", "", "[7,8]", "7"):
            assert feed(Stream(), text, struck, AT).messages == (text,)


def test_numbers_of_a_changed_message_are_written_as_before() -> None:
    text = '{"payload":{"size":1234567.123456,"price":0.0001,"usd":5,"transactionHash":"0x1"}}'

    told = feed(Stream(), text, fault(FaultKind.NO_HASH), AT)

    assert told.messages == ('{"payload":{"size":1234567.123456,"price":0.0001,"usd":5}}',)


def test_a_message_of_the_activity_feed_is_about_a_trader() -> None:
    assert trader('{"payload":{"proxyWallet":"0xAb"}}') == "0xab"
    assert trader('{"payload":{}}') == ""
    assert trader('{"statusCode":401}') == ""
    assert trader("") == ""


def test_a_stall_does_not_use_up_what_it_swallows() -> None:
    faults = FaultBook("seed")
    stream = Stream()
    faults.set(fault(FaultKind.STALL, 100, name="stall", times=1))
    faults.set(fault(FaultKind.GAP, name="gap", skip=1, times=1))

    told = [
        numbers(pass_on(faults, stream, "rtds", body(number), AT + number * 40 * MS))
        for number in range(6)
    ]

    assert told == [[], [], [], [], [4], [5]]
    assert {each.name: each.fitted for each in faults.snapshot()} == {"stall": 4, "gap": 4}


KEEPING = sorted(SOCKET - {FaultKind.GAP, FaultKind.STALL, FaultKind.DISCONNECT})
PLAY = st.lists(
    st.tuples(
        st.one_of(st.none(), st.sampled_from(KEEPING)), st.integers(0, 300), st.integers(0, 500)
    ),
    max_size=40,
)


def played(play: list[tuple[FaultKind | None, int, int]]) -> list[int]:
    stream = Stream()
    told: list[int] = []
    at_ms = 0
    for number, (kind, pause_ms, delay_ms) in enumerate(play):
        at_ms += pause_ms
        told += sent(stream, number, kind, at_ms, delay_ms)
    while stream.next_us is not None:
        told += numbers(due(stream, stream.next_us))
    return told


@given(PLAY)
def test_what_no_fault_loses_arrives_as_often_as_it_should(
    play: list[tuple[FaultKind | None, int, int]],
) -> None:
    told = played(play)

    for number, (kind, _, _) in enumerate(play):
        assert told.count(number) == (2 if kind is FaultKind.DUPLICATE else 1)


@given(PLAY)
def test_only_what_is_reordered_leaves_its_place(
    play: list[tuple[FaultKind | None, int, int]],
) -> None:
    passed = [number for number, (kind, _, _) in enumerate(play) if kind is FaultKind.REORDER]

    others = [number for number in played(play) if number not in passed]

    assert others == sorted(others)
