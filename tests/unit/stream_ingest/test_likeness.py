"""Trades that may be one, sent again in another transaction."""

from typing import Any

import pytest

from polycopy.schemas.ids import TransactionHash
from polycopy.schemas.trades import TradeDoubt, TradeObserved, TradeRehashed
from polycopy.stream_ingest.core.reports import Frame
from tests.support.rtds_frames import TRADED_AT_S, TRANSACTION, WALLET, frame
from tests.support.teller import RECEIVED_AT_MS, Teller, heard, knowing, logs, poll, row

SECOND = TransactionHash("0x" + "c2" * 32)
LATER_MS = RECEIVED_AT_MS + 10_000


def first() -> Frame:
    return heard(frame())


def again(**changes: Any) -> Frame:
    fields: dict[str, Any] = {"transactionHash": SECOND, "timestamp": TRADED_AT_S + 10}
    return heard(frame("trades", **(fields | changes)), at_ms=LATER_MS)


def asking() -> Teller:
    teller = Teller(asked=True)
    teller.state = knowing(teller.state)
    return teller


def test_a_like_trade_waits_until_the_last_word_has_the_first_one() -> None:
    teller = asking()
    teller.feed(first())
    assert teller.feed(again()) == []
    assert teller.doubts == [WALLET]
    assert teller.feed(poll(row(), at_ms=LATER_MS + 1_000)) == []
    [own] = teller.tick(LATER_MS + 1_000)
    assert isinstance(own, TradeObserved)
    assert (own.transaction_hash, own.size_micros) == (SECOND, 10_000_000)
    assert own.received_at_ms == LATER_MS


def test_what_the_chain_has_under_its_first_hash_makes_nobody_wait() -> None:
    teller = asking()
    teller.feed(first(), logs(row()))
    assert len(teller.feed(again())) == 1


@pytest.mark.parametrize(("sources", "wait_ms"), [("chain", 15_000), ("poll", 45_000)])
def test_a_trade_that_the_last_word_has_under_another_hash_is_the_same(
    sources: str, wait_ms: int
) -> None:
    teller = asking()
    teller.feed(first(), again())
    second = row(transaction_hash=SECOND)
    bring = logs if sources == "chain" else poll
    assert teller.feed(bring(second, at_ms=LATER_MS + 2_000)) == []
    assert teller.tick(RECEIVED_AT_MS + wait_ms - 1) == []
    [event] = teller.tick(RECEIVED_AT_MS + wait_ms)
    assert event == TradeRehashed(
        transaction_hash=TRANSACTION,
        wallet=WALLET,
        token_id=row().token_id,
        side=row().side,
        rehashed_as=SECOND,
        proven=True,
        at_ms=RECEIVED_AT_MS + wait_ms,
    )


def test_where_nobody_can_tell_in_time_it_is_taken_to_be_the_same() -> None:
    teller = asking()
    teller.feed(first(), again())
    assert teller.tick(LATER_MS + 59_999) == []
    [event] = teller.tick(LATER_MS + 60_000)
    assert isinstance(event, TradeRehashed)
    assert not event.proven
    assert teller.tick(LATER_MS + 61_000) == []


def test_what_the_last_word_has_grown_under_the_new_hash_is_said_under_the_old_one() -> None:
    teller = asking()
    teller.feed(first(), again())
    teller.tick(LATER_MS + 60_000)
    assert teller.feed(again(size=5)) == []  # That it is the same one is a guess so far.
    whole = row(transaction_hash=SECOND, size_micros=15_000_000)
    [more] = teller.feed(poll(whole, at_ms=LATER_MS + 61_000))
    assert isinstance(more, TradeObserved)
    assert (more.transaction_hash, more.size_micros) == (TRANSACTION, 15_000_000)
    assert more.increase_micros == 5_000_000


def test_two_that_the_last_word_has_were_two_whatever_was_assumed() -> None:
    teller = asking()
    teller.feed(first(), again())
    teller.tick(LATER_MS + 60_000)
    late = LATER_MS + 90_000
    [own] = teller.feed(poll(row(), row(transaction_hash=SECOND), at_ms=late))
    assert isinstance(own, TradeObserved)
    assert (own.transaction_hash, own.stale) == (SECOND, True)


def test_the_log_tells_after_a_restart_that_they_were_one() -> None:
    teller = asking()
    teller.feed(first(), again())
    teller.tick(LATER_MS + 60_000)
    restarted = teller.restarted()
    repeated = heard(again().raw, session="1-9", at_ms=LATER_MS + 62_000)
    assert restarted.feed(repeated) == []
    assert restarted.tick(LATER_MS + 200_000) == []


def test_what_the_last_word_has_in_another_size_is_another_trade() -> None:
    teller = asking()
    teller.feed(first(), again())
    second = row(transaction_hash=SECOND)
    assert teller.feed(logs(second, second, at_ms=LATER_MS + 2_000)) == []
    [own] = teller.tick(LATER_MS + 4_000)
    assert isinstance(own, TradeObserved)
    assert (own.transaction_hash, own.size_micros) == (SECOND, 20_000_000)


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 11},
        {"side": "SELL"},
        {"asset": "7"},
    ],
)
def test_what_is_not_alike_does_not_wait(changes: dict[str, object]) -> None:
    teller = asking()
    teller.feed(first())
    assert len(teller.feed(again(**changes))) == 1


def test_nothing_waits_for_a_trade_of_more_than_two_minutes_ago() -> None:
    teller = asking()
    teller.feed(first())
    raw = frame(transactionHash=SECOND, timestamp=TRADED_AT_S + 121)
    late = heard(raw, at_ms=RECEIVED_AT_MS + 120_001)
    assert len(teller.feed(late)) == 1


def test_without_the_last_word_a_like_trade_is_said_with_the_doubt() -> None:
    teller = Teller()
    teller.feed(first())
    [trade] = teller.feed(again())
    assert isinstance(trade, TradeObserved)
    assert trade.doubt is TradeDoubt.MAYBE_REHASHED
