"""What the venue wants of the world, and what the world may ask of the venue."""

from typing import Protocol

from polycopy.paper_venue.core.messages import Answer, Request


class Clock(Protocol):
    """Microseconds since the epoch."""

    def now_us(self) -> int: ...


class Outlet(Protocol):
    """The sending end of one websocket. `send` never waits: too slow a reader is cut off."""

    def send(self, text: str) -> None: ...

    def close(self) -> None: ...


class Venue(Protocol):
    """What the adapters may ask for. A socket's message comes with the outlet it came through."""

    def now_us(self) -> int: ...

    async def answer(self, request: Request) -> Answer: ...

    def note(self, method: str, path: str, answer: Answer, received_at_us: int) -> None: ...

    def user_said(self, outlet: Outlet, text: str) -> None: ...

    def market_said(self, outlet: Outlet, text: str) -> None: ...

    def rtds_said(self, outlet: Outlet, text: str) -> None: ...

    def came(self, outlet: Outlet) -> bool:
        """A connection; False where it is to be broken at once."""

    def gone(self, outlet: Outlet) -> None: ...


class Director(Protocol):
    """What the control port may ask for: bodies of JSON."""

    def status(self) -> bytes: ...

    def next_trade(self) -> bytes: ...

    def journal(self) -> bytes: ...


class RpcNode(Protocol):
    """What the JSON-RPC port may ask for."""

    def now_us(self) -> int: ...

    async def answer(self, request: Request) -> Answer: ...

    def note(self, method: str, path: str, answer: Answer, received_at_us: int) -> None: ...

    def rpc_said(self, outlet: Outlet, raw: bytes) -> None: ...

    def gone(self, outlet: Outlet) -> None: ...
