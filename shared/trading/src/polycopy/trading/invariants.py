"""Laws that hold after every event of an account, checked from its events.

C1  free + locked + Σ position cost + fees − realised == deposited
C2  locked == Σ over the open orders of what each sets aside
E1  epochs rise by one, and every OrderRequested lies in one
"""

from collections.abc import Iterable, Iterator

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
        for law, detail in [*faults(after), *_epoch_faults(before, event)]:
            broken.setdefault(law, Broken(law=law, index=index, detail=detail))
        before = after
    return list(broken.values())


def faults(account: Account) -> Iterator[tuple[str, str]]:
    """(law, detail) of those laws, C1 and C2, that this state alone shows to be broken."""
    cost = sum(position.cost_micros for position in account.positions.values())
    total = account.free_micros + account.locked_micros + cost
    total += account.fees_micros - account.realised_micros
    if total != account.deposited_micros:
        yield "C1", f"accounted for {total}, deposited {account.deposited_micros}"
    needed = sum(order.needs[0] for order in open_orders(account))
    if needed != account.locked_micros:
        yield "C2", f"locked {account.locked_micros}, open orders need {needed}"


def _epoch_faults(before: Account, event: OrderEvent) -> Iterator[tuple[str, str]]:
    if isinstance(event, ExecutorEpochStarted) and event.epoch != before.epoch + 1:
        yield "E1", f"epoch {event.epoch} after {before.epoch}"
    if isinstance(event, OrderRequested) and before.epoch == 0:
        yield "E1", f"order {event.order_id} requested in no epoch"
