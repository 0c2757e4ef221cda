"""P1: what the read model's rows must be, folded from the log by the account's own rules.

An account forgets what is long over. The rows do not: they must be what it was when last known.
"""

import sys
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

import msgspec

from polycopy.cli.core.rows import REFUSED, ReadModel
from polycopy.runtime.log import Recorded
from polycopy.schemas.ids import AccountId, OrderId
from polycopy.schemas.orders import OrderEvent, OrderRefused
from polycopy.trading import account as accounts
from polycopy.trading import forgetting
from polycopy.trading.account_state import Account
from polycopy.trading.lots import Lot
from polycopy.trading.order_state import Order

Entry = dict[str, object]
_replace = msgspec.structs.replace


class _Folded(msgspec.Struct, frozen=True, kw_only=True):
    """An account, and what it forgot on its way, as it last knew it."""

    account: Account
    refused_ids: frozenset[OrderId]
    forgotten_orders: Sequence[Order]
    forgotten_lots: Sequence[Lot]

    @property
    def orders(self) -> list[Order]:
        """Where an order began anew after it was forgotten, the later one comes later."""
        return [*self.forgotten_orders, *self.account.orders.values()]

    @property
    def lots(self) -> list[Lot]:
        return [*self.forgotten_lots, *self.account.lots.values()]


def histories(events: Iterable[Recorded]) -> dict[AccountId, list[OrderEvent]]:
    """Every account's events, in the order of the log."""
    found: dict[AccountId, list[OrderEvent]] = defaultdict(list)
    for recorded in events:
        if isinstance(recorded.event, OrderEvent):
            found[AccountId(recorded.subject.split(".")[1])].append(recorded.event)
    return found


def read_model_is_the_fold(events: Sequence[Recorded], model: ReadModel) -> list[str]:
    """What differs between the rows at their checkpoint and the log until there; [] where nothing
    does."""
    known = (recorded for recorded in events if recorded.sequence <= model.sequence)
    folded = [_fold(account, history) for account, history in histories(known).items()]
    return [
        *_compare("order", _orders(folded), _by_id(model.orders, "order_id")),
        *_compare("fill", _fills(folded), _by_id(model.fills, "venue_trade_id", "venue_order_id")),
        *_compare("position", _positions(folded), _by_id(model.positions, "account", "token_id")),
        *_compare("lot", _lots(folded), _by_id(model.lots, "account", "lot_id")),
        *_compare("account", _accounts(folded), _by_id(model.accounts, "account")),
    ]


def _fold(account_id: AccountId, events: Sequence[OrderEvent]) -> _Folded:
    account = accounts.initial(account_id)
    orders, lots = list[Order](), list[Lot]()
    for event in events:
        forget_at = account.forget_at
        whole = accounts.evolve(_replace(account, forget_at=sys.maxsize), event)
        account = forgetting.forget(_replace(whole, forget_at=forget_at))
        if account.orders is not whole.orders:
            orders += [one for one in whole.orders.values() if one.order_id not in account.orders]
            lots += [one for one in whole.lots.values() if one.lot_id not in account.lots]
    refused = {event.order_id for event in events if isinstance(event, OrderRefused)}
    return _Folded(
        account=account,
        refused_ids=frozenset(refused),
        forgotten_orders=orders,
        forgotten_lots=lots,
    )


def _compare(what: str, expected: dict[Hashable, Entry], rows: dict[Hashable, Entry]) -> list[str]:
    faults = [f"{what} {key} is missing" for key in expected.keys() - rows.keys()]
    faults += [f"{what} {key} should not be there" for key in rows.keys() - expected.keys()]
    for key in expected.keys() & rows.keys():
        row = rows[key]
        wrong = [name for name, value in expected[key].items() if row[name] != value]
        faults += [
            f"{what} {key}: {name} is {row[name]}, by the log {expected[key][name]}"
            for name in wrong
        ]
    return sorted(faults)


def _by_id(rows: Iterable[msgspec.Struct], *names: str) -> dict[Hashable, Entry]:
    plain = (msgspec.structs.asdict(row) for row in rows)
    return {tuple(row[name] for name in names): row for row in plain}


def _orders(folded: Sequence[_Folded]) -> dict[Hashable, Entry]:
    """An order that was requested is never a refused one, whatever came before or after."""
    refused: dict[Hashable, Entry] = {
        (order_id,): {"account": one.account.account, "state": REFUSED}
        for one in folded
        for order_id in one.refused_ids
    }
    return refused | {
        (order.order_id,): {
            "account": one.account.account,
            "strategy_id": order.strategy_id,
            "venue_order_id": order.venue_order_id,
            "token_id": order.token_id,
            "side": order.side,
            "state": order.state,
            "size_micros": order.size_micros,
            "notional_micros": order.notional_micros,
            "limit_price_micros": order.limit_price_micros,
            "filled_size_micros": order.filled_size_micros,
            "filled_notional_micros": order.filled_notional_micros,
            "fees_micros": order.fees_micros,
            "cancel_requested_at_ms": order.cancel_requested_at_ms,
            "cancel_verdict": order.cancel_verdict or "",
        }
        for one in folded
        for order in one.orders
    }


def _fills(folded: Iterable[_Folded]) -> dict[Hashable, Entry]:
    """Those that were told; a match that began anew with its order may not have been again."""
    latest = {
        key: (order, fill)
        for one in folded
        for order in one.orders
        for key, fill in order.fills.items()
    }
    return {
        key: {
            "order_id": order.order_id,
            "size_micros": fill.size_micros,
            "notional_micros": fill.notional_micros,
            "fee_micros": fill.fee_micros,
            "status": fill.status,
        }
        for key, (order, fill) in latest.items()
        if fill.seen
    }


def _positions(folded: Iterable[_Folded]) -> dict[Hashable, Entry]:
    return {
        (one.account.account, position.token_id): {
            "size_micros": position.size_micros,
            "cost_micros": position.cost_micros,
        }
        for one in folded
        for position in one.account.positions.values()
        if position.size_micros
    }


def _lots(folded: Iterable[_Folded]) -> dict[Hashable, Entry]:
    return {
        (one.account.account, lot.lot_id): {
            "token_id": lot.token_id,
            "strategy_id": lot.strategy_id,
            "leader": lot.leader,
            "trade_id": lot.trade_id,
            "size_micros": lot.size_micros,
            "bought_size_micros": lot.bought_size_micros,
            "paid_micros": lot.paid_micros,
            "sold_size_micros": lot.sold_size_micros,
            "got_micros": lot.got_micros,
            "settled_size_micros": lot.settled_size_micros,
            "paid_out_micros": lot.paid_out_micros,
            "cost_micros": lot.cost_micros,
            "realised_micros": lot.realised_micros,
            "locked_size_micros": lot.locked_size_micros,
        }
        for one in folded
        for lot in one.lots
        if not lot.untouched
    }


def _accounts(folded: Iterable[_Folded]) -> dict[Hashable, Entry]:
    return {
        (account.account,): {
            "deposited_micros": account.deposited_micros,
            "free_micros": account.free_micros,
            "locked_micros": account.locked_micros,
            "fees_micros": account.fees_micros,
            "realised_micros": account.realised_micros,
            "result_micros": account.result_micros,
            "highest_result_micros": account.tally.highest_result_micros,
            "open_orders": len(account.open_ids),
            "lost_orders": len(account.lost_ids),
            "disputes": len(account.disputes),
            "caught_up": account.caught_up,
            "behind_reason": account.behind_reason,
        }
        for account in (one.account for one in folded)
    }
