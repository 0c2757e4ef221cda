"""The control port's side of the direction: bodies of JSON in and out."""

from typing import TypeVar

import msgspec

from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.scenarios import scenario_file
from polycopy.paper_venue.core.scenarios.commands import AdvanceClock
from polycopy.paper_venue.core.scenarios.scenario import Scenario
from polycopy.paper_venue.core.scenarios.scenario_file import ScenarioFault
from polycopy.paper_venue.core.scenarios.units import MS_MAX
from polycopy.paper_venue.ports import NotDone, Ready
from polycopy.paper_venue.service.direction import BY_CONTROL, Direction
from polycopy.paper_venue.service.venue import PaperVenue
from polycopy.runtime.errors import Halt

_WRONG, _NOT_NOW = 400, 409
Asked = TypeVar("Asked")


class _Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /control/clock`: by so many milliseconds, or up to a time."""

    advance_ms: int | None = None
    to_us: int | None = None


class _Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class Console:
    """Implements the port `Director`. `ready`: the ready scenarios by name."""

    def __init__(self, direction: Direction, ready: Ready) -> None:
        self._direction = direction
        self._ready = ready

    @property
    def _venue(self) -> PaperVenue:
        """Whichever plays now."""
        return self._direction.venue

    def status(self) -> bytes:
        phase = self._venue.pipeline.modes.at(self._venue.now_us())
        more = {
            "mode": phase.mode,
            "steps_left": self._direction.steps_left,
            "sockets": dict(self._venue.journal.sockets),
        }
        return wire.encode({**self._venue.told(), **more})

    def next_trade(self) -> bytes:
        return wire.encode(self._venue.next_trade())

    def journal(self) -> bytes:
        return self._venue.journal.body()

    def page(self, kind: str, since: int, limit: int) -> bytes:
        """`sockets` are few, and whole on every page."""
        journal = self._venue.journal
        if kind == "sockets":
            return wire.encode({"sockets": dict(journal.sockets)})
        page = journal.page(kind, since, limit)
        if page is None:
            kinds = ", ".join((*journal.kinds, "sockets"))
            raise NotDone(f"the journal has no {kind!r}: its kinds are {kinds}", status=_WRONG)
        return page

    def do(self, raw: bytes) -> bytes:
        """All or the first: what was done stays done."""
        try:
            commands = scenario_file.commands(scenario_file.of_json(raw))
        except ScenarioFault as fault:
            raise NotDone(str(fault), status=_WRONG) from fault
        done, error = self._direction.do(commands, BY_CONTROL)
        if error:
            raise NotDone(f"command {done + 1}: {error}", status=_NOT_NOW)
        return wire.encode({"done": done})

    def clock(self) -> bytes:
        venue = self._venue
        return wire.encode(
            {
                "now_us": venue.now_us(),
                "stands": venue.clock.stands,
                "due": len(venue.agenda),
                "next_us": venue.agenda.next_us,
            }
        )

    def move_clock(self, raw: bytes) -> bytes:
        move = _read(raw, _Move)
        if (move.advance_ms is None) == (move.to_us is None):
            raise NotDone("say advance_ms or to_us", status=_WRONG)
        if move.advance_ms is not None:
            ms = move.advance_ms
        else:
            ms = -(-((move.to_us or 0) - self._venue.now_us()) // 1000)
        if not 0 <= ms <= MS_MAX:
            raise NotDone(f"the clock moves ahead, by at most {MS_MAX} ms", status=_WRONG)
        self._direction.do([AdvanceClock(ms=ms)], BY_CONTROL)
        return self.clock()

    def faults(self) -> bytes:
        return wire.encode({"faults": self._venue.pipeline.faults.snapshot()})

    def scenario(self) -> bytes:
        """What was loaded, and the markets as they are now."""
        books = self._venue.desk.exchange.books.values()
        return wire.encode(
            {
                "scenario": scenario_file.tables_of(self._direction.scenario),
                "markets": [_market(book.market) for book in books],
                "ready": self._ready.ready(),
            }
        )

    def load(self, raw: bytes) -> bytes:
        """A scenario as TOML or as JSON, what `GET` told of one, or the name of a ready one:
        `{"name": "rough-day"}`."""
        try:
            self._direction.load(self._scenario(raw))
        except (ScenarioFault, Halt) as fault:
            raise NotDone(str(fault), status=_WRONG) from fault
        return self.scenario()

    def _scenario(self, raw: bytes) -> Scenario:
        if not raw.strip():
            raise NotDone("the body is empty: send a scenario", status=_WRONG)
        if not raw.lstrip().startswith(b"{"):
            try:
                return scenario_file.parse(raw.decode())
            except UnicodeDecodeError as error:
                raise NotDone("the scenario is no text in UTF-8", status=_WRONG) from error
        body = scenario_file.of_json(raw)
        if "name" in body:
            return self._ready.named(_read(raw, _Named).name)
        told = body.get("scenario")
        return scenario_file.of_tables(told if isinstance(told, dict) else body)


def _market(market: Market) -> wire.Body:
    return {
        "slug": market.slug,
        "condition_id": market.condition_id,
        "tokens": [
            {"token_id": token.token_id, "outcome": token.outcome} for token in market.tokens
        ],
    }


def _read(raw: bytes, kind: type[Asked]) -> Asked:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.MsgspecError as error:
        raise NotDone(str(error), status=_WRONG) from error
