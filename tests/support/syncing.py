"""status-sync before a venue whose clock and faults a test moves. The executor's part is played by
hand: requests into the log, bytes to the venue, answers to cancels.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec

from polycopy.polymarket.reports import TradeReport
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas import subjects
from polycopy.schemas.control import OrderJudged, OrderReconcileAsked, VenueName
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.event import Event, encode
from polycopy.schemas.ids import ConditionId, EventId, OrderId, StrategyId, VenueOrderId
from polycopy.schemas.money import MICROS
from polycopy.schemas.orders import (
    CapitalDeposited,
    ExecutorEpochStarted,
    OrderCancelAnswered,
    OrderEvent,
    OrderPlaced,
    OrderRequested,
)
from polycopy.schemas.terms import CancelVerdict, FeeCurve, VenueAccount
from polycopy.status_sync.adapters.rest import ClobReports, open_reports
from polycopy.status_sync.core import ledger
from polycopy.status_sync.core.hearing import Connected, Lost
from polycopy.status_sync.core.reconcile import Report
from polycopy.status_sync.core.rules import Rules
from polycopy.status_sync.ports import Asked
from polycopy.status_sync.service.status_sync import StatusSync
from polycopy.trading.account_state import Account
from polycopy.trading.invariants import check
from polycopy.trading.order_state import Order
from tests.support.directing import BOOK, STANDING, START_US, Control, directing
from tests.support.executing import account_of, events_of
from tests.support.hand_clock import HandClock, WrongClock
from tests.support.paper_venue import Trader, Wish, order_bytes
from tests.support.signalling import LIVE
from tests.support.trading import EVIDENCE

RULES = Rules()
COUNTS_MS = RULES.resend_max_ms + RULES.lost_grace_ms
"""So long after its request denials of an order begin to count."""
_NO_FEE = FeeCurve()
_VERDICTS = {
    "not found": CancelVerdict.NOT_FOUND,
    "matched": CancelVerdict.MATCHED,
    "pending": CancelVerdict.PENDING,
}


class Quiet:
    """A socket that tells nothing; what it is told to give up is kept."""

    def __init__(self) -> None:
        self.given_up: list[str] = []

    async def listen(self) -> AsyncIterator[Connected | Lost | Sequence[Report]]:
        yield Connected()

    def reconnect(self, why: str) -> None:
        self.given_up.append(why)


class Stage:
    """An account that exists in the log, a wallet that the venue knows, and status-sync, which asks
    when it is told to. `clock` is the venue's, too."""

    def __init__(
        self,
        control: Control,
        log: Log,
        trader: Trader,
        reports: ClobReports,
        clock: HandClock,
    ) -> None:
        self.control = control
        self.log = log
        self.its_log = log
        """The log as status-sync has it."""
        self.trader = trader
        self.clock = clock
        self.its_clock = WrongClock(clock)
        """The clock as status-sync has it."""
        self.told = Quiet()
        self.asked: Asked = reports
        self.sync = self.restarted()

    def restarted(self, rules: Rules = RULES) -> StatusSync:
        """status-sync as it is after its process was killed: it knows what the log knows."""
        self.sync = StatusSync(
            self.its_log, LIVE, asked=self.asked, told=self.told, clock=self.its_clock, rules=rules
        )
        return self.sync

    async def open(self) -> None:
        """Capital, an executor, and status-sync at work."""
        deposit = CapitalDeposited(
            account=LIVE, strategy_id=StrategyId("copy"), amount_micros=100 * MICROS
        )
        await self.say(deposit)
        await self.epoch()
        await self.connect()

    async def epoch(self) -> None:
        """Another executor takes over."""
        signer = self.trader.key.address
        whose = VenueAccount(
            venue=VenueName.POLYMARKET,
            host=urlsplit(self.control.running.urls["clob"]).hostname or "",
            chain_id=137,
            wallet=signer,
            signer=signer,
        )
        number = (await self.account()).epoch + 1
        await self.say(
            ExecutorEpochStarted(
                account=LIVE, epoch=number, instance=f"e{number}", venue_account=whose
            )
        )

    async def connect(self) -> None:
        """status-sync starts, and its socket connects."""
        await self.sync.start()
        await self.sync.heed(Connected())
        await self.sync.ask()

    async def elapse(self, ms: int) -> None:
        """Time passes, here and at the venue."""
        await self.control.advance(ms)
        self.clock.advance(ms)

    async def rounds(self, count: int, every_ms: int = RULES.lost_interval_ms) -> None:
        """So many rounds of questions, each after a while, whether they fail or not."""
        for _ in range(count):
            await self.elapse(every_ms)
            try:
                await self.sync.ask()
            except Transient:
                continue

    async def say(self, *events: OrderEvent) -> None:
        """What an executor appends."""
        for event in events:
            held = ledger.initial(LIVE)
            for recorded in await self.log.read([subjects.account_filter(LIVE)]):
                held = ledger.evolve(held, recorded)
            new = ledger.entry(held, event, self.clock.now_ms())
            await self.log.append(new, expected=held.sequence)

    async def request(self, wish: Wish, name: str = "a", fee: FeeCurve = _NO_FEE) -> bytes:
        """The intent, in the log with its bytes. Gives them; nothing is sent."""
        body, venue_order_id = order_bytes(self.trader.key, self.trader.credentials, wish)
        event = OrderRequested(
            order_id=OrderId(name),
            account=LIVE,
            strategy_id=StrategyId("copy"),
            signal_id=EventId(f"signal-{name}"),
            trade_id=EventId(f"trade-{name}"),
            venue=VenueName.POLYMARKET,
            venue_order_id=VenueOrderId(venue_order_id),
            condition_id=self._condition(wish),
            token_id=wish.token_id,
            side=wish.side,
            order_type=wish.order_type,
            size_micros=wish.taker_amount,
            notional_micros=wish.maker_amount,
            limit_price_micros=wish.maker_amount * MICROS // wish.taker_amount,
            lock_micros=wish.maker_amount,
            fee=fee,
            evidence=EVIDENCE,
            requested_at_ms=self.clock.now_ms(),
            request_body=body.decode(),
        )
        await self.say(event)
        return body

    async def post(self, body: bytes) -> dict[str, Any]:
        """The bytes to the venue."""
        _, answer = await self.trader.signed("POST", "/order", body)
        given: dict[str, Any] = answer
        return given

    async def place(self, wish: Wish, name: str = "a") -> None:
        """An order that the venue took, and that the log says so of."""
        answer = await self.post(await self.request(wish, name))
        assert answer["success"], answer
        now_ms = self.clock.now_ms()
        await self.say(
            OrderPlaced(
                order_id=OrderId(name),
                venue_order_id=answer["orderID"],
                status=answer["status"],
                sent_at_ms=now_ms,
                placed_at_ms=now_ms,
            )
        )

    async def answer_cancel(self, name: str = "a") -> CancelVerdict:
        """The executor sends the cancel that is asked for, and writes down what comes of it."""
        order = await self.order(name)
        assert order.cancel_requested_at_ms
        assert order.cancel_verdict is None
        body = msgspec.json.encode({"orderID": order.venue_order_id})
        _, answer = await self.trader.signed("DELETE", "/order", body)
        reason = str(answer["not_canceled"].get(order.venue_order_id, "")).lower()
        found = [verdict for word, verdict in _VERDICTS.items() if word in reason]
        verdict = found[0] if reason else CancelVerdict.CANCELLED
        now_ms = self.clock.now_ms()
        await self.say(
            OrderCancelAnswered(
                order_id=order.order_id, verdict=verdict, cancel_answered_at_ms=now_ms
            )
        )
        return verdict

    async def wish(self, wish: OrderReconcileAsked | OrderJudged) -> Recorded:
        """What the operator appends."""
        last = await self.log.last(f"control.order.{wish.order_id}.*")
        origin = Origin(source="cli", time_ms=self.clock.now_ms(), causation_id="operator")
        key = encode(wish).decode()
        new = draft(wish, subject=subjects.subject_of(wish), origin=origin, key=key)
        sequence = await self.log.append(new, expected=last.sequence if last else 0)
        recorded = await self.log.at(sequence)
        assert recorded is not None
        return recorded

    async def trades(self) -> list[TradeReport]:
        """What the venue lists of our trades."""
        return [trade async for page in self.asked.trades(0) for trade in page]

    async def account(self) -> Account:
        return await account_of(self.log, LIVE)

    async def order(self, name: str = "a") -> Order:
        return (await self.account()).orders[OrderId(name)]

    async def said(self, *kinds: type[Event]) -> list[Event]:
        """The account's events of these kinds."""
        return [event for event in await events_of(self.log, LIVE) if isinstance(event, kinds)]

    def _condition(self, wish: Wish) -> ConditionId:
        return self.control.running.venue.desk.exchange.conditions[wish.token_id]


@asynccontextmanager
async def staged(log: Log, text: str = STANDING + BOOK) -> AsyncIterator[Stage]:
    """A stage on which everything is open."""
    clock = HandClock(START_US // 1_000)
    async with directing(text) as control:
        trader = await control.trader()
        async with open_reports(
            control.running.urls["clob"], trader.credentials, timeout_s=5, clock=clock
        ) as reports:
            stage = Stage(control, log, trader, reports, clock)
            await stage.open()
            yield stage


async def keeps_the_laws(log: Log) -> None:
    """The account's money adds up after each of its events."""
    assert check(LIVE, await events_of(log, LIVE)) == []  # type: ignore[arg-type]  # order events
