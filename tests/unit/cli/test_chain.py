"""`why` finds the same chain from each of its ids, and tells all of it."""

from typing import Any

import pytest
from msgspec.structs import replace

from polycopy.cli.core import chain, naming
from polycopy.cli.core.page import Branch
from polycopy.schemas.control import OrderCancelAsked, OrderJudged, OrderReconcileAsked
from polycopy.schemas.event import Event
from polycopy.schemas.ids import EventId, OrderId, TransactionHash, VenueOrderId
from polycopy.schemas.money import MICROS
from polycopy.schemas.orders import (
    FillReverted,
    OrderCancelAnswered,
    OrderCancelled,
    OrderCancelRequested,
    OrderExamined,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderLost,
    OrderPartiallyFilled,
    OrderRecovered,
    OrderRefused,
    OrderRequested,
    OrderUncertain,
)
from polycopy.schemas.signals import TradeEvaluated
from polycopy.schemas.terms import (
    CancelVerdict,
    FailureCode,
    Finding,
    Level,
    Refusal,
    RefusalCode,
    UncertainCode,
    Verdict,
)
from polycopy.schemas.trades import TradeCorrected, TradeRehashed
from tests.unit.cli.makers import (
    HASH,
    NOW_MS,
    STRATEGY,
    TOKEN,
    VENUE_ORDER,
    VENUE_TRADE,
    copied_trade,
    observed,
)


def lines(branch: Branch) -> list[str]:
    return [branch.label] + [line for child in branch.branches for line in lines(child)]


LOG = copied_trade()
TRADE, SIGNAL = LOG.events[5], LOG.events[6]
ORDER = next(one.event for one in LOG.events if isinstance(one.event, OrderRequested))


@pytest.mark.parametrize(
    "wanted",
    [
        HASH,
        HASH.upper().replace("0X", "0x"),
        TRADE.envelope.event_id,
        SIGNAL.envelope.event_id,
        ORDER.order_id,
        VENUE_ORDER,
        ORDER.order_id[:10],
        HASH[:6],
        HASH[2:10],
    ],
)
def test_every_id_of_a_chain_leads_to_the_whole_chain(wanted: str) -> None:
    found = chain.find(LOG.events, wanted)
    assert [recorded.sequence for recorded in found] == [6, 7, 8, 9, 10, 11]


def test_a_beginning_that_several_ids_have_names_none_of_them() -> None:
    """And three characters are no beginning: they were hardly meant."""
    begins = ORDER.order_id[:4]
    twin = replace(ORDER, order_id=OrderId(begins + "0" * 28), venue_order_id=VenueOrderId("0xf0"))
    events = [*LOG.events, replace(LOG.events[7], event=twin)]
    with pytest.raises(naming.No, match=f"2 ids begin with {begins}: give more of it"):
        chain.find(events, begins)
    assert chain.find(events, twin.order_id)
    for short in (begins[:3], "0x4", ""):
        with pytest.raises(naming.No, match="is too short: give 4 characters"):
            chain.find(events, short)


def test_an_unknown_id_leads_nowhere() -> None:
    assert chain.find(LOG.events, "0xnothing") == []
    assert chain.find(LOG.events, "None") == []


def test_an_order_event_belongs_to_its_order_whatever_it_correlates_with() -> None:
    log = copied_trade()
    log.say(
        OrderCancelled(order_id=ORDER.order_id, reason="late", cancelled_at_ms=1),
        cause="elsewhere",
    )
    assert [recorded.sequence for recorded in chain.find(log.events, HASH)][-1] == 12


def test_what_set_a_trade_right_is_told_with_it() -> None:
    log, trade, other = copied_trade(), observed(), TransactionHash("0x" + "9" * 64)
    about: dict[str, Any] = {"wallet": trade.wallet, "token_id": trade.token_id, "side": trade.side}
    log.say(
        TradeCorrected(
            transaction_hash=HASH,
            size_micros=0,
            said_micros=trade.size_micros,
            source="chain+poll",
            at_ms=NOW_MS,
            **about,
        )
    )
    log.say(
        TradeRehashed(transaction_hash=HASH, rehashed_as=other, proven=True, at_ms=NOW_MS, **about)
    )
    told = lines(chain.tree(chain.find(log.events, HASH)))
    assert any("chain+poll has 0 shares of the 1000 shares that were told" in one for one in told)
    assert any(f"is on the chain as {other}" in one for one in told)
    assert chain.find(log.events, other)


def test_the_tree_tells_trade_decisions_order_evidence_and_outcome() -> None:
    text = "\n".join(lines(chain.tree(chain.find(LOG.events, HASH))))
    for words in (
        "BUY 1000 shares at $0.5 · Will it rain? Yes",
        f"transaction {HASH}",
        "strategy live: yes · buy for $10, no worse than $0.52",
        "strategy forward: no · price_out_of_range, size_below_minimum",
        "FAK BUY 20 shares for $10, limit $0.52",
        "average $0.51, worst $0.51",
        "levels used: 30 shares at $0.51",
        "checks passed: depth, cash",
        "placed: matched",
        "filled the rest: 20 shares at $0.5",
        "settled on chain",
    ):
        assert words in text, words


FILLED = next(one.event for one in LOG.events if isinstance(one.event, OrderFilled))
PART = OrderPartiallyFilled(
    **{name: getattr(FILLED, name) for name in OrderPartiallyFilled.__struct_fields__}
)
REJECTED = OrderFailed(
    order_id=ORDER.order_id,
    code=FailureCode.NO_MATCH,
    http_status=400,
    answer="no orders found",
    failed_at_ms=NOW_MS,
)
UNKNOWN = OrderUncertain(
    order_id=ORDER.order_id, code=UncertainCode.TIMEOUT, uncertain_at_ms=NOW_MS
)
REVERTED = FillReverted(
    order_id=ORDER.order_id,
    venue_trade_id=VENUE_TRADE,
    venue_order_id=VENUE_ORDER,
    reason="chain said no",
    reverted_at_ms=NOW_MS,
)
EXPIRED = OrderExpired(order_id=ORDER.order_id, expired_at_ms=NOW_MS)
KILLED = OrderCancelled(order_id=ORDER.order_id, reason="killed", cancelled_at_ms=NOW_MS)
FINDINGS = (
    Finding(source="order", verdict=Verdict.ABSENT),
    Finding(source="trades", verdict=Verdict.UNKNOWN, detail="HTTP 500"),
)
LOST = OrderLost(
    order_id=ORDER.order_id,
    findings=FINDINGS,
    denials=3,
    denied_since_ms=NOW_MS,
    lost_at_ms=NOW_MS + 20_000,
)
RECOVERED = OrderRecovered(
    order_id=ORDER.order_id, source="user-socket", status="LIVE", recovered_at_ms=NOW_MS
)
EXAMINED = OrderExamined(
    order_id=ORDER.order_id, findings=FINDINGS, cause=EventId("0"), examined_at_ms=NOW_MS
)
CANCEL = OrderCancelRequested(
    order_id=ORDER.order_id, reason="too slow", operator="ann", cancel_requested_at_ms=NOW_MS
)
ANSWERED = OrderCancelAnswered(
    order_id=ORDER.order_id,
    verdict=CancelVerdict.MATCHED,
    answer="matched orders can't be canceled",
    cancel_answered_at_ms=NOW_MS,
)
JUDGED = OrderJudged(order_id=ORDER.order_id, account=ORDER.account, operator="ann", note="old")
WANTED = OrderCancelAsked(order_id=ORDER.order_id, account=ORDER.account, operator="ann")
ASKED = OrderReconcileAsked(order_id=ORDER.order_id, account=ORDER.account, operator="ann")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (PART, "filled a part"),
        (REJECTED, "failed, rejected by the venue: no_match (HTTP 400) no orders found"),
        (UNKNOWN, "uncertain, outcome unknown: timeout"),
        (REVERTED, "fill reverted: trade match-1, chain said no"),
        (EXPIRED, "expired · "),
        (KILLED, "cancelled: killed"),
        (replace(KILLED, operator="ann"), "cancelled by ann: killed"),
        (LOST, "LOST: denied 3 times since "),
        (LOST, "trades: unknown, HTTP 500"),
        (RECOVERED, "recovered: user-socket has it, LIVE"),
        (EXAMINED, "examined, and every source said:"),
        (EXAMINED, "order: absent"),
        (CANCEL, "cancel requested by ann: too slow"),
        (ANSWERED, "cancel answered: too late: the venue matched it"),
        (ANSWERED, "matched orders can't be canceled"),
        (JUDGED, "ann judges that it is over: old"),
        (WANTED, "ann wants it cancelled"),
        (ASKED, "ann asks what every source says"),
    ],
)
def test_every_outcome_has_words_of_its_own(event: Event, words: str) -> None:
    log = copied_trade()
    log.say(event)
    assert words in "\n".join(lines(chain.tree(chain.find(log.events, HASH))))


def test_a_refused_order_names_every_refusal() -> None:
    log = copied_trade()
    signal = log.events[6]
    assert isinstance(signal.event, TradeEvaluated)
    log.say(
        OrderRefused(
            order_id=OrderId("other"),
            account=signal.event.decisions[0].account,
            strategy_id=STRATEGY,
            signal_id=signal.envelope.event_id,
            trade_id=signal.event.trade_id,
            token_id=TOKEN,
            side=signal.event.side,
            refusals=(
                Refusal(code=RefusalCode.INSUFFICIENT_CASH, detail="free 1, needed 10"),
                Refusal(code=RefusalCode.BOOK_EMPTY),
            ),
            refused_at_ms=NOW_MS,
        ),
        correlation=signal.envelope.correlation_id,
    )
    text = lines(chain.tree(chain.find(log.events, "other")))
    assert "insufficient_cash: free 1, needed 10" in text
    assert "book_empty" in text


def test_two_trades_of_one_transaction_are_two_branches() -> None:
    log = copied_trade()
    log.say(observed(shares=5))
    tree = chain.tree(chain.find(log.events, TransactionHash(HASH)))
    assert tree.label == "2 leader trades"
    assert len(tree.branches) == 2


def test_a_deep_book_is_told_in_short() -> None:
    deep = tuple(Level(price_micros=510_000 + n, size_micros=MICROS) for n in range(9))
    log = copied_trade()
    for number, one in enumerate(log.events):
        if isinstance(one.event, OrderRequested):
            evidence = replace(one.event.evidence, levels=deep)
            log.events[number] = replace(one, event=replace(one.event, evidence=evidence))
    text = "\n".join(lines(chain.tree(chain.find(log.events, HASH))))
    assert "and 4 more" in text
    assert "0.510008" not in text
