"""Exits that were not copied: a leader sold, and the account keeps its shares.

A sale that the venue rejected, that our own checks refused, that nobody bought in full, that is
lost or that did not settle is not tried again, but for the executor's one second attempt. Nothing
in the account is wrong then, so nothing else tells of it. Forward tests are left out: they are no
money.
"""

from collections.abc import Iterable, Sequence

import immutables
import msgspec

from polycopy.cli.core.words import cents, counted, handle, market, shares
from polycopy.runtime.log import Recorded
from polycopy.schemas import ids
from polycopy.schemas.control import VenueName
from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId, OrderId, TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    FillReverted,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderFailed,
    OrderLost,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.terms import FailureCode
from polycopy.trading import account as accounts
from polycopy.trading.account_state import Account, available_size_micros, open_orders
from polycopy.trading.order_life import UNLOCKED
from polycopy.trading.order_state import DUST_MICROS, Order

SETTLES_MS = 5_000
"""For so long an exit is under way: a second attempt may follow, or a fill that trails."""
_KEPT_MAX = 20
_SHOWN = 3
_Key = tuple[AccountId, TokenId]
_replace = msgspec.structs.replace


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """An exit that was not copied. `size_micros`: what was to be sold and was not; 0 where nobody
    said how much it was to be."""

    order_id: OrderId
    size_micros: int
    why: str
    at_ms: int


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Shares that an account keeps, and the last exit that would have sold them."""

    account: AccountId
    token_id: TokenId
    market: str
    size_micros: int
    last: Missed

    @property
    def key(self) -> _Key:
        """Of the position: it is told once as long as it stands, however often the leader sells."""
        return self.account, self.token_id


class Exits(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts with money, and what was not copied of the exits of what they hold, the newest last.
    `markets`: how the tokens are called that they ever ordered."""

    accounts: immutables.Map[AccountId, Account] = immutables.Map()
    markets: immutables.Map[TokenId, str] = immutables.Map()
    missed: immutables.Map[_Key, tuple[Missed, ...]] = immutables.Map()


def initial() -> Exits:
    return Exits()


def evolve(exits: Exits, recorded: Recorded) -> Exits:
    """After an event of `orders.>`; any other changes nothing."""
    event, name = recorded.event, AccountId(recorded.subject.split(".")[1])
    account = exits.accounts.get(name) or accounts.initial(name)
    if not isinstance(event, OrderEvent) or is_on_paper(account):
        return exits
    account = accounts.evolve(account, event)
    exits = _replace(exits, accounts=exits.accounts.set(name, account))
    order = account.orders.get(OrderId(getattr(event, "order_id", "")))
    token = order.token_id if order else getattr(event, "token_id", None)
    if token is None:
        return exits
    if isinstance(event, OrderRequested):
        named = market(event.outcome, event.title, token)
        exits = _replace(exits, markets=exits.markets.set(token, named))
    key = (name, token)
    before = exits.missed.get(key, ())
    after = _after(before, account, event, order, recorded.envelope.time_ms)
    if after and not _at_stake(account, token):
        after = ()
    if after == before:
        return exits
    missed = exits.missed.set(key, after[-_KEPT_MAX:]) if after else exits.missed.delete(key)
    return _replace(exits, missed=missed)


def fold(events: Iterable[Recorded]) -> Exits:
    exits = initial()
    for recorded in events:
        exits = evolve(exits, recorded)
    return exits


def kept(exits: Exits, *, before_ms: int) -> list[Kept]:
    """Of each position of which an exit was not copied until then, the oldest first."""
    found = []
    for (name, token), all_missed in exits.missed.items():
        missed = [one for one in all_missed if one.at_ms <= before_ms]
        held = exits.accounts[name].positions.get(token)
        if not missed or held is None or held.size_micros <= DUST_MICROS:
            continue
        unsold = sum(one.size_micros or held.size_micros for one in missed)
        found.append(
            Kept(
                account=name,
                token_id=token,
                market=market_of(exits, token),
                size_micros=min(unsold, held.size_micros),
                last=missed[-1],
            )
        )
    return sorted(found, key=lambda one: (one.last.at_ms, one.last.order_id))


def market_of(exits: Exits, token: TokenId) -> str:
    """What it is called, as it was when it was last ordered."""
    return exits.markets.get(token) or market("", "", token)


def order_words(exits: Exits, name: AccountId, order_id: OrderId) -> str:
    """`SELL 20 shares of Yes · Will it rain?`; empty where the account does not know the order."""
    account = exits.accounts.get(name)
    order = account.orders.get(order_id) if account else None
    if order is None:
        return ""
    size = cents(order.notional_micros) if order.by_notional else shares(order.size_micros)
    return f"{order.side} {size} of {market_of(exits, order.token_id)}"


def line(one: Kept, *, by_hand: bool) -> str:
    """As it is told when it happens. `by_hand`: whether the operator can sell at the venue."""
    sell = ", or sell at the venue yourself" if by_hand else ""
    return (
        f"exit not copied: account {one.account} keeps {_what(one)}: {one.last.why} (order "
        f"{handle(one.last.order_id)}). Not tried again: wait for the leader's next sale{sell}"
    )


def summary(found: Sequence[Kept]) -> str:
    """How many there are, and the newest of them. At least one."""
    shown = ", ".join(_what(one) for one in reversed(found[-_SHOWN:]))
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{counted(len(found), 'position')} kept though a leader sold: {shown}{more}"


def _after(
    before: tuple[Missed, ...], account: Account, event: Event, order: Order | None, at_ms: int
) -> tuple[Missed, ...]:
    """What was missed of one token after an event about it."""
    if isinstance(event, OrderRefused):
        if event.side is Side.BUY or not _for_sale(account, event.token_id):
            return before
        codes = ", ".join(refusal.code for refusal in event.refusals)
        why = f"our own checks refused the sale, {codes}"
        return _with(before, Missed(order_id=event.order_id, size_micros=0, why=why, at_ms=at_ms))
    if isinstance(event, OrderRequested) and event.attempt > 1:
        first = ids.order_id(
            signal_id=event.signal_id, strategy_id=event.strategy_id, attempt=event.attempt - 1
        )
        return tuple(one for one in before if one.order_id != first)
    if order is None or order.side is Side.BUY:
        return before
    unsold = order.size_micros - order.filled_size_micros
    if unsold <= DUST_MICROS or order.state not in UNLOCKED:
        return tuple(one for one in before if one.order_id != order.order_id)
    known = next((one for one in before if one.order_id == order.order_id), None)
    why = _why(event, order) or (known.why if known else "")
    if not why:
        return before
    since_ms = at_ms if known is None else known.at_ms
    return _with(
        before, Missed(order_id=order.order_id, size_micros=unsold, why=why, at_ms=since_ms)
    )


def _why(event: Event, order: Order) -> str:
    """Empty for what is no end of a sale."""
    match event:
        case OrderFailed(code=FailureCode.BALANCE_OR_ALLOWANCE as code):
            return f"the venue rejected the sale, {code} (what was just bought may not be settled)"
        case OrderFailed(code=code):
            return f"the venue rejected the sale, {code}"
        case OrderCancelled() | OrderExpired() if order.filled_size_micros:
            return f"only {shares(order.filled_size_micros)} were sold"
        case OrderCancelled(reason=reason):
            return f"the sale was cancelled, {reason}"
        case OrderExpired():
            return "nobody bought in time"
        case OrderLost():
            return "the sale is LOST, the venue denies it"
        case FillReverted(reason=reason):
            return f"the sale did not settle, {reason}"
        case _:
            return ""


def _with(before: tuple[Missed, ...], one: Missed) -> tuple[Missed, ...]:
    return (*(other for other in before if other.order_id != one.order_id), one)


def _for_sale(account: Account, token: TokenId) -> bool:
    """Whether there is something that no other sale is about, or may be soon."""
    return available_size_micros(account, token) > DUST_MICROS or _buying(account, token)


def _at_stake(account: Account, token: TokenId) -> bool:
    held = account.positions.get(token)
    return (held is not None and held.size_micros > DUST_MICROS) or _buying(account, token)


def _buying(account: Account, token: TokenId) -> bool:
    return any(one.token_id == token and one.side is Side.BUY for one in open_orders(account))


def is_on_paper(account: Account) -> bool:
    return account.venue_account is not None and account.venue_account.venue is VenueName.PAPER


def _what(one: Kept) -> str:
    return f"{shares(one.size_micros)} of {one.market}"
