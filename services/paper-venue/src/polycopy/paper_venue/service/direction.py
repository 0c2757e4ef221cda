"""The director at work: a scenario's steps at their times, and commands from the control port.

A command is done in the same turn of the loop in which it falls due: what a step orders after the
third order has happened before the answer to that order goes out. A scenario's steps and faults are
the director's and not the venue's, so a venue that loses its memory does not forget them.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from polycopy.paper_venue.core.control import staging
from polycopy.paper_venue.core.control.journal import Done
from polycopy.paper_venue.core.engine.facts import (
    AnyFact,
    OrderAccepted,
    OrderDelayed,
    TradeMatched,
)
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.scenarios import scenario_file
from polycopy.paper_venue.core.scenarios.commands import AnyCommand, Next, Restart
from polycopy.paper_venue.core.scenarios.scenario import Scenario, Step
from polycopy.paper_venue.core.sources.script import Script
from polycopy.paper_venue.ports import Clock
from polycopy.paper_venue.service.building import venue_of
from polycopy.paper_venue.service.house import House
from polycopy.paper_venue.service.performing import Performer
from polycopy.paper_venue.service.venue import PaperVenue

Stage = Callable[[Scenario], Script]
"""What a scenario plays. A Halt says what does not fit."""
DiceOf = Callable[[str], staging.Dice]
"""Chance from a seed."""
BY_SCENARIO, BY_CONTROL = "scenario", "control"


class _Planned(msgspec.Struct, kw_only=True, eq=False):
    """A step that is to be done (again). `due_us` 0: it waits for a count."""

    number: int
    step: Step
    due_us: int = 0
    done: int = 0


class Direction:
    """The director of whichever venue plays in the house. Lives inside the venue's loop."""

    def __init__(
        self, house: House, scenario: Scenario, clock: Clock, *, stage: Stage, dice_of: DiceOf
    ) -> None:
        self.scenario = scenario
        self._house = house
        self._clock = clock
        self._stage = stage
        self._dice_of = dice_of
        self._planned: list[_Planned] = []
        self._watching = False
        self._rhythm = 0
        self._count()

    @property
    def venue(self) -> PaperVenue:
        return self._house.venue

    def start(self) -> None:
        """What the scenario orders at its start, and its steps."""
        scenario, venue = self.scenario, self.venue
        venue.watch = self._watch
        self._performer = Performer(venue, self._dice_of(scenario.seed), self._set_pace)
        self._performer.settle(scenario.venue)
        self._order(scenario.opening)
        now_us = venue.now_us()
        for number, step in enumerate(scenario.steps, start=1):
            at_ms = step.timing.at_ms
            due_us = 0 if at_ms is None else now_us + at_ms * 1000
            self._plan(_Planned(number=number, step=step, due_us=due_us))
        self._catch_up()
        self._set_pace(scenario.source.pace_ms)

    def do(self, commands: Sequence[AnyCommand], by: str) -> tuple[int, str]:
        """One after the other, up to the first that cannot be done: how many were, and why the
        next was not."""
        for number, command in enumerate(commands):
            error = self._perform(command, by)
            if error:
                return number, error
        return len(commands), ""

    def load(self, scenario: Scenario) -> None:
        """Another scenario from its start, in the same house and with the same journal. A Halt
        says what does not fit; then nothing has happened."""
        old = self.venue
        script = self._stage(scenario)
        old.journal.loads += 1
        venue = venue_of(scenario, script, self._clock, after=old)
        old.restarts.restart(Restart())
        old.rpc.disconnect()
        old.agenda.clear()
        self._planned.clear()
        self._rhythm += 1
        self._count()
        self.scenario = scenario
        self._house.venue = venue
        body: wire.Body = {"do": "load", "scenario": scenario_file.tables_of(scenario)}
        done = Done(at_us=venue.now_us(), by=BY_CONTROL, command=body)
        venue.journal.commands.append(done)
        self.start()

    @property
    def steps_left(self) -> int:
        return len(self._planned)

    def _count(self) -> None:
        """From the start of a scenario."""
        self._orders = self._fills = 0

    def _order(self, commands: Iterable[AnyCommand]) -> None:
        for command in commands:
            self._perform(command, BY_SCENARIO)

    def _perform(self, command: AnyCommand, by: str) -> str:
        venue, at_us = self.venue, self.venue.now_us()
        error = self._performer.perform(command)
        body = scenario_file.command_table(command)
        venue.journal.commands.append(Done(at_us=at_us, by=by, command=body, error=error))
        if isinstance(command, Restart) and not command.memory:
            # Faults have not been forgotten: switched on again they would count anew.
            self._order(wallet.command() for wallet in self.scenario.wallets)
        return error

    def _plan(self, planned: _Planned) -> None:
        self._planned.append(planned)
        if planned.due_us:
            self.venue.agenda.at(planned.due_us, lambda: self._when_due(planned))

    def _when_due(self, planned: _Planned) -> None:
        if planned in self._planned:
            self._take_step(planned)

    def _take_step(self, planned: _Planned) -> None:
        """Do it, and plan it again where it comes again."""
        timing = planned.step.timing
        self._planned.remove(planned)
        planned.done += 1
        if timing.every_ms and (not timing.times or planned.done < timing.times):
            planned.due_us = self.venue.now_us() + timing.every_ms * 1000
            self._plan(planned)
        self._perform(planned.step.command, f"step {planned.number}")

    def _watch(self, facts: Sequence[AnyFact]) -> None:
        self._orders += sum(isinstance(fact, OrderAccepted | OrderDelayed) for fact in facts)
        self._fills += sum(isinstance(fact, TradeMatched) for fact in facts)
        self._catch_up()

    def _catch_up(self) -> None:
        """Steps whose count is reached. A step's own effects are looked at when it is done."""
        if self._watching:
            return
        self._watching = True
        try:
            while (due := next(filter(self._is_reached, self._planned), None)) is not None:
                self._take_step(due)
        finally:
            self._watching = False

    def _is_reached(self, planned: _Planned) -> bool:
        if planned.due_us:
            return False
        timing = planned.step.timing
        counts = (
            (timing.after_trades, self.venue.emitted),
            (timing.after_orders, self._orders),
            (timing.after_fills, self._fills),
        )
        return all(wanted is None or counted >= wanted for wanted, counted in counts)

    def _set_pace(self, pace_ms: int) -> None:
        """Emit at this pace from now on; what was planned before is off."""
        self._rhythm += 1
        if pace_ms:
            self._emit_after(pace_ms, self._rhythm)

    def _emit_after(self, pace_ms: int, rhythm: int) -> None:
        def emit() -> None:
            if rhythm != self._rhythm or self.venue.emitted >= self.venue.script.total:
                return
            self._emit_after(pace_ms, rhythm)
            self._performer.perform(Next())

        self.venue.agenda.after(pace_ms, emit)
