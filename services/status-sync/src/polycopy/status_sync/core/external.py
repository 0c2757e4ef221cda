"""Orders of our wallet that our log never requested: recorded once each, and never copied into the
account. Somebody else trades with the wallet, and the balances will not be what the log explains.
"""

from collections.abc import Iterable, Iterator

import msgspec

from polycopy.polymarket.reports import OrderStatus, TradeReport
from polycopy.schemas.accounts import ExternalOrderSeen
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderEvent
from polycopy.status_sync.core.reconcile import CLOCKS_MS, Report
from polycopy.trading.account_state import Account


class Ours(msgspec.Struct, frozen=True, kw_only=True):
    """By what we know ourselves in a report: the API key, and the wallet where somebody told it."""

    api_key: str
    wallet: Wallet = Wallet("")

    def has(self, owner: str, maker_address: str) -> bool:
        wallet = bool(self.wallet) and maker_address == self.wallet
        return wallet or (bool(self.api_key) and owner == self.api_key)


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a report shows of an order."""

    venue_order_id: VenueOrderId
    condition_id: ConditionId
    token_id: TokenId
    side: Side
    size_micros: int
    price_micros: int


def external(
    account: Account, ours: Ours, reports: Iterable[Report], *, source: str, at_ms: int
) -> list[OrderEvent]:
    """One ExternalOrderSeen for each order of ours that the account neither knows nor has seen, nor
    may have forgotten. The account must be as new as the log."""
    said: dict[VenueOrderId, OrderEvent] = {}
    for report in reports:
        for shown in _shown(account, ours, report):
            key = shown.venue_order_id
            if key in account.venue_ids or key in account.external_ids:
                continue
            said[key] = ExternalOrderSeen(
                account=account.account,
                venue_order_id=key,
                condition_id=shown.condition_id,
                token_id=shown.token_id,
                side=shown.side,
                size_micros=shown.size_micros,
                price_micros=shown.price_micros,
                seen_in=source,
                seen_at_ms=at_ms,
            )
    return list(said.values())


def _shown(account: Account, ours: Ours, report: Report) -> Iterator[_Shown]:
    if isinstance(report, TradeReport):
        if not _may_be_forgotten(account, report.matched_at_ms):
            yield from _parts(ours, report)
        return
    since_ms = report.created_at_ms or report.at_ms
    resting = report.status is OrderStatus.LIVE  # Nobody forgets an order that is still there.
    if ours.has(report.owner, report.maker_address) and (
        resting or not _may_be_forgotten(account, since_ms)
    ):
        yield _Shown(
            venue_order_id=report.venue_order_id,
            condition_id=report.condition_id,
            token_id=report.token_id,
            side=report.side,
            size_micros=report.original_size_micros,
            price_micros=report.price_micros,
        )


def _parts(ours: Ours, trade: TradeReport) -> Iterator[_Shown]:
    """The taker's part and the makers', each judged by its own owner."""
    if ours.has(trade.owner, trade.maker_address):
        yield _Shown(
            venue_order_id=trade.taker_order_id,
            condition_id=trade.condition_id,
            token_id=trade.token_id,
            side=trade.side,
            size_micros=trade.size_micros,
            price_micros=trade.price_micros,
        )
    for leg in trade.maker_orders:
        if ours.has(leg.owner, leg.maker_address):
            yield _Shown(
                venue_order_id=leg.venue_order_id,
                condition_id=trade.condition_id,
                token_id=leg.token_id,
                side=leg.side,
                size_micros=leg.size_micros,
                price_micros=leg.price_micros,
            )


def _may_be_forgotten(account: Account, at_ms: int) -> bool:
    """Whether an order of that time could be one of ours that the account remembers no more."""
    before_ms = account.forgotten_before_ms
    return bool(before_ms) and at_ms < before_ms + CLOCKS_MS
