"""What is said of trades because time has passed."""

from polycopy.schemas.trades import TradeCorrected
from polycopy.stream_ingest.core import settling, trades
from polycopy.stream_ingest.core.settling import MISSED_AFTER_MS, SETTLED_AFTER_MS, Missed
from tests.support.rtds_frames import TRANSACTION, WALLET, frame
from tests.support.teller import AT_MS, RECEIVED_AT_MS, Teller, heard, knowing, logs, poll, row

EVERY = frozenset({"rtds", "chain", "poll"})
COUNTED_MS = RECEIVED_AT_MS + MISSED_AFTER_MS
SETTLED_MS = RECEIVED_AT_MS + SETTLED_AFTER_MS


def always(_source: str, _from_ms: int, _to_ms: int) -> bool:
    return True


def never(_source: str, _from_ms: int, _to_ms: int) -> bool:
    return False


def told(*items: object) -> Teller:
    teller = Teller(asked=True)
    teller.state = knowing(teller.state)
    teller.feed(*items)  # type: ignore[arg-type]
    return teller


def key(teller: Teller) -> str:
    [only] = teller.state.groups
    return only


def missed(teller: Teller, now_ms: int = COUNTED_MS, covers: settling.Covers = always) -> set[str]:
    teller.state, found = settling.counted(teller.state, key(teller), now_ms, EVERY, covers)
    assert all(one == Missed(one.source, TRANSACTION, AT_MS) for one in found)
    return {one.source for one in found}


def corrected(
    teller: Teller, now_ms: int = SETTLED_MS, covers: settling.Covers = always
) -> TradeCorrected | None:
    return settling.correction(teller.state, key(teller), now_ms, EVERY, covers)


def test_a_source_that_delivered_and_did_not_bring_a_trade_missed_it_once() -> None:
    teller = told(poll(row()))
    assert missed(teller, COUNTED_MS - 1) == set()
    assert missed(teller) == {"rtds", "chain"}
    assert missed(teller) == set()


def test_a_source_that_was_deaf_missed_nothing() -> None:
    """Its gap says so."""
    assert missed(told(poll(row())), covers=never) == set()


def test_a_trade_that_all_brought_was_missed_by_nobody() -> None:
    assert missed(told(heard(frame()), poll(row()), logs(row()))) == set()


def test_the_last_word_corrects_what_was_said_too_large() -> None:
    teller = told(heard(frame(size=10)), heard(frame(size=10, name="twice")), poll(row()))
    assert corrected(teller, SETTLED_MS - 1) is None
    assert corrected(teller) == TradeCorrected(
        transaction_hash=TRANSACTION,
        wallet=WALLET,
        token_id=row().token_id,
        side=row().side,
        size_micros=10_000_000,
        said_micros=20_000_000,
        source="poll",
        at_ms=SETTLED_MS,
    )


def test_a_trade_that_the_last_word_never_had_was_none() -> None:
    event = corrected(told(heard(frame())))
    assert event is not None
    assert (event.size_micros, event.said_micros) == (0, 10_000_000)


def test_whoever_was_deaf_corrects_nothing_to_nothing() -> None:
    assert corrected(told(heard(frame())), covers=never) is None


def test_a_correction_is_said_once() -> None:
    teller = told(heard(frame()))
    event = corrected(teller)
    assert event is not None
    teller._append(event)  # noqa: SLF001 - as the service appends it
    assert corrected(teller) is None


def test_a_trade_that_the_last_word_has_whole_is_not_corrected() -> None:
    assert corrected(told(heard(frame()), logs(row()))) is None


def test_half_of_a_trade_that_is_read_again_corrects_nothing() -> None:
    """A later walk brings its rows on two pages, and the time to look comes between them."""
    rows = [row(), row(price_micros=530_000)]
    teller = told(*[poll(*rows)])
    missed(teller)
    teller.state = settling.put_away(teller.state, key(teller), SETTLED_MS)
    teller.feed(poll(rows[0], walk="again", at_ms=SETTLED_MS + 5_000))
    assert corrected(teller, SETTLED_MS + 6_000) is None


def test_nobody_missed_or_denied_a_trade_of_a_wallet_that_was_not_followed_all_the_time() -> None:
    """Nobody was asked about it."""
    for wallets in ({}, {WALLET: AT_MS + 1}):
        teller = told(heard(frame()))
        teller.state = trades.follow(teller.state, wallets)
        assert corrected(teller) is None
        assert missed(teller) == set()


def test_a_settled_trade_is_put_away_and_known_all_the_same() -> None:
    teller = told(heard(frame()))
    assert settling.ripe(teller.state, COUNTED_MS - 1) == ()
    assert settling.ripe(teller.state, COUNTED_MS) == (key(teller),)
    missed(teller)
    teller.state = settling.put_away(teller.state, key(teller), SETTLED_MS - 1)
    assert settling.ripe(teller.state, SETTLED_MS) == (key(teller),)
    teller.state = settling.put_away(teller.state, key(teller), SETTLED_MS)
    assert not teller.state.pending
    assert not teller.state.groups[key(teller)].sums
    assert teller.feed(heard(frame(), session="1-9")) == []
    assert teller.sizes(poll(row(size_micros=12_000_000), walk="9")) == [12_000_000]
