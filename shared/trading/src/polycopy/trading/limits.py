"""The limits before an entry: how much of them is used, what they leave, and what they refuse.

`standing_of` reads the account; everything after it is decided from the limits and the standing
alone, and both are kept in the order's event, so the decision can be made again without the
account. Exits are not limited; what they may not do is sell far below what the leader got.
"""

from collections.abc import Iterator

import msgspec

from polycopy.schemas.ids import ConditionId, Wallet
from polycopy.schemas.limits import AccountLimits, Standing
from polycopy.schemas.money import MICROS, Side, decimal_text
from polycopy.schemas.terms import Refusal, RefusalCode
from polycopy.trading.account_state import Account
from polycopy.trading.lots import Position
from polycopy.trading.order_state import Order
from polycopy.trading.orderbook import Book
from polycopy.trading.pretrade import Amounts, Intent, Terms, affordable_cents
from polycopy.trading.tally import entries_last_minute, today

PRICE_CHECKS = ("price_sanity",)
"""Of every order; the rest of entries only."""
ENTRY_CHECKS = (
    "order_size",
    "market_exposure",
    "leader_exposure",
    "total_exposure",
    "daily_budget",
    "daily_loss",
    "drawdown",
    "order_rate",
)


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What an order is decided within. No standing: an exit. No limits: decided by a build that had
    none."""

    limits: AccountLimits | None = None
    standing: Standing | None = None


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What one limit allows, and how much of that is used. `code`: the refusal for too little."""

    code: RefusalCode
    limit_micros: int
    used_micros: int

    @property
    def left_micros(self) -> int:
        """What a new entry may lock."""
        return max(0, self.limit_micros - self.used_micros)


def bounds_of(account: Account, intent: Intent, at_ms: int, limits: AccountLimits) -> Bounds:
    """Limits bind entries; an exit they hold to a sane price only."""
    entry = intent.side is Side.BUY
    return Bounds(limits=limits, standing=standing_of(account, intent, at_ms) if entry else None)


def standing_of(account: Account, intent: Intent, at_ms: int) -> Standing:
    """What of the account's limits is used before this entry. O(open lots + open orders).

    The leader is the intent's; all that copies nobody counts as one leader's.
    """
    exposures = _market_exposures(account)
    tally = account.tally
    spent, lost = today(account, at_ms)
    return Standing(
        deposited_micros=account.deposited_micros,
        market_exposure_micros=exposures.get(intent.condition_id, 0),
        leader_exposure_micros=_leader_exposure(account, intent.leader),
        total_exposure_micros=sum(exposures.values()),
        spent_today_micros=spent,
        lost_today_micros=lost,
        drawdown_micros=max(0, tally.highest_result_micros - account.result_micros),
        orders_last_minute=entries_last_minute(tally, at_ms),
    )


def _market_exposures(account: Account) -> dict[ConditionId, int]:
    """What each market can cost us: its worst outcome, and its open entries in full."""
    held: dict[ConditionId, list[Position]] = {}
    for position in account.positions.values():
        held.setdefault(position.condition_id, []).append(position)
    found = {condition_id: _worst_loss(positions) for condition_id, positions in held.items()}
    for order in _open_entries(account):
        found[order.condition_id] = found.get(order.condition_id, 0) + order.locked_micros
    return found


def _worst_loss(positions: list[Position]) -> int:
    """One of a market's two tokens pays a dollar, so a pair of them pays it whatever happens. What
    is for sale makes no pair: it may be gone at any moment. A sure gain is no room for more."""
    cost = sum(position.cost_micros for position in positions)
    sizes = [position.available_size_micros for position in positions]
    return max(0, cost - (min(sizes) if len(sizes) > 1 else 0))


def _leader_exposure(account: Account, leader: Wallet) -> int:
    lots = (
        account.lots[lot_id]
        for position in account.positions.values()
        for lot_id in position.open_lots
    )
    cost = sum(lot.cost_micros for lot in lots if lot.leader == leader)
    locked = (order.locked_micros for order in _open_entries(account) if order.leader == leader)
    return cost + sum(locked)


def _open_entries(account: Account) -> Iterator[Order]:
    orders = (account.orders[order_id] for order_id in account.open_ids)
    return (order for order in orders if order.side is Side.BUY)


def rooms(limits: AccountLimits, standing: Standing) -> tuple[Room, ...]:
    """The limits that cut an entry, the one that leaves least first."""
    market, leader = limits.market_exposure_ppm_max, limits.leader_exposure_ppm_max
    total, budget = limits.total_exposure_ppm_max, limits.daily_budget_ppm_max
    limited = (
        (RefusalCode.MARKET_EXPOSURE, market, standing.market_exposure_micros),
        (RefusalCode.LEADER_EXPOSURE, leader, standing.leader_exposure_micros),
        (RefusalCode.TOTAL_EXPOSURE, total, standing.total_exposure_micros),
        (RefusalCode.DAILY_BUDGET, budget, standing.spent_today_micros),
    )
    found = (
        Room(code=code, limit_micros=_part(standing, ppm), used_micros=used)
        for code, ppm, used in limited
    )
    return tuple(sorted(found, key=lambda room: room.left_micros))


def room_micros(bounds: Bounds) -> int | None:
    """What every limit lets the order lock; None where none of them binds it."""
    if bounds.limits is None or bounds.standing is None:
        return None
    return rooms(bounds.limits, bounds.standing)[0].left_micros


def refusals(
    bounds: Bounds, intent: Intent, book: Book | None, terms: Terms, amounts: Amounts
) -> Iterator[Refusal]:
    """All that the limits have against the order."""
    limits, standing = bounds.limits, bounds.standing
    if limits is None:
        return
    yield from _price_refusals(limits, intent, book)
    if standing is not None:
        yield from _size_refusals(limits, standing, terms, amounts)
        yield from _breaker_refusals(limits, standing)


def checks(bounds: Bounds) -> tuple[str, ...]:
    """The names of the checks that are made of such an order, in their order."""
    if bounds.limits is None:
        return ()
    return PRICE_CHECKS if bounds.standing is None else PRICE_CHECKS + ENTRY_CHECKS


def _price_refusals(limits: AccountLimits, intent: Intent, book: Book | None) -> Iterator[Refusal]:
    """Is the book anywhere near the leader's price, where that is known? Nothing is bought far from
    it. A sale may be far better; far below, it is a dump into an empty book."""
    levels = book.taken_by(intent.side) if book else ()
    if not levels or not intent.leader_price_micros:
        return
    best, leader = levels[0].price_micros, intent.leader_price_micros
    gap = abs(best - leader) if intent.side is Side.BUY else leader - best
    if gap > limits.price_gap_micros_max:
        detail = f"best {decimal_text(best)}, leader {decimal_text(leader)}"
        yield Refusal(code=RefusalCode.PRICE_SANITY, detail=detail)


def _size_refusals(
    limits: AccountLimits, standing: Standing, terms: Terms, amounts: Amounts
) -> Iterator[Refusal]:
    """Is what was asked for no slip of a finger, and does every limit leave enough?"""
    order_max = _part(standing, limits.order_ppm_max)
    if amounts.asked > order_max:
        detail = f"asked {decimal_text(amounts.asked)}, limit {decimal_text(order_max)}"
        yield Refusal(code=RefusalCode.ORDER_TOO_LARGE, detail=detail)
    for room in rooms(limits, standing):
        if affordable_cents(room.left_micros, terms) < amounts.minimum:
            yield _used_up(room.code, room.used_micros, room.limit_micros)


def _breaker_refusals(limits: AccountLimits, standing: Standing) -> Iterator[Refusal]:
    """May there be an entry at all?"""
    loss_max = _part(standing, limits.daily_loss_ppm_max)
    if standing.lost_today_micros > loss_max:
        yield _used_up(RefusalCode.DAILY_LOSS, standing.lost_today_micros, loss_max)
    drawdown_max = _part(standing, limits.drawdown_ppm_max)
    if standing.drawdown_micros > drawdown_max:
        yield _used_up(RefusalCode.DRAWDOWN, standing.drawdown_micros, drawdown_max)
    if standing.orders_last_minute >= limits.orders_per_minute_max:
        detail = f"{standing.orders_last_minute} of {limits.orders_per_minute_max}"
        yield Refusal(code=RefusalCode.ORDER_RATE, detail=detail)


def _part(standing: Standing, ppm: int) -> int:
    return standing.deposited_micros * ppm // MICROS


def _used_up(code: RefusalCode, used_micros: int, limit_micros: int) -> Refusal:
    detail = f"{decimal_text(used_micros)} of {decimal_text(limit_micros)}"
    return Refusal(code=code, detail=detail)
