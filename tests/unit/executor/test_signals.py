"""Which decisions of a signal are taken up, and as what."""

import msgspec

from polycopy.executor.core import signals
from polycopy.executor.core.limits import Limits
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.ids import (
    AccountId,
    EventId,
    StrategyId,
    TransactionHash,
    Wallet,
    order_id,
)
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderRefused
from polycopy.schemas.signals import Decision, ReasonCode, TradeEvaluated
from polycopy.schemas.terms import RefusalCode
from polycopy.trading import account as accounts
from tests.support.trading import ACCOUNT, CONDITION, ONE, TOKEN

LIMITS = Limits(signal_age_ms_max=5_000)
SIGNAL_ID = EventId("0b" * 16)
ENVELOPE = Envelope(
    event_id=SIGNAL_ID,
    event_type="polycopy.trade.evaluated.v1",
    source="qualifier",
    time_ms=1,
    aggregate="signals.0xab",
)


def decision(name: str, venue: VenueName, *reasons: ReasonCode) -> Decision:
    return Decision(
        strategy_id=StrategyId(name),
        strategy_version=EventId("0e" * 16),
        account=AccountId(f"account-{name}"),
        venue=venue,
        reasons=reasons,
        notional_micros=10 * ONE,
        limit_price_micros=520_000,
    )


def signal(*decisions: Decision) -> TradeEvaluated:
    return TradeEvaluated(
        trade_id=EventId("0c" * 16),
        wallet=Wallet("0xab"),
        transaction_hash=TransactionHash("0xc1"),
        token_id=TOKEN,
        condition_id=CONDITION,
        side=Side.BUY,
        size_micros=20 * ONE,
        price_micros=500_000,
        notional_micros=10 * ONE,
        decisions=decisions,
        evaluated_at_ms=1_000,
        traded_at_ms=900,
    )


def test_money_comes_before_paper_and_what_was_not_qualified_never() -> None:
    first = decision("a", VenueName.PAPER)
    no = decision("b", VenueName.POLYMARKET, ReasonCode.TRADE_TOO_OLD)
    live = decision("c", VenueName.POLYMARKET)
    last = decision("d", VenueName.PAPER)

    more = msgspec.structs.replace(live, strategy_id=StrategyId("e"))

    mixed = signal(first, no, live, last, more)

    assert signals.for_money(mixed) == [live, more]
    assert signals.on_paper(mixed) == [[first], [last]]


def test_a_redelivered_signal_wants_the_same_order() -> None:
    wanted = decision("a", VenueName.PAPER)

    intents = [signals.intent(ENVELOPE, signal(wanted), wanted, LIMITS) for _ in range(2)]

    assert intents[0] == intents[1]
    assert intents[0].order_id == order_id(signal_id=SIGNAL_ID, strategy_id=StrategyId("a"))
    assert intents[0].valid_until_ms == 6_000
    assert intents[0].leader_price_micros == 500_000
    assert intents[0].leader == signal(wanted).wallet


def test_an_order_of_an_account_that_is_not_served_is_turned_away_once() -> None:
    decided = decision("a", VenueName.POLYMARKET)
    wanted = signals.intent(ENVELOPE, signal(decided), decided, LIMITS)
    account = accounts.initial(ACCOUNT)

    [refused] = signals.turn_away(account, wanted, 1_500)

    assert isinstance(refused, OrderRefused)
    assert [one.code for one in refused.refusals] == [RefusalCode.ACCOUNT_NOT_SERVED]
    assert signals.turn_away(accounts.evolve(account, refused), wanted, 1_500) == []
