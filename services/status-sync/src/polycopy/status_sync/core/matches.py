"""What a part of a trade amounts to for its order, and which parts nobody can believe.

An overfill of a few percent is real: it counts, and the order is flagged. No order is matched to
many times what it asked for, though. A part of more than twice that (of dollars, where the order is
limited by them) is no match, whatever it is, and a row that cannot be read: with it no sum of the
account is worth anything, and in time none fits where it is kept.
"""

from collections import Counter

from polycopy.polymarket.reports import MakerOrder, ReportedFill, TradeReport, fills
from polycopy.schemas.money import MICROS, Side, decimal_text
from polycopy.schemas.terms import FillRole
from polycopy.trading.account_state import Account
from polycopy.trading.fees import taker_fee_micros
from polycopy.trading.order_state import DUST_MICROS, UNSEEN, FillKey, Order

_TIMES_MAX = 2


def key(part: ReportedFill) -> FillKey:
    return part.venue_trade_id, part.venue_order_id


def is_known(order: Order, part: ReportedFill) -> bool:
    """Whether the account holds it already."""
    return order.fills.get(key(part), UNSEEN).seen


def believed(account: Account, trade: TradeReport) -> list[ReportedFill]:
    """Every order's part in the trade, but for those of ours that nobody can believe."""
    return [part for part in fills(trade) if not _disbelief(account, trade, part)]


def disbelieved(account: Account, trade: TradeReport) -> str:
    """Why a part of one of our orders in the trade cannot be what it says; "" where all can."""
    reasons = (_disbelief(account, trade, part) for part in fills(trade))
    return next((reason for reason in reasons if reason), "")


def notional_micros(trade: TradeReport, part: ReportedFill) -> int:
    """Paid is rounded up, got is rounded down, each match by itself."""
    exact = (size_micros * price_micros for size_micros, price_micros in _matches(trade, part))
    if part.side is Side.BUY:
        return sum(-(-each // MICROS) for each in exact)
    return sum(each // MICROS for each in exact)


def fee_micros(order: Order, trade: TradeReport, part: ReportedFill) -> int:
    """What all that was matched at one price costs together, and that of every price."""
    if part.role is FillRole.MAKER:
        return 0
    sizes = Counter[int]()
    for size_micros, price_micros in _matches(trade, part):
        sizes[price_micros] += size_micros
    return sum(taker_fee_micros(size, price, order.fee) for price, size in sizes.items())


def _disbelief(account: Account, trade: TradeReport, part: ReportedFill) -> str:
    order = account.order_by_venue_id(part.venue_order_id)
    if order is None or is_known(order, part):
        return ""
    if any(price_micros <= 0 for _, price_micros in _matches(trade, part)):
        return f"shares of order {order.order_id} for nothing"
    by_notional = order.by_notional
    asked = order.notional_micros if by_notional else order.size_micros
    told = notional_micros(trade, part) if by_notional else part.size_micros
    if told <= _TIMES_MAX * asked + DUST_MICROS:
        return ""
    unit = "pUSD" if by_notional else "shares"
    asked_text, told_text = decimal_text(asked), decimal_text(told)
    return f"{told_text} {unit} of order {order.order_id}, which asked for {asked_text}"


def _matches(trade: TradeReport, part: ReportedFill) -> list[tuple[int, int]]:
    """Size and price of each match that an order's part is made of: a taker's with each of its
    makers, where the venue names them all."""
    legs = trade.maker_orders
    named = sum(leg.size_micros for leg in legs)
    if part.role is FillRole.MAKER or named != trade.size_micros:
        return [(part.size_micros, part.price_micros)]
    return [(leg.size_micros, _price(trade, leg)) for leg in legs]


def _price(trade: TradeReport, leg: MakerOrder) -> int:
    """The leg's price in the taker's token: two opposite tokens together are worth a dollar."""
    return leg.price_micros if leg.token_id == trade.token_id else MICROS - leg.price_micros
