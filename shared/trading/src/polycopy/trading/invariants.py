"""Laws that hold after every event of an account, checked from its events.

C1  free + locked + Σ position cost + fees − realised == deposited
C2  locked == Σ over the open orders of what each sets aside
E1  epochs rise by one, and every OrderRequested lies in one
"""

from collections.abc import Iterable

import msgspec

from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import ExecutorEpochStarted, OrderEvent, OrderRequested
from polycopy.trading.account import evolve, initial
from polycopy.trading.account_state import Account, open_orders


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A law that first did not hold after the event at `index` (from 0) of the list."""

    law: str
    index: int
    detail: str


def check(account: AccountId, events: Iterable[OrderEvent]) -> list[Broken]:
    """What is broken, each law at its first place; [] when all hold.

    O(open orders + positions) for every event.
    """
    broken: dict[str, Broken] = {}
    before = initial(account)
    for index, event in enumerate(events):
        after = evolve(before, event)
        found = {"C1": _capital(after), "C2": _locked(after), "E1": _epoch(before, event)}
        for law, detail in found.items():
            if detail and law not in broken:
                broken[law] = Broken(law=law, index=index, detail=detail)
        before = after
    return list(broken.values())


def _capital(account: Account) -> str:
    cost = sum(position.cost_micros for position in account.positions.values())
    held = account.free_micros + account.locked_micros + cost
    total = held + account.fees_micros - account.realised_micros
    if total == account.deposited_micros:
        return ""
    return f"accounted for {total}, deposited {account.deposited_micros}"


def _locked(account: Account) -> str:
    needed = sum(order.needs[0] for order in open_orders(account))
    if needed == account.locked_micros:
        return ""
    return f"locked {account.locked_micros}, open orders need {needed}"


def _epoch(before: Account, event: OrderEvent) -> str:
    if isinstance(event, ExecutorEpochStarted) and event.epoch != before.epoch + 1:
        return f"epoch {event.epoch} after {before.epoch}"
    if isinstance(event, OrderRequested) and before.epoch == 0:
        return f"order {event.order_id} requested in no epoch"
    return ""
