"""P1: what the read model's rows must be, folded from the log by the account's own rules."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

import msgspec

from polycopy.cli.core.rows import REFUSED, ReadModel
from polycopy.runtime.log import Recorded
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import OrderEvent
from polycopy.trading import account as accounts
from polycopy.trading.account_state import Account

Entry = dict[str, object]


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
    folded = [accounts.fold(account, history) for account, history in histories(known).items()]
    return [
        *_compare("order", _orders(folded), _by_id(model.orders, "order_id")),
        *_compare("fill", _fills(folded), _by_id(model.fills, "venue_trade_id", "venue_order_id")),
        *_compare("position", _positions(folded), _by_id(model.positions, "account", "token_id")),
        *_compare("account", _accounts(folded), _by_id(model.accounts, "account")),
    ]


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


def _orders(folded: Sequence[Account]) -> dict[Hashable, Entry]:
    refused: dict[Hashable, Entry] = {
        (order_id,): {"account": account.account, "state": REFUSED}
        for account in folded
        for order_id in account.refused_ids
    }
    return refused | {
        (order.order_id,): {
            "account": account.account,
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
        }
        for account in folded
        for order in account.orders.values()
    }


def _fills(folded: Iterable[Account]) -> dict[Hashable, Entry]:
    return {
        key: {
            "order_id": order.order_id,
            "size_micros": fill.size_micros,
            "notional_micros": fill.notional_micros,
            "fee_micros": fill.fee_micros,
            "status": fill.status,
        }
        for account in folded
        for order in account.orders.values()
        for key, fill in order.fills.items()
        if fill.seen
    }


def _positions(folded: Iterable[Account]) -> dict[Hashable, Entry]:
    return {
        (account.account, position.token_id): {
            "size_micros": position.size_micros,
            "cost_micros": position.cost_micros,
        }
        for account in folded
        for position in account.positions.values()
        if position.size_micros
    }


def _accounts(folded: Iterable[Account]) -> dict[Hashable, Entry]:
    return {
        (account.account,): {
            "deposited_micros": account.deposited_micros,
            "free_micros": account.free_micros,
            "locked_micros": account.locked_micros,
            "fees_micros": account.fees_micros,
            "realised_micros": account.realised_micros,
        }
        for account in folded
    }
