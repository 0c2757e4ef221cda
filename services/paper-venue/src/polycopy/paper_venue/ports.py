"""What the venue wants of the world, and what the world may ask of the venue."""

from typing import Protocol

from polycopy.paper_venue.core.control.journal import Tally
from polycopy.paper_venue.core.protocol.messages import Answer, Request
from polycopy.paper_venue.core.scenarios.scenario import Scenario


class NotDone(Exception):  # noqa: N818 - the words say it
    """What a director asked for cannot be: `status` 400, it cannot be understood; 409, not now."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class Clock(Protocol):
    """Microseconds since the epoch."""

    def now_us(self) -> int: ...


class Outlet(Protocol):
    """The sending end of one websocket. `send` never waits: too slow a reader is cut off."""

    def send(self, text: str) -> None: ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """After what was sent. `code`, `reason`: what the connection ends with (RFC 6455)."""


class Venue(Protocol):
    """What the adapters may ask for. A socket's message comes with the outlet it came through."""

    def now_us(self) -> int: ...

    def wall_us(self) -> int:
        """By this machine's clock, which nobody moves."""

    async def answer(self, request: Request) -> Answer: ...

    def note(
        self, method: str, path: str, answer: Answer, received_at_us: int, wallet: str = ""
    ) -> None: ...

    def user_said(self, outlet: Outlet, text: str) -> None: ...

    def market_said(self, outlet: Outlet, text: str) -> None: ...

    def rtds_said(self, outlet: Outlet, text: str) -> None: ...

    def came(self, outlet: Outlet, socket: str) -> Tally | None:
        """A connection of a channel; where its messages are counted. None: it is to be broken."""

    def gone(self, outlet: Outlet) -> None: ...


class Director(Protocol):
    """What the control port may ask for. Bodies of JSON; a NotDone says what is wrong."""

    def status(self) -> bytes: ...

    def next_trade(self) -> bytes: ...

    def journal(self) -> bytes: ...

    def page(self, kind: str, since: int, limit: int) -> bytes: ...

    def do(self, raw: bytes) -> bytes: ...

    def clock(self) -> bytes: ...

    def move_clock(self, raw: bytes) -> bytes: ...

    def faults(self) -> bytes: ...

    def scenario(self) -> bytes: ...

    def load(self, raw: bytes) -> bytes: ...


class Ready(Protocol):
    """The scenarios that come with the venue."""

    def ready(self) -> dict[str, str]:
        """Names, and what each is."""

    def named(self, name: str) -> Scenario:
        """A Halt where there is none of that name."""


class RpcNode(Protocol):
    """What the JSON-RPC port may ask for."""

    def now_us(self) -> int: ...

    async def answer(self, request: Request) -> Answer: ...

    def note(self, method: str, path: str, answer: Answer, received_at_us: int) -> None: ...

    def came(self, outlet: Outlet) -> Tally | None:
        """A connection; where its messages are counted. None: it is to be broken."""

    def rpc_said(self, outlet: Outlet, raw: bytes) -> None: ...

    def gone(self, outlet: Outlet) -> None: ...
