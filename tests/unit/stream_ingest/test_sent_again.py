"""Trades that were sent again, in the ways in which they were once said twice, too large, or never.

Sizes are shares; times are milliseconds after the first frame.
"""

from typing import Any

import msgspec

from polycopy.runtime.log import Recorded
from polycopy.schemas.ids import TransactionHash, trade_group_key
from polycopy.schemas.money import Side
from polycopy.schemas.trades import TradeCorrected, TradeObserved, TradeRehashed
from polycopy.stream_ingest.core import settling, trades
from polycopy.stream_ingest.core.reports import Frame, Report
from tests.support.rtds_frames import TOKEN, WALLET, frame
from tests.support.teller import AT_MS, RECEIVED_AT_MS, Teller, heard, knowing, logs, poll, row

NOW = RECEIVED_AT_MS
H = [TransactionHash("0x" + f"{n:02x}" * 32) for n in range(1, 40)]


def told(log: list[Recorded]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for recorded in log:
        e = recorded.event
        if isinstance(e, TradeObserved):
            sums[e.transaction_hash] = sums.get(e.transaction_hash, 0) + e.increase_micros
    return sums


def rt(
    h: TransactionHash,
    size: int = 10,
    kind: str = "trades",
    session: str = "1-0",
    at_ms: int = NOW,
    **c: Any,
) -> Frame:
    return heard(frame(kind, transactionHash=h, size=size, **c), at_ms=at_ms, session=session)


def ch(
    h: TransactionHash,
    size: int = 10,
    at_ms: int = NOW,
    session: str = "b",
    place: str = "0",
) -> Report:
    return logs(
        row(transaction_hash=h, size_micros=size * 1_000_000, place=place),
        session=session,
        at_ms=at_ms,
    )


def teller(groups_max: int = trades.GROUPS_MAX) -> Teller:
    t = Teller(asked=True, groups_max=groups_max)
    t.state = knowing(t.state)
    return t


def test_two_like_trades_of_which_one_is_rehashed() -> None:
    """A(h1) is sent again as h1'; B (h2) is another, like trade. Two trades of 10."""
    t = teller()
    t.feed(rt(H[0], at_ms=NOW))
    t.feed(rt(H[1], at_ms=NOW + 1000))  # B waits for A
    t.feed(rt(H[2], at_ms=NOW + 2000))  # A again, under its new hash
    t.feed(ch(H[1], at_ms=NOW + 3000, session="b1"))
    t.feed(ch(H[2], at_ms=NOW + 3000, session="b2"))
    for s in range(4, 200):
        t.tick(NOW + s * 1000)
    assert sum(told(t.log).values()) == 20_000_000


def test_rehash_in_small_table_recall() -> None:
    """h1 said, rehashed to h2, both dropped from the table; h2's row comes again late."""
    t = teller(groups_max=2)
    t.feed(rt(H[0], at_ms=NOW))
    t.feed(ch(H[1], at_ms=NOW + 2000))
    for s in range(15, 30):
        t.tick(NOW + s * 1000)
    assert any(isinstance(r.event, TradeRehashed) for r in t.log)
    t2 = Teller(asked=True, groups_max=2, log=t.log)
    t2.state = knowing(t2.state)
    t2.catch_up()
    for n in range(5, 9):  # others push them out
        t2.feed(
            poll(
                row(
                    transaction_hash=H[n],
                    size_micros=(n + 1) * 1_000_000,
                    traded_at_ms=AT_MS + 200_000 + n,
                ),
                walk=f"x{n}",
                at_ms=NOW + 200_000,
            )
        )
        t2.state = msgspec.structs.replace(
            t2.state,
            pending=t2.state.pending.clear()
            if hasattr(t2.state.pending, "clear")
            else type(t2.state.pending)(),
        )
    assert (
        trade_group_key(transaction_hash=H[1], wallet=WALLET, token_id=TOKEN, side=Side.BUY)
        not in t2.state.groups
    )
    before = told(t2.log)
    t2.feed(poll(row(transaction_hash=H[1]), walk="late", at_ms=NOW + 300_000))
    assert told(t2.log) == before


def test_rehash_at_the_horizon_of_a_restart() -> None:
    """The replay begins between TradeObserved(h1) and TradeRehashed(h1->h2)."""
    t = teller()
    t.feed(rt(H[0], at_ms=NOW))
    t.feed(ch(H[1], at_ms=NOW + 2000))
    for s in range(15, 30):
        t.tick(NOW + s * 1000)
    before = told(t.log)
    t2 = Teller(asked=True, log=t.log)
    t2.state = knowing(t2.state)
    t2.state = trades.forgetful(t2.state, until_ms=NOW + 1000)
    for r in t2.log[1:]:
        t2.state = trades.evolve(t2.state, r)
    t2.feed(poll(row(transaction_hash=H[1]), walk="late", at_ms=NOW + 300_000))
    assert told(t2.log) == before


def test_chain_of_rehashes_is_not_corrected_to_nothing() -> None:
    t = teller()
    for n in range(3):
        t.feed(rt(H[n], at_ms=NOW + n * 1000))
    t.feed(ch(H[2], at_ms=NOW + 4000))
    srcs = frozenset({"rtds", "chain"})
    out: list[TradeCorrected] = []
    for s in range(4, 420):
        now = NOW + s * 1000
        t.tick(now)
        for k in settling.ripe(t.state, now):
            t.state, _ = settling.counted(t.state, k, now, srcs, lambda *_: True)
            e = settling.correction(t.state, k, now, srcs, lambda *_: True)
            if e:
                out.append(e)
                t._append(e)  # noqa: SLF001 - as the service appends it
            t.state = settling.put_away(t.state, k, now)
    assert sum(told(t.log).values()) == 10_000_000
    assert not out, out


def test_times_differ_at_the_horizon() -> None:
    """The feed tells the time of the match, the poll that of the block, two seconds later."""
    t = teller(groups_max=3)
    t.feed(rt(H[0], at_ms=NOW))
    late = poll(
        row(transaction_hash=H[0], traded_at_ms=AT_MS + 2000), walk="late", at_ms=NOW + 900_000
    )
    t2 = t.restarted(groups_max=1)
    t2.state = knowing(t2.state)
    t2.feed(rt(H[1], at_ms=NOW + 500_000, size=11, timestamp=AT_MS // 1000 + 500))
    t2.feed(late)
    assert told(t2.log)[H[0]] == 10_000_000


def test_rehash_that_the_poll_brings_first_in_other_rows() -> None:
    """The feed brought h1 as a whole; the poll has h2 as two fills."""
    t = teller()
    t.feed(rt(H[0], size=30, kind="orders_matched", at_ms=NOW))
    t.feed(
        poll(
            row(transaction_hash=H[1], size_micros=10_000_000),
            row(transaction_hash=H[1], size_micros=20_000_000),
            at_ms=NOW + 20_000,
        )
    )
    for s in range(20, 400):
        t.tick(NOW + s * 1000)
    assert sum(told(t.log).values()) == 30_000_000


def test_put_away_before_its_market_is_known() -> None:
    """Only the chain brings it; the market is known 6 minutes later."""
    t = Teller(asked=True)
    t.feed(ch(H[0], at_ms=NOW))
    key = next(iter(t.state.groups))
    for s in range(1, 360):
        t.tick(NOW + s * 1000)
        for k in settling.ripe(t.state, NOW + s * 1000):
            t.state = settling.put_away(t.state, k, NOW + s * 1000)
    t.state = knowing(t.state)
    t.say(key, now_ms=NOW + 361_000)  # what Ingest._say_named does
    assert told(t.log) == {H[0]: 10_000_000}


def test_a_dead_hash_is_not_taken_for_growth_of_a_smaller_trade() -> None:
    """5 (h0, sent again as h3, by the poll). 10 in rows of 5 and 5 (h1, then h2, then h4), of which
    the feed tells h1 and h2."""
    t = teller()
    t.feed(rt(H[0], size=5, at_ms=NOW))
    for h in (H[1], H[2]):
        t.feed(rt(h, size=5, at_ms=NOW + 1_000), rt(h, size=5, price=0.53, at_ms=NOW + 1_001))
    t.feed(poll(row(transaction_hash=H[3], size_micros=5_000_000), walk="3", at_ms=NOW + 19_000))
    t.feed(
        poll(*[row(transaction_hash=H[4], size_micros=5_000_000)] * 2, walk="4", at_ms=NOW + 28_000)
    )
    for s in range(28, 400):
        t.tick(NOW + s * 1000)
    assert sum(told(t.log).values()) == 15_000_000


def test_restart_and_a_like_trade_after_it() -> None:
    """h1 said by the feed, confirmed by the chain. Restart. A like trade h2, on chain: its own."""
    t = teller()
    t.feed(rt(H[0], at_ms=NOW))
    t.feed(ch(H[0], at_ms=NOW + 500, session="b0"))
    t2 = t.restarted()
    t2.state = knowing(t2.state)
    t2.feed(rt(H[1], at_ms=NOW + 60_000, timestamp=AT_MS // 1000 + 60, session="1-1"))
    t2.feed(ch(H[1], at_ms=NOW + 60_000, session="b1"))
    for s in range(60, 400):
        t2.tick(NOW + s * 1000)
    assert sum(told(t2.log).values()) == 20_000_000


def test_two_like_trades_that_are_both_sent_again_are_two() -> None:
    """The second hash of the one and the second hash of the other wait for the same first hash: the
    one that was heard of earlier has it."""
    t = teller()
    t.feed(rt(H[0], at_ms=NOW))
    t.feed(poll(row(transaction_hash=H[1]), walk="a", at_ms=NOW + 19_000))
    t.feed(rt(H[2], at_ms=NOW + 19_000))
    t.feed(poll(row(transaction_hash=H[3]), walk="b", at_ms=NOW + 38_000))
    for s in range(39, 200):
        t.tick(NOW + s * 1000)
    assert sum(told(t.log).values()) == 20_000_000


def test_nothing_grows_by_a_guess() -> None:
    """Three like trades, all sent again at once; one of them in two rows."""
    t = teller()
    for hash_, size, name in [(H[0], 5, "a"), (H[2], 5, "b"), (H[4], 5, "c"), (H[4], 5, "d")]:
        t.feed(rt(hash_, size=size, name=name, at_ms=NOW))
    fives = [row(transaction_hash=H[number], size_micros=5_000_000) for number in (1, 3, 5, 5)]
    t.feed(poll(*fives, walk="w", at_ms=NOW + 19_000))
    for s in range(20, 400):
        t.tick(NOW + s * 1000)
    assert sum(told(t.log).values()) == 20_000_000
