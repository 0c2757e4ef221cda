"""Raw frames of the activity feed as a recording."""

import base64
import json
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.sources import recordings
from polycopy.paper_venue.core.sources.recordings import Recorded, Replay, tape
from tests.support.rtds_frames import WALLET, envelope, frame

OTHER = "0x" + "cd" * 20


def line(heard: bytes | None = None, **changes: Any) -> bytes:
    """A frame as it is exported."""
    fields = {
        "received_at_ms": 1_795_327_988_000,
        "source": "rtds",
        "session": "1-1795",
        "reason": "",
        "raw": (frame() if heard is None else heard).decode(),
    } | changes
    return json.dumps({key: value for key, value in fields.items() if value is not None}).encode()


def shares(rows: list[Recorded]) -> list[int]:
    return [row.size_micros // 1_000_000 for row in rows]


def test_the_executions_of_the_frames_are_the_rows() -> None:
    [row] = tape([line()])
    assert row == Recorded(
        transaction_hash=row.transaction_hash,
        wallet=WALLET,
        token_id=row.token_id,
        condition_id=row.condition_id,
        side=row.side,
        size_micros=10_000_000,
        price_micros=520_000,
        outcome="Yes",
        slug="a-market",
        title="Will it?",
    )


def test_a_taker_s_order_as_a_whole_is_no_row_of_its_own() -> None:
    assert shares(tape([line(frame("orders_matched", size=30)), line(frame(size=10))])) == [10]


def test_what_two_connections_heard_counts_once_in_the_order_of_receipt() -> None:
    first, second = {"session": "1-1"}, {"session": "2-1"}
    rows = tape(
        [
            line(frame(size=1), **first),
            line(frame(size=1), **second),
            line(frame(size=2), **second),
            line(frame(size=2), **first),
            line(frame(size=3), **first),
        ]
    )
    assert shares(rows) == [1, 2, 3]


def test_equal_rows_of_one_connection_are_fills_of_their_own() -> None:
    two = [line(), line()]
    assert shares(tape(two)) == [10, 10]
    assert shares(tape([*two, line(session="2"), line(session="2"), line(session="3")])) == [10, 10]
    assert shares(tape([line(), *(line(session="2") for _ in range(3))])) == [10, 10, 10]


def test_a_frame_with_many_rows_is_many_rows() -> None:
    several = json.dumps([envelope(size=1), envelope(size=2)]).encode()
    assert shares(tape([line(several)])) == [1, 2]


def test_what_is_no_trade_is_left_out() -> None:
    rows = tape(
        [
            line(),
            line(b"", raw=""),
            line(b"not json"),
            line(frame(transactionHash=None)),
            line(frame(size=7), reason="no hash"),
            line(frame(size=7), source="poll"),
            line(json.dumps({"topic": "comments", "type": "x", "payload": {}}).encode()),
        ]
    )
    assert shares(rows) == [10]


def test_bytes_that_are_no_text_come_packed() -> None:
    packed = base64.b64encode(frame(size=4)).decode()
    assert shares(tape([line(raw=None, raw_base64=packed)])) == [4]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (b"{", "line 2 of the recording: not JSON"),
        (b"[]", "line 2 of the recording: the frame is no object"),
        (line(raw={}), "line 2 of the recording: no raw"),
        (line(raw=None, raw_base64="%"), "line 2 of the recording"),
        (line(source=None), "line 2 of the recording: no source"),
    ],
)
def test_a_line_that_is_no_frame_is_named(second: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        tape([line(), second])


def test_frames_are_a_script_like_any_recording() -> None:
    hashes = [f"0x{number:064x}" for number in range(3)]
    lines = [
        line(frame(transactionHash=one, proxyWallet=wallet))
        for one in hashes
        for wallet in (WALLET, OTHER)
    ]
    script = Replay(tape(lines), random.Random(1), trades=2, source_note="frames")
    assert script.total == 2
    assert [row.wallet for row in script.transaction(1).rows] == [WALLET, OTHER]


@given(st.lists(st.lists(st.integers(1, 4), max_size=8), max_size=3), st.randoms())
def test_of_equal_rows_the_largest_count_of_a_session_holds(
    sessions: list[list[int]], dice: random.Random
) -> None:
    """However the connections' frames mix."""
    queues = {str(at): list(sizes) for at, sizes in enumerate(sessions) if sizes}
    lines = [line(b"not json")]
    while queues:
        session = dice.choice(sorted(queues))
        size = queues[session].pop(0)
        lines.append(line(frame(size=size), session=session))
        if not queues[session]:
            del queues[session]
    expected: Counter[int] = Counter()
    for sizes in sessions:
        expected |= Counter(sizes)
    assert Counter(shares(recordings.tape(lines))) == expected
