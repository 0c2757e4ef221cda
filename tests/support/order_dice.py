"""Random events of orders: see `histories`."""

from collections.abc import Callable

from polycopy.schemas import orders, terms
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import AccountId, OrderId, TransactionHash, VenueOrderId, VenueTradeId
from tests.support.account_dice import about_the_account
from tests.support.dice import (
    CONDITION,
    HASH,
    SIGNALS,
    START_MS,
    STRATEGIES,
    TOKENS,
    TRADES,
    WALLETS,
    Dice,
)

_FILLS: tuple[type[orders.OrderPartiallyFilled] | type[orders.OrderFilled], ...] = (
    orders.OrderPartiallyFilled,
    orders.OrderFilled,
)


def order_event(dice: Dice, account: AccountId) -> orders.OrderEvent:
    return dice.one_of(_KINDS)(dice, account)


def _order_id(dice: Dice, account: AccountId) -> OrderId:
    return OrderId(f"{account}-{dice.number(0, 2)}")


def _venue_id(order_id: OrderId, dice: Dice | None = None) -> VenueOrderId:
    """The order's; by some dice another, as of an order that was made under another id."""
    other = dice is not None and dice.number(0, 9) == 9
    return VenueOrderId(f"0x{order_id}{'-other' if other else ''}")


def _requested(dice: Dice, account: AccountId) -> orders.OrderRequested:
    order_id = _order_id(dice, account)
    return orders.OrderRequested(
        order_id=order_id,
        account=account,
        strategy_id=dice.one_of(STRATEGIES),
        signal_id=dice.one_of(SIGNALS),
        trade_id=dice.one_of(TRADES),
        venue=dice.one_of(tuple(VenueName)),
        venue_order_id=_venue_id(order_id),
        condition_id=CONDITION,
        token_id=dice.one_of(TOKENS),
        side=dice.side,
        order_type=dice.one_of(tuple(terms.OrderType)),
        size_micros=dice.size,
        notional_micros=dice.size,
        limit_price_micros=dice.price,
        lock_micros=dice.size,
        fee=terms.FeeCurve(),
        evidence=_evidence(dice),
        requested_at_ms=dice.time_ms,
        title=dice.words,
        leader=dice.one_of(WALLETS),
    )


def _evidence(dice: Dice) -> terms.Evidence:
    return terms.Evidence(
        book_at_ms=START_MS,
        levels=(terms.Level(price_micros=dice.price, size_micros=50_000_000),),
        vwap_micros=500_000,
        worst_price_micros=500_000,
        fillable_size_micros=50_000_000,
        leader_price_micros=500_000,
        tick_size_micros=10_000,
        minimum_size_micros=5_000_000,
        free_micros=100_000_000,
    )


def _refused(dice: Dice, account: AccountId) -> orders.OrderRefused:
    return orders.OrderRefused(
        order_id=_order_id(dice, account),
        account=account,
        strategy_id=dice.one_of(STRATEGIES),
        signal_id=dice.one_of(SIGNALS),
        trade_id=dice.one_of(TRADES),
        token_id=dice.one_of(TOKENS),
        side=dice.side,
        refusals=(
            terms.Refusal(code=dice.one_of(tuple(terms.RefusalCode)), detail=dice.words),
            terms.Refusal(code=dice.one_of(tuple(terms.RefusalCode)), detail=dice.words),
        ),
        refused_at_ms=dice.time_ms,
    )


def _placed(dice: Dice, account: AccountId) -> orders.OrderPlaced:
    order_id = _order_id(dice, account)
    return orders.OrderPlaced(
        order_id=order_id,
        venue_order_id=_venue_id(order_id),
        status="live",
        answer=dice.words,
        placed_at_ms=dice.time_ms,
    )


def _failed(dice: Dice, account: AccountId) -> orders.OrderFailed:
    return orders.OrderFailed(
        order_id=_order_id(dice, account),
        code=dice.one_of(tuple(terms.FailureCode)),
        http_status=400,
        answer=dice.words,
        failed_at_ms=dice.time_ms,
    )


def _uncertain(dice: Dice, account: AccountId) -> orders.OrderUncertain:
    return orders.OrderUncertain(
        order_id=_order_id(dice, account),
        code=dice.one_of(tuple(terms.UncertainCode)),
        uncertain_at_ms=dice.time_ms,
    )


def _cancelled(dice: Dice, account: AccountId) -> orders.OrderCancelled:
    return orders.OrderCancelled(
        order_id=_order_id(dice, account),
        reason=dice.words,
        operator=dice.words,
        cancelled_at_ms=dice.time_ms,
    )


def _expired(dice: Dice, account: AccountId) -> orders.OrderExpired:
    order_id = _order_id(dice, account)
    return orders.OrderExpired(order_id=order_id, expired_at_ms=dice.time_ms)


def _filled(dice: Dice, account: AccountId) -> orders.Fill:
    kind = dice.one_of(_FILLS)
    order_id = _order_id(dice, account)
    return kind(
        order_id=order_id,
        venue_trade_id=_trade_id(dice),
        venue_order_id=_venue_id(order_id, dice),
        token_id=dice.one_of(TOKENS),
        side=dice.side,
        size_micros=dice.size,
        price_micros=dice.price,
        notional_micros=dice.size,
        fee_micros=dice.number(0, 1000),
        role=dice.one_of(tuple(terms.FillRole)),
        source="user_channel",
        matched_at_ms=dice.time_ms,
        transaction_hash=dice.one_of((TransactionHash(""), HASH)),
    )


def _confirmed(dice: Dice, account: AccountId) -> orders.FillConfirmed:
    order_id = _order_id(dice, account)
    return orders.FillConfirmed(
        order_id=order_id,
        venue_trade_id=_trade_id(dice),
        venue_order_id=_venue_id(order_id, dice),
        transaction_hash=HASH,
        confirmed_at_ms=dice.time_ms,
    )


def _reverted(dice: Dice, account: AccountId) -> orders.FillReverted:
    order_id = _order_id(dice, account)
    return orders.FillReverted(
        order_id=order_id,
        venue_trade_id=_trade_id(dice),
        venue_order_id=_venue_id(order_id, dice),
        reason=dice.words,
        reverted_at_ms=dice.time_ms,
    )


def _deposited(dice: Dice, account: AccountId) -> orders.CapitalDeposited:
    return orders.CapitalDeposited(
        account=account, strategy_id=dice.one_of(STRATEGIES), amount_micros=dice.size
    )


def _epoch(dice: Dice, account: AccountId) -> orders.ExecutorEpochStarted:
    return orders.ExecutorEpochStarted(
        account=account,
        epoch=dice.number(1, 3),
        instance=dice.words,
        resend_ms_max=dice.number(0, 3) * 30_000,
    )


def _settled(dice: Dice, account: AccountId) -> orders.PositionSettled:
    return orders.PositionSettled(
        account=account,
        condition_id=CONDITION,
        token_id=dice.one_of(TOKENS),
        size_micros=dice.size,
        payout_micros=dice.size,
        settled_at_ms=dice.time_ms,
    )


def _lost(dice: Dice, account: AccountId) -> orders.OrderLost:
    finding = terms.Finding(source="order", verdict=dice.one_of(tuple(terms.Verdict)))
    return orders.OrderLost(
        order_id=_order_id(dice, account),
        findings=(finding,),
        denials=3,
        denied_since_ms=dice.time_ms,
        lost_at_ms=dice.time_ms,
    )


def _recovered(dice: Dice, account: AccountId) -> orders.OrderRecovered:
    return orders.OrderRecovered(
        order_id=_order_id(dice, account),
        source="order",
        status=dice.words,
        recovered_at_ms=dice.time_ms,
    )


def _cancel_requested(dice: Dice, account: AccountId) -> orders.OrderCancelRequested:
    return orders.OrderCancelRequested(
        order_id=_order_id(dice, account), reason=dice.words, cancel_requested_at_ms=dice.time_ms
    )


def _cancel_answered(dice: Dice, account: AccountId) -> orders.OrderCancelAnswered:
    return orders.OrderCancelAnswered(
        order_id=_order_id(dice, account),
        verdict=dice.one_of(tuple(terms.CancelVerdict)),
        answer=dice.words,
        cancel_answered_at_ms=dice.time_ms,
    )


def _examined(dice: Dice, account: AccountId) -> orders.OrderExamined:
    verdict = dice.one_of(tuple(terms.Verdict))
    return orders.OrderExamined(
        order_id=_order_id(dice, account),
        findings=(terms.Finding(source="trades", verdict=verdict, detail=dice.words),),
        cause=dice.one_of(SIGNALS),
        examined_at_ms=dice.time_ms,
    )


def _trade_id(dice: Dice) -> VenueTradeId:
    return VenueTradeId(dice.one_of(("t1", "t2")))


_KINDS: tuple[Callable[[Dice, AccountId], orders.OrderEvent], ...] = (
    # Without a request nothing else means anything, and fills are what moves money.
    _requested,
    _requested,
    _requested,
    _filled,
    _filled,
    _filled,
    _confirmed,
    _reverted,
    _reverted,
    _placed,
    _failed,
    _uncertain,
    _cancelled,
    _expired,
    _refused,
    _deposited,
    _epoch,
    _settled,
    _lost,
    _recovered,
    _cancel_requested,
    _cancel_answered,
    _examined,
    about_the_account,
)
