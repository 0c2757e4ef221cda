"""A connection to a node, without the node."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket import chain_session, chain_waiting
from polycopy.polymarket.chain_blocks import Block
from polycopy.polymarket.chain_session import ChainSession, Ended, Fed, Head, Rows
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import Wallet
from tests.support.chain_frames import (
    BLOCK,
    BLOCK_HASH,
    BLOCK_S,
    WALLET,
    answer,
    block,
    log,
    log_of,
    news,
    refusal,
)

STRANGER = Wallet("0x" + "99" * 20)
LOGS, HEADS, FIRST_BLOCK_ASKED = 1, 2, 3


def opened(*wallets: Wallet) -> ChainSession:
    session = ChainSession(wallets or (WALLET,))
    for call in session.opening():
        id_ = json.loads(call)["id"]
        assert session.feed(answer(id_, f"0x{id_}")) == Fed()
    return session


def rows(fed: Fed) -> list[LeaderRow | Unreadable]:
    return [row for heard in fed.heard if isinstance(heard, Rows) for row in heard.rows]


def only(fed: Fed) -> Any:
    [heard] = fed.heard
    return heard


def asked(fed: Fed) -> list[Any]:
    return [json.loads(call) for call in fed.send]


def test_logs_are_subscribed_to_before_heads() -> None:
    calls = [json.loads(call) for call in ChainSession([WALLET]).opening()]
    assert [call["method"] for call in calls] == ["eth_subscribe"] * 2
    assert [call["params"][0] for call in calls] == ["logs", "newHeads"]


def test_a_head_is_complete_when_every_subscription_is_answered() -> None:
    session = ChainSession([WALLET])
    session.opening()
    assert only(session.feed(news(block()))) == Head(Block(BLOCK, BLOCK_S * 1000), complete=False)
    session.feed(answer(LOGS, "0xa"))
    session.feed(answer(HEADS, "0xb"))
    assert only(session.feed(news(block(BLOCK + 1)))).complete


def test_a_log_gets_the_time_of_its_block_from_the_head() -> None:
    session = opened()
    session.feed(news(block()))
    heard = only(session.feed(news(log())))
    assert (heard.block_hash, heard.rows[0].traded_at_ms) == (BLOCK_HASH, BLOCK_S * 1000)
    assert json.loads(heard.raw) == [log(blockTimestamp=hex(BLOCK_S))]


def test_a_log_that_tells_the_time_of_its_block_waits_for_nothing() -> None:
    fed = opened().feed(news(log(blockTimestamp=hex(BLOCK_S))))
    assert [row.traded_at_ms for row in rows(fed) if isinstance(row, LeaderRow)] == [BLOCK_S * 1000]
    assert fed.send == ()


def test_a_log_before_its_head_is_held_until_the_head_or_the_node_tells_the_time() -> None:
    for told in (news(block()), answer(FIRST_BLOCK_ASKED, block())):
        session = opened()
        fed = session.feed(news(log()))
        assert fed.heard == ()
        assert asked(fed)[0]["method"] == "eth_getBlockByNumber"
        assert asked(fed)[0]["params"] == [hex(BLOCK), False]
        assert session.feed(news(log(logIndex="0x20"))) == Fed()
        assert len(rows(session.feed(told))) == 2


@pytest.mark.parametrize(
    "nothing", [answer(3, None), answer(3, block(7)), refusal(3, -32_000, "no")]
)
def test_a_block_that_the_node_does_not_know_yet_is_asked_for_with_the_next_head(
    nothing: bytes,
) -> None:
    session = opened()
    session.feed(news(log()))
    assert session.feed(nothing) == Fed()
    assert asked(session.feed(news(block(BLOCK - 1))))[0]["params"] == [hex(BLOCK), False]
    assert len(rows(session.feed(news(block())))) == 1


def test_a_block_that_the_node_never_knows_is_given_up_with_the_reason() -> None:
    session = opened()
    fed = session.feed(news(log()))
    for number in range(chain_waiting.ASKED_MAX - 1):
        assert session.feed(answer(asked(fed)[0]["id"], None)) == Fed()
        fed = session.feed(news(block(number + 1)))
    [row] = rows(session.feed(answer(asked(fed)[0]["id"], None)))
    assert isinstance(row, Unreadable)
    assert row.reason == "the node does not know the block of a log"
    assert asked(session.feed(news(block(9)))) == []


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_waiting, "WAITING_MAX", 2)
    session = opened()
    told = [session.feed(news(log(logIndex=hex(place)))) for place in range(3)]
    [row] = rows(told[2])
    assert isinstance(row, Unreadable)
    assert row.reason == "too many logs wait for the time of their block"
    assert len(rows(session.feed(news(block())))) == 2


def test_only_the_newest_times_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_waiting, "TIMES_MAX", 2)
    session = opened()
    for number in (BLOCK, BLOCK + 1, BLOCK + 2):
        session.feed(news(block(number)))
    assert rows(session.feed(news(log()))) == []


def test_strangers_and_those_who_were_removed_are_not_told_of() -> None:
    session = opened(WALLET, STRANGER)
    session.feed(news(block()))
    assert len(rows(session.feed(news(log_of(STRANGER))))) == 1
    assert session.aim([WALLET]) == ()
    assert session.feed(news(log_of(STRANGER))) == Fed()
    assert len(rows(session.feed(news(log())))) == 1


def test_an_added_wallet_is_subscribed_to_at_once() -> None:
    session = opened()
    [call] = session.aim([WALLET, STRANGER])
    assert json.loads(call)["params"][1]["topics"][2] == ["0x" + "00" * 12 + "99" * 20]
    assert not only(session.feed(news(block()))).complete
    session.feed(answer(json.loads(call)["id"], "0xc"))
    assert only(session.feed(news(block()))).complete


def test_a_row_that_a_reorganisation_took_back_is_dropped_while_it_waits() -> None:
    session = opened()
    session.feed(news(log()))
    session.feed(news(log(logIndex="0x20")))
    assert session.feed(news(log(removed=True))) == Fed()
    assert [
        row.place for row in rows(session.feed(news(block()))) if isinstance(row, LeaderRow)
    ] == ["32"]


def test_a_row_that_was_told_before_a_reorganisation_took_it_back_is_told_of() -> None:
    session = opened()
    session.feed(news(block()))
    session.feed(news(log()))
    [row] = rows(session.feed(news(log(removed=True))))
    assert isinstance(row, Unreadable)
    assert row.reason == "removed by a reorganisation"
    again = only(session.feed(news(log(blockHash="0x" + "22" * 32, logIndex="0x3"))))
    assert again.block_hash != BLOCK_HASH


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (refusal(LOGS, -32_602, "max topics"), "the node refuses: max topics (-32602)"),
        (refusal(None, -32_700, "parse error"), "the node refuses: parse error (-32700)"),
        (answer(HEADS, None), "the node names no subscription"),
    ],
)  # fmt: skip
def test_a_node_that_refuses_a_subscription_ends_the_session(frame: bytes, reason: str) -> None:
    session = ChainSession([WALLET])
    session.opening()
    assert only(session.feed(frame)) == Ended(reason)


def test_a_node_that_does_not_answer_a_subscription_ends_the_session() -> None:
    session = ChainSession([WALLET])
    session.opening()
    ends = [
        heard
        for number in range(chain_session.UNANSWERED_HEADS_MAX)
        for heard in session.feed(news(block(number + 1))).heard
        if isinstance(heard, Ended)
    ]
    assert ends == [Ended("the node does not answer to a subscription")]


def test_an_unknown_refusal_is_no_end() -> None:
    assert opened().feed(refusal(99, -32_000, "subscription not found")) == Fed()
    assert opened().feed(answer(99, block())) == Fed()


@pytest.mark.parametrize("frame", [b"{", b"\xff", b"7", news(7), news({}), news(log(data="0x"))])
def test_a_frame_that_cannot_be_read_is_kept_with_a_reason(frame: bytes) -> None:
    [row] = rows(opened().feed(frame))
    assert isinstance(row, Unreadable)
    assert row.reason


OURS = [Wallet(f"0x{number:040x}") for number in range(1, 4)]


@st.composite
def histories(draw: st.DrawFn) -> list[bytes]:
    """Frames of a few blocks: heads and logs, of ours and of strangers, some with their time."""
    frames = []
    for number in range(BLOCK, BLOCK + draw(st.integers(1, 5))):
        frames.append(news(block(number)))
        for place in range(draw(st.integers(0, 4))):
            wallet = draw(st.sampled_from([*OURS, STRANGER]))
            told = {"blockTimestamp": block(number)["timestamp"]} if draw(st.booleans()) else {}
            frames.append(news(log_of(wallet, number, place, **told)))
    return frames


def heard_of(frames: list[bytes]) -> set[tuple[str, LeaderRow]]:
    session = opened(*OURS)
    found = set()
    for frame in frames:
        for heard in session.feed(frame).heard:
            if isinstance(heard, Rows):
                found |= {
                    (heard.block_hash, row) for row in heard.rows if isinstance(row, LeaderRow)
                }
    return found


@given(histories(), st.data())
def test_any_repetition_or_order_gives_the_same_rows(
    frames: list[bytes], data: st.DataObject
) -> None:
    expected = heard_of(frames)
    assert len(expected) == sum(
        b'"topics"' in frame and STRANGER.removeprefix("0x").encode() not in frame
        for frame in frames
    )
    again = data.draw(st.permutations(frames + data.draw(st.lists(st.sampled_from(frames)))))
    assert heard_of(again) == expected


@given(histories(), st.data())
def test_frames_that_are_cut_cost_no_other_row(frames: list[bytes], data: st.DataObject) -> None:
    """The pieces of one frame are unreadable; everything else is read."""
    cut = data.draw(st.integers(0, len(frames) - 1))
    at = data.draw(st.integers(1, len(frames[cut]) - 1))
    pieces = [frames[cut][:at], frames[cut][at:]]
    without = frames[:cut] + frames[cut + 1 :]
    assert heard_of(frames[:cut] + pieces + frames[cut + 1 :]) == heard_of(without)


@given(histories(), st.lists(st.integers(0, 30), max_size=5))
def test_several_messages_in_one_frame_are_read_like_one_by_one(
    frames: list[bytes], places: list[int]
) -> None:
    cuts = sorted({min(place, len(frames)) for place in places} | {0, len(frames)})
    batches = [b"[" + b",".join(frames[a:b]) + b"]" for a, b in itertools.pairwise(cuts)]
    assert heard_of(batches) == heard_of(frames)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*log(), *block(), "id", "result", "error", "method", "params"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.lists(JSON.map(json.dumps) | JSON.map(news) | st.binary(), max_size=8))
def test_nothing_that_a_node_sends_is_too_strange(frames: list[str | bytes]) -> None:
    session = ChainSession([WALLET])
    session.opening()
    for frame in frames:
        session.feed(frame)
