"""Where a venue plays: the addresses stay when another venue takes the place of the first."""

from polycopy.paper_venue.core.control.journal import Tally
from polycopy.paper_venue.core.protocol.messages import Answer, Request
from polycopy.paper_venue.ports import Outlet
from polycopy.paper_venue.service.venue import PaperVenue


class House:
    """Implements the port `Venue` with whichever venue plays now; `node` is the port `RpcNode`."""

    def __init__(self, venue: PaperVenue) -> None:
        self.venue = venue
        self.node = _Node(self)

    def now_us(self) -> int:
        return self.venue.now_us()

    def wall_us(self) -> int:
        return self.venue.wall_us()

    async def answer(self, request: Request) -> Answer:
        return await self.venue.answer(request)

    def note(
        self, method: str, path: str, answer: Answer, received_at_us: int, wallet: str = ""
    ) -> None:
        self.venue.note(method, path, answer, received_at_us, wallet)

    def user_said(self, outlet: Outlet, text: str) -> None:
        self.venue.user_said(outlet, text)

    def market_said(self, outlet: Outlet, text: str) -> None:
        self.venue.market_said(outlet, text)

    def rtds_said(self, outlet: Outlet, text: str) -> None:
        self.venue.rtds_said(outlet, text)

    def came(self, outlet: Outlet, socket: str) -> Tally | None:
        return self.venue.came(outlet, socket)

    def gone(self, outlet: Outlet) -> None:
        self.venue.gone(outlet)


class _Node:
    def __init__(self, house: House) -> None:
        self._house = house

    def now_us(self) -> int:
        return self._house.venue.rpc.now_us()

    async def answer(self, request: Request) -> Answer:
        return await self._house.venue.rpc.answer(request)

    def note(self, method: str, path: str, answer: Answer, received_at_us: int) -> None:
        self._house.venue.rpc.note(method, path, answer, received_at_us)

    def came(self, outlet: Outlet) -> Tally | None:
        return self._house.venue.rpc.came(outlet)

    def rpc_said(self, outlet: Outlet, raw: bytes) -> None:
        self._house.venue.rpc.rpc_said(outlet, raw)

    def gone(self, outlet: Outlet) -> None:
        self._house.venue.rpc.gone(outlet)
