"""Random logs for property tests: every kind of event, in any order, contradictions included, and
with pauses of days, after which accounts may forget.

Few accounts, orders and tokens, so that events meet each other; the fold of an account must make
something of any order of them. One number makes one event, which keeps the examples cheap to draw
and to shrink.
"""

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from polycopy.runtime.log import Recorded
from polycopy.schemas import control, feeds, markets, signals, trades
from polycopy.schemas.control import FixedSizing, LogCreated, Strategy, VenueName
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId, EventId, LogId
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.subjects import OwnNamed, order_subject, subject_of
from tests.support.dice import (
    ACCOUNTS,
    CONDITION,
    HASH,
    START_MS,
    STRATEGIES,
    TOKENS,
    TRADES,
    WALLETS,
    Dice,
)
from tests.support.order_dice import order_event

LOG_ID = LogId("0d" * 16)
_CHANCES = 2**200
_DAY_MS = 86_400_000
_PAUSES_MS = (0, 0, 0, 0, _DAY_MS, 3 * _DAY_MS)


def histories(*, max_size: int = 60) -> st.SearchStrategy[list[Draft]]:
    """Logs that begin with LogCreated. No two events have one id."""
    return st.lists(st.integers(0, _CHANCES), max_size=max_size).map(history)


def history(numbers: Sequence[int]) -> list[Draft]:
    """The log that these numbers make."""
    drafts = [_draft(0, "control.log.events.created", LogCreated(log_id=LOG_ID))]
    now_ms = START_MS
    for place, number in enumerate(numbers, start=1):
        rest, pause = divmod(number, len(_PAUSES_MS))
        now_ms += _PAUSES_MS[pause]
        drafts.append(_event(place, Dice(rest, now_ms)))
    return drafts


def recorded(drafts: Sequence[Draft]) -> list[Recorded]:
    """As a log holds them that holds nothing else."""
    return [
        Recorded(sequence=number, subject=new.subject, envelope=new.envelope, event=new.event)
        for number, new in enumerate(drafts, start=1)
    ]


def _draft(place: int, subject: str, event: Event) -> Draft:
    origin = Origin(source="test", time_ms=START_MS + place, causation_id=f"cause-{place}")
    return draft(event, subject=subject, origin=origin)


def _event(place: int, dice: Dice) -> Draft:
    # Orders have the most states: they get the most events.
    if dice.number(0, 3):
        account = dice.one_of(ACCOUNTS)
        about_order = order_event(dice, account)
        return _draft(place, order_subject(account, about_order), about_order)
    event = dice.one_of(_OWN_NAMED)(dice)
    return _draft(place, subject_of(event), event)


def _strategy_created(dice: Dice) -> control.StrategyCreated:
    return control.StrategyCreated(
        strategy=Strategy(
            strategy_id=dice.one_of(STRATEGIES),
            account=dice.one_of(ACCOUNTS),
            venue=dice.one_of(tuple(VenueName)),
            sizing=FixedSizing(notional_micros=dice.size),
            capital_micros=dice.size,
        )
    )


def _trading_state_set(dice: Dice) -> control.TradingStateSet:
    return control.TradingStateSet(
        account=dice.one_of((AccountId(""), *ACCOUNTS)),
        state=dice.one_of(tuple(control.TradingState)),
        operator=dice.words,
        reason=dice.words,
    )


def _limits_set(dice: Dice) -> control.AccountLimitsSet:
    limits = AccountLimits(order_ppm_max=dice.number(0, 10**6), drawdown_ppm_max=0)
    return control.AccountLimitsSet(
        account=dice.one_of(ACCOUNTS), limits=limits, operator=dice.words
    )


def _observed(dice: Dice) -> trades.TradeObserved:
    return trades.TradeObserved(
        transaction_hash=HASH,
        wallet=dice.one_of(WALLETS),
        token_id=dice.one_of(TOKENS),
        side=dice.side,
        condition_id=CONDITION,
        size_micros=dice.size,
        increase_micros=dice.size,
        notional_micros=dice.size,
        price_micros=dice.price,
        source="rtds",
        rows=1,
        traded_at_ms=dice.time_ms,
        received_at_ms=dice.time_ms,
        title=dice.words,
    )


def _evaluated(dice: Dice) -> signals.TradeEvaluated:
    decisions = tuple(
        signals.Decision(
            strategy_id=strategy_id,
            strategy_version=EventId("0e" * 16),
            account=dice.one_of(ACCOUNTS),
            venue=dice.one_of(tuple(VenueName)),
            reasons=dice.one_of([(), tuple(signals.ReasonCode)[:2]]),
            notional_micros=dice.size,
        )
        for strategy_id in dice.one_of([(), STRATEGIES])
    )
    return signals.TradeEvaluated(
        trade_id=dice.one_of(TRADES),
        wallet=dice.one_of(WALLETS),
        transaction_hash=HASH,
        token_id=dice.one_of(TOKENS),
        condition_id=CONDITION,
        side=dice.side,
        size_micros=dice.size,
        price_micros=dice.price,
        notional_micros=dice.size,
        decisions=decisions,
        evaluated_at_ms=dice.time_ms,
        traded_at_ms=dice.time_ms,
    )


def _resolved(dice: Dice) -> markets.MarketResolved:
    return markets.MarketResolved(condition_id=CONDITION, payouts=(), resolved_at_ms=dice.time_ms)


def _feed_lost(dice: Dice) -> feeds.FeedLost:
    return feeds.FeedLost(source="rtds", connection="1", reason=dice.words, at_ms=dice.time_ms)


_OWN_NAMED: tuple[Callable[[Dice], OwnNamed], ...] = (
    _observed,
    _evaluated,
    _strategy_created,
    _trading_state_set,
    _limits_set,
    _feed_lost,
    _resolved,
    lambda dice: control.StrategyPaused(strategy_id=dice.one_of(STRATEGIES)),
    lambda dice: control.StrategyResumed(strategy_id=dice.one_of(STRATEGIES)),
    lambda dice: control.TargetAdded(wallet=dice.one_of(WALLETS), label=dice.words),
    lambda dice: control.TargetRemoved(wallet=dice.one_of(WALLETS)),
)
