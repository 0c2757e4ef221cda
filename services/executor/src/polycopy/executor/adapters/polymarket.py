"""Polymarket as the executor's venue: the library signs, we send and keep the raw answers."""

import math
from collections.abc import Mapping, Sequence

import aiohttp

from polycopy.executor.adapters.answers import answer_of
from polycopy.executor.adapters.clob import OK, Clob, RawAnswer
from polycopy.executor.adapters.markets import ClobMarkets
from polycopy.executor.adapters.signing import Signer
from polycopy.executor.adapters.turnstile import Held
from polycopy.executor.core.answers import Answer, NotSent, Placed, Unknown
from polycopy.executor.ports import MayLeave, always
from polycopy.polymarket import cancel_answer, order_body, order_hash
from polycopy.polymarket.balance_query import UPDATE_PATH, balance_query
from polycopy.polymarket.cancel_answer import CancelAnswer
from polycopy.polymarket.cancel_body import CANCELS_MAX, build_cancel
from polycopy.polymarket.clob import FIRST_CURSOR, LAST_CURSOR
from polycopy.polymarket.look_answer import NoOrder, read_order, read_trades
from polycopy.polymarket.reports import OrderReport, TradeReport
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.errors import Permanent, Transient
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId
from polycopy.schemas.orders import OrderRequested
from polycopy.schemas.terms import UncertainCode, VenueAccount
from polycopy.trading.approval import ApprovedOrder

_TRADES_BEFORE_S = 10
"""The venue's clock may be behind ours: look this much further back."""
_PAGES_MAX = 50


class PolymarketVenue:
    """Orders of the one wallet whose key the signer holds."""

    def __init__(
        self, clob: Clob, markets: ClobMarkets, signer: Signer, *, account: VenueAccount
    ) -> None:
        self._clob = clob
        self._markets = markets
        self._signer = signer
        self.account = account

    async def warm(self, condition_id: ConditionId, token_id: TokenId) -> None:
        await self._signer.warm(token_id)
        await self._markets.rules(condition_id)

    async def prepare(self, order: ApprovedOrder) -> tuple[VenueOrderId, str]:
        rules = await self._markets.rules(order.condition_id)
        if rules is None:
            raise Transient(f"the venue does not know the market {order.condition_id}")
        post = await self._signer.sign(order)
        fields = post.fields
        if (fields.maker_amount, fields.taker_amount) != (order.maker_micros, order.taker_micros):
            # What was signed must be what was checked and locked.
            raise Permanent(
                f"the library signed {fields.maker_amount} for {fields.taker_amount}, "
                f"approved were {order.maker_micros} for {order.taker_micros}"
            )
        exchange = order_hash.exchange_for(order.token_id, neg_risk=rules.neg_risk)
        venue_order_id = order_hash.order_id(
            fields, exchange=exchange, chain_id=self.account.chain_id
        )
        return venue_order_id, order_body.build_post_body(post).decode()

    async def send(self, request: OrderRequested, may_leave: MayLeave = always) -> Answer:
        try:
            raw = await self._clob.post(
                order_body.PATH, request.request_body.encode(), may_leave=may_leave
            )
        except Held as held:
            return NotSent(detail=str(held), retry_after_s=math.ceil(held.after_s))
        except TimeoutError:
            return Unknown(code=UncertainCode.TIMEOUT)
        except aiohttp.ClientError as error:
            return Unknown(code=UncertainCode.CONNECTION, detail=repr(error))
        return answer_of(request, raw.status, raw.body, retry_after_s=raw.notice.retry_after_s)

    async def find(self, request: OrderRequested) -> Placed | None:
        raw = await self._clob.get(f"/data/order/{request.venue_order_id}", signed=True)
        match read_order(raw.status, raw.body, request.venue_order_id):
            case OrderReport() as report:
                return _adopt(report.status_text.lower(), "order", raw)
            case NoOrder():
                return await self._find_trade(request)
            case Unreadable(reason=reason):
                raise Transient(f"the venue's answer to the look for an order: {reason}")

    async def cancel(self, orders: Sequence[VenueOrderId]) -> Mapping[VenueOrderId, CancelAnswer]:
        answers: dict[VenueOrderId, CancelAnswer] = {}
        waiting = list(dict.fromkeys(orders))
        while waiting:
            at_once = min(CANCELS_MAX, self._clob.cancels_at_once())
            answers |= await self._cancel(waiting[:at_once])
            waiting = waiting[at_once:]
        return answers

    async def _cancel(self, orders: Sequence[VenueOrderId]) -> dict[VenueOrderId, CancelAnswer]:
        try:
            raw = await self._clob.delete(*build_cancel(orders), orders=len(orders))
        except Held as held:
            return cancel_answer.unknown(orders, f"not sent: {held}")
        except (aiohttp.ClientError, TimeoutError) as error:
            return cancel_answer.unknown(orders, f"no answer: {error!r}")
        return cancel_answer.read_cancel(raw.status, raw.body, orders)

    async def refresh_balance(self, token_id: TokenId | None) -> None:
        query = balance_query(token_id, signature_type=self._signer.signature_type)
        raw = await self._clob.get(UPDATE_PATH, query, signed=True)
        if raw.status != OK:
            raise Transient(f"the venue answers GET {UPDATE_PATH} with {raw.status}")

    async def _find_trade(self, request: OrderRequested) -> Placed | None:
        """A FAK leaves no order behind; only its trades tell of it."""
        after_s = request.requested_at_ms // 1000 - _TRADES_BEFORE_S
        cursor = FIRST_CURSOR
        for _ in range(_PAGES_MAX):
            raw = await self._clob.get(
                "/data/trades",
                {
                    "market": request.condition_id,
                    "after": str(after_s),
                    "next_cursor": cursor,
                },
                signed=True,
            )
            page = read_trades(raw.status, raw.body)
            if isinstance(page, Unreadable):
                raise Transient(f"the venue's answer to the look for trades: {page.reason}")
            if any(_took_part(trade, request.venue_order_id) for trade in page.rows):
                return _adopt("matched", "trades", raw)
            if page.unreadable or any("" in trade.unread_makers for trade in page.rows):
                raise Transient("a trade could not be read: it might be ours")
            if page.next_cursor == LAST_CURSOR:
                return None
            cursor = page.next_cursor
        raise Transient("more trades than can be looked through")


def _adopt(status: str, how: str, raw: RawAnswer) -> Placed:
    return Placed(status=status, adopted=how, answer=raw.body.decode(errors="replace"))


def _took_part(trade: TradeReport, venue_order_id: VenueOrderId) -> bool:
    makers = (leg.venue_order_id for leg in trade.maker_orders)
    return venue_order_id in (trade.taker_order_id, *makers, *trade.unread_makers)
