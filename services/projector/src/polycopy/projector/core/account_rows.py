"""Rows of accounts and of what they hold: which columns an event sets, and to what."""

from polycopy.readmodel.changes import Change, Value
from polycopy.schemas.accounts import BalanceAgreed, BalanceDisputed, ExternalOrderSeen
from polycopy.schemas.ids import AccountId, TokenId
from polycopy.schemas.orders import PositionSettled
from polycopy.trading.account_state import Account
from polycopy.trading.lots import Lot, Position


def account(sequence: int, fold: Account) -> Change:
    return Change(
        table="accounts",
        key=(fold.account,),
        values={
            "deposited_micros": fold.deposited_micros,
            "free_micros": fold.free_micros,
            "locked_micros": fold.locked_micros,
            "fees_micros": fold.fees_micros,
            "realised_micros": fold.realised_micros,
            "result_micros": fold.result_micros,
            "highest_result_micros": fold.tally.highest_result_micros,
            "open_orders": len(fold.open_ids),
            "lost_orders": len(fold.lost_ids),
            "disputes": len(fold.disputes),
            "caught_up": fold.caught_up,
            "behind_reason": fold.behind_reason,
            "anomalies": fold.anomalies,
            "epoch": fold.epoch,
            "instance": fold.instance,
            "version": fold.version,
        },
        sequence=sequence,
    )


def position(
    sequence: int, account_id: AccountId, token_id: TokenId, held: Position | None, profit: int
) -> Change:
    """`held` None: nothing any more."""
    return Change(
        table="positions",
        key=(account_id, token_id),
        values={
            "size_micros": held.size_micros if held else 0,
            "cost_micros": held.cost_micros if held else 0,
            "locked_size_micros": held.locked_size_micros if held else 0,
            "realised_micros": profit,
        },
        sequence=sequence,
    )


def settled(sequence: int, account_id: AccountId, event: PositionSettled) -> Change:
    return Change(
        table="positions",
        key=(account_id, event.token_id),
        values={
            "condition_id": event.condition_id,
            "payout_micros": event.payout_micros,
            "settled_at_ms": event.settled_at_ms,
        },
        sequence=sequence,
    )


def lot(sequence: int, account_id: AccountId, known: Lot, *, gone: bool) -> Change:
    """`gone`: all of it was taken back, and the account knows it no more."""
    figures: dict[str, Value] = {
        "bought_size_micros": known.bought_size_micros,
        "paid_micros": known.paid_micros,
        "sold_size_micros": known.sold_size_micros,
        "got_micros": known.got_micros,
        "settled_size_micros": known.settled_size_micros,
        "paid_out_micros": known.paid_out_micros,
        "cost_micros": known.cost_micros,
        "realised_micros": known.realised_micros,
        "locked_size_micros": known.locked_size_micros,
    }
    names: dict[str, Value] = {
        "token_id": known.token_id,
        "condition_id": known.condition_id,
        "strategy_id": known.strategy_id,
        "leader": known.leader,
        "trade_id": known.trade_id,
    }
    return Change(
        table="lots",
        key=(account_id, known.lot_id),
        values=names | (dict.fromkeys(figures, 0) if gone else figures),
        sequence=sequence,
    )


def external(sequence: int, account_id: AccountId, event: ExternalOrderSeen) -> Change:
    """Somebody else's order as it was first seen; the account forgets, and may tell of it again."""
    return Change(
        table="external_orders",
        key=(account_id, event.venue_order_id),
        values={
            "condition_id": event.condition_id,
            "token_id": event.token_id,
            "side": event.side.value,
            "size_micros": event.size_micros,
            "price_micros": event.price_micros,
            "seen_in": event.seen_in,
            "seen_at_ms": event.seen_at_ms,
        },
        sequence=sequence,
        new_only=True,
    )


def disputed(
    sequence: int, account_id: AccountId, event: BalanceDisputed, *, begins: bool
) -> Change:
    """A dispute may be told again with other figures; it began when it was told first."""
    values: dict[str, Value] = {
        "expected_micros": event.expected_micros,
        "venue_micros": event.venue_micros,
        "agreed_at_ms": 0,
    }
    if begins:
        values["disputed_at_ms"] = event.checked_at_ms
    return _dispute(sequence, account_id, event.token_id, values)


def agreed(sequence: int, account_id: AccountId, event: BalanceAgreed) -> Change:
    """The figures stay those of the dispute."""
    return _dispute(sequence, account_id, event.token_id, {"agreed_at_ms": event.checked_at_ms})


def _dispute(
    sequence: int, account_id: AccountId, token_id: TokenId, values: dict[str, Value]
) -> Change:
    return Change(
        table="balance_disputes", key=(account_id, token_id), values=values, sequence=sequence
    )
