"""What the log says about the accounts: the fold of each, and what the operator allows it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from polycopy.cli.core.rows import DOUBTFUL
from polycopy.cli.core.words import market
from polycopy.runtime.log import Recorded
from polycopy.schemas.accounts import BalanceDisputed
from polycopy.schemas.control import TradingState, TradingStateSet, VenueName
from polycopy.schemas.ids import AccountId, OrderId, TokenId, VenueOrderId
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.orders import OrderEvent, OrderRequested
from polycopy.trading import account as accounts
from polycopy.trading import account_state, permissions
from polycopy.trading.account_state import Account
from polycopy.trading.order_state import Order
from polycopy.trading.permissions import Permissions

EVERY = AccountId("")
"""As the log names all accounts together."""


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is not over, or lost."""

    order_id: OrderId
    state: str
    side: str
    size_micros: int
    notional_micros: int
    limit_price_micros: int
    filled_size_micros: int
    requested_at_ms: int
    locked_micros: int = 0
    locked_size_micros: int = 0

    @property
    def doubtful(self) -> bool:
        """Whether nobody knows what the venue has of it."""
        return self.state in DOUBTFUL


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """The last word about trading, of one account or (EVERY) of all."""

    account: AccountId
    state: TradingState
    operator: str
    reason: str
    since_ms: int


class AccountReport(msgspec.Struct, frozen=True, kw_only=True):
    """One account. `venue` is empty, and `epoch` 0, where no executor ever took it over.

    `caught_up` None: a forward test, whose venue is the executor itself. `behind_reason` says why
    it is not. `held_micros` is what its positions cost. The result is what was realised, less fees;
    the drawdown is its distance from the highest so far.
    """

    account: AccountId
    venue: str
    epoch: int
    trading: TradingState
    trading_own: TradingState
    """Without what holds for all accounts."""
    switches: tuple[Switch, ...]
    """Whose word it is that not everything is sent."""
    caught_up: bool | None
    behind_reason: str
    deposited_micros: int
    free_micros: int
    locked_micros: int
    held_micros: int
    fees_micros: int
    realised_micros: int
    result_micros: int
    drawdown_micros: int
    positions: int
    anomalies: int
    limits: Mapping[str, int]
    """Every one, the defaults too."""
    open_orders: tuple[OpenOrder, ...]
    lost_orders: tuple[OpenOrder, ...]
    external_orders: tuple[VenueOrderId, ...]
    disputes: tuple[BalanceDisputed, ...]
    markets: Mapping[TokenId, str] = {}
    """What the tokens are called that are disputed, where it is known."""
    breaker: str = ""
    """Why the executor's circuit breaker lets no entry pass; "" where it does, or nobody tells."""

    def market_of(self, token: TokenId) -> str:
        return self.markets.get(token) or market("", "", token)

    @property
    def account_limits(self) -> AccountLimits:
        return AccountLimits(**self.limits)


def reports(
    told: Mapping[AccountId, Sequence[OrderEvent]],
    known: Collection[AccountId],
    allowed: Permissions,
    switches: Sequence[Switch] = (),
) -> list[AccountReport]:
    """One for each account that is known or has events, by name."""
    names = sorted({*told, *known})
    found = []
    for name in names:
        one = report(accounts.fold(name, told.get(name, ())), allowed, switches)
        disputed = {dispute.token_id for dispute in one.disputes}
        markets = {
            event.token_id: market(event.outcome, event.title, event.token_id)
            for event in told.get(name, ())
            if isinstance(event, OrderRequested) and event.token_id in disputed
        }
        found.append(msgspec.structs.replace(one, markets=markets))
    return found


def last_switches(events: Iterable[Recorded]) -> list[Switch]:
    """The last word about each account, and about all of them."""
    said: dict[AccountId, Switch] = {}
    for recorded in events:
        event = recorded.event
        if isinstance(event, TradingStateSet):
            said[event.account] = Switch(
                account=event.account,
                state=event.state,
                operator=event.operator,
                reason=event.reason,
                since_ms=recorded.envelope.time_ms,
            )
    return list(said.values())


def report(account: Account, allowed: Permissions, switches: Sequence[Switch]) -> AccountReport:
    on_paper = _venue(account) == VenueName.PAPER
    return AccountReport(
        account=account.account,
        venue=_venue(account),
        epoch=account.epoch,
        trading=permissions.state_of(allowed, account.account),
        trading_own=allowed.states.get(account.account, TradingState.ACTIVE),
        switches=tuple(
            one
            for one in switches
            if one.account in {account.account, EVERY} and one.state is not TradingState.ACTIVE
        ),
        caught_up=None if on_paper else account.caught_up,
        behind_reason="" if on_paper else behind_words(account),
        deposited_micros=account.deposited_micros,
        free_micros=account.free_micros,
        locked_micros=account.locked_micros,
        held_micros=sum(one.cost_micros for one in account.positions.values()),
        fees_micros=account.fees_micros,
        realised_micros=account.realised_micros,
        result_micros=account.result_micros,
        drawdown_micros=account.tally.highest_result_micros - account.result_micros,
        positions=sum(one.size_micros > 0 for one in account.positions.values()),
        anomalies=account.anomalies,
        limits=msgspec.structs.asdict(permissions.limits_of(allowed, account.account)),
        open_orders=tuple(map(_order, account_state.open_orders(account))),
        lost_orders=tuple(map(_order, account_state.lost_orders(account))),
        external_orders=tuple(sorted(account.external_ids)),
        disputes=tuple(account.disputes[token] for token in sorted(account.disputes)),
    )


def _venue(account: Account) -> str:
    return account.venue_account.venue if account.venue_account else ""


def behind_words(account: Account) -> str:
    """Why the venue's word about it may have holes; "" where it has none."""
    if account.caught_up:
        return ""
    if not account.epoch:
        return "no executor has taken it over"
    if account.behind_reason:
        return account.behind_reason
    return f"not read since its executor began epoch {account.epoch}"


def _order(order: Order) -> OpenOrder:
    return OpenOrder(
        order_id=order.order_id,
        state=order.state,
        side=order.side,
        size_micros=order.size_micros,
        notional_micros=order.notional_micros,
        limit_price_micros=order.limit_price_micros,
        filled_size_micros=order.filled_size_micros,
        requested_at_ms=order.requested_at_ms,
        locked_micros=order.needs[0],
        locked_size_micros=order.needs[1],
    )
