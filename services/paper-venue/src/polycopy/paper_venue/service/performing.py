"""Commands at the venue: who decides each, and what follows from it."""

from collections.abc import Callable
from typing import assert_never

from polycopy.paper_venue.core.control import directing, interventions, movements, terms
from polycopy.paper_venue.core.control.directing import Effects, Outcome
from polycopy.paper_venue.core.control.staging import Dice
from polycopy.paper_venue.core.engine.facts import TradeStatus
from polycopy.paper_venue.core.scenarios import commands
from polycopy.paper_venue.core.scenarios.commands import AnyCommand
from polycopy.paper_venue.core.scenarios.scenario import VenueTable
from polycopy.paper_venue.service.venue import PaperVenue

_OnChain = commands.LeaderTrade | commands.Split | commands.Merge | commands.Redeem
_OnMarkets = (
    commands.AddMarket
    | commands.SetTick
    | commands.SetMarket
    | commands.Resolve
    | commands.PutBook
    | commands.Take
    | commands.CancelOrders
)


class Performer:
    """Does one command at a time. `pace`: emit the leaders' trades by the clock; `dice`: chance for
    books that are made up. `terms` are what is true of the whole venue now."""

    def __init__(self, venue: PaperVenue, dice: Dice, pace: Callable[[int], None]) -> None:
        self.terms = VenueTable()
        self._venue = venue
        self._dice = dice
        self._pace = pace
        self._moves = 0

    def settle(self, said: VenueTable) -> None:
        """From now on this is true of the whole venue; trades on their way go on as they are."""
        venue = self._venue
        self.terms = said
        venue.settling.terms = terms.settlement_terms(said)
        venue.library.delay = terms.index_delay(said)
        venue.desk.newcomers = terms.newcomers(said)
        silence_ms = said.heartbeat_silence_ms
        venue.pipeline.turn(said.rate_limits, tier=said.tier, silence_ms=silence_ms)

    def perform(self, command: AnyCommand) -> str:
        """Why it cannot be done; empty where it is done."""
        match command:
            case commands.Next():
                return self._next(command.count)
            case commands.SetPace():
                self._pace(command.ms)
            case commands.AdvanceClock():
                self._venue.agenda.advance(command.ms)
            case commands.Note():
                pass  # It stands in the journal.
            case commands.Restart():
                self._venue.rpc.disconnect()
                self._venue.restarts.restart(command)
            case commands.Disconnect():
                self._venue.disconnect(command.socket)
            case commands.SetVenue():
                return self._set_venue(command)
            case commands.SetWallet():
                return self._set_wallet(command)
            case commands.Settle():
                return self._settle(command)
            case (
                commands.SetFault()
                | commands.ClearFaults()
                | commands.Mode()
                | commands.RestartEngine()
            ):
                self._venue.pipeline.steer(command, self._venue.now_us())
            case _:
                return self._have(self._decided(command))
        return ""

    def _decided(self, command: _OnMarkets | _OnChain) -> Outcome:
        exchange, at_us = self._venue.desk.exchange, self._venue.now_us()
        match command:
            case commands.AddMarket():
                return interventions.add_market(exchange, command, self._dice, at_us)
            case commands.SetTick():
                return directing.set_tick(exchange, command, at_us)
            case commands.SetMarket():
                return directing.set_market(exchange, command, at_us)
            case commands.Resolve():
                return directing.resolve(exchange, command, at_us)
            case commands.PutBook():
                return directing.put_book(exchange, command, at_us)
            case commands.Take():
                return interventions.take(exchange, command, at_us)
            case commands.CancelOrders():
                return interventions.cancel_orders(exchange, command, at_us)
            case _:
                return self._moved(command)

    def _moved(self, command: _OnChain) -> Outcome:
        """Each has a number, from which its transaction's hash follows."""
        self._moves += 1
        exchange, at_us = self._venue.desk.exchange, self._venue.now_us()
        ledger = self._venue.settling.ledger
        match command:
            case commands.LeaderTrade():
                return movements.leader_trade(exchange, command, self._moves, at_us)
            case commands.Split():
                return movements.split(exchange, command, self._moves, at_us)
            case commands.Merge():
                return movements.merge(exchange, ledger, command, self._moves, at_us)
            case commands.Redeem():
                return movements.redeem(exchange, ledger, command, self._moves, at_us)
            case _:
                assert_never(command)

    def _have(self, outcome: Outcome) -> str:
        """Let it happen, tell it, and bring to the chain what belongs there."""
        if isinstance(outcome, str):
            return outcome
        self._venue.desk.direct(outcome.facts, self._venue.now_us())
        self._venue.tell()
        for settled in outcome.settled:
            self._venue.settling.put_on_chain(settled)
        for transaction in outcome.led:
            self._venue.settling.lead(transaction)
        return ""

    def _next(self, count: int) -> str:
        for _ in range(count):
            if self._venue.next_trade()["done"]:
                return "the source has no more trades"
        return ""

    def _set_venue(self, command: commands.SetVenue) -> str:
        try:
            self.settle(terms.changed(self.terms, command))
        except ValueError as error:
            return str(error)
        return ""

    def _set_wallet(self, command: commands.SetWallet) -> str:
        desk, at_us = self._venue.desk, self._venue.now_us()
        opened = interventions.opened(desk.exchange, command, desk.newcomers)
        if isinstance(opened, str):
            return opened
        if opened is not None:
            self._have(Effects(facts=(opened,)))
        error = self._have(directing.set_wallet(desk.exchange, command, at_us)) or self._have(
            interventions.set_shares(desk.exchange, command, at_us)
        )
        if not error:
            self._venue.pipeline.steer(command, at_us)
        return error

    def _settle(self, command: commands.Settle) -> str:
        status = TradeStatus(command.status)
        batches = interventions.on_their_way(self._venue.desk.exchange, command.trade_id, status)
        if isinstance(batches, str):
            return batches
        for batch in batches:
            self._venue.settling.advance(batch, status)
        return ""
