"""What the executor wants from the log and from a venue, in its own words."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from typing import Protocol

from polycopy.executor.core.answers import Answer, Placed
from polycopy.polymarket.cancel_answer import CancelAnswer
from polycopy.runtime.log import Recorded, Snapshots
from polycopy.schemas.envelope import Draft
from polycopy.schemas.ids import ConditionId, LogId, TokenId, VenueOrderId
from polycopy.schemas.orders import OrderRequested
from polycopy.schemas.terms import VenueAccount
from polycopy.trading.approval import ApprovedOrder
from polycopy.trading.market import MarketRules
from polycopy.trading.orderbook import Book

MayLeave = Callable[[], bool]
"""Asked at the last moment, once a request's turn has come."""


def always() -> bool:
    return True


class EventLog(Protocol):
    """The part of `polycopy.runtime.log.Log` that is used here."""

    @property
    def log_id(self) -> LogId: ...

    @property
    def snapshots(self) -> Snapshots: ...

    async def append(self, new: Draft, *, expected: int | None = None) -> int: ...

    async def read(
        self, filters: Sequence[str], *, after: int = 0, until: int | None = None
    ) -> list[Recorded]: ...

    def read_batches(
        self,
        filters: Sequence[str],
        *,
        after: int = 0,
        until: int | None = None,
        size_max: int = 500,
    ) -> AsyncGenerator[list[Recorded], None]: ...

    async def at(self, sequence: int) -> Recorded | None: ...

    def follow(self, filters: Sequence[str], *, after: int = 0) -> AsyncIterator[Recorded]: ...

    async def end(self) -> int: ...


class Markets(Protocol):
    """What anybody may read. Raises Transient where the venue does not answer."""

    async def book(self, token_id: TokenId) -> Book | None:
        """The book now; None where the venue has none."""

    async def rules(self, condition_id: ConditionId) -> MarketRules | None:
        """The market's rules, kept for some minutes; None where the venue knows no such market."""

    async def answers(self) -> bool:
        """Whether the venue answers anything at all now. Never raises."""


class Venue(Protocol):
    """Where the orders of one account go.

    An order exists for the venue only by `send`, and `send` takes nothing but a request that stands
    in the log.
    """

    @property
    def account(self) -> VenueAccount:
        """Whose money it is."""

    async def warm(self, condition_id: ConditionId, token_id: TokenId) -> None:
        """Read what an order for this token will need. Raises Transient."""

    async def prepare(self, order: ApprovedOrder) -> tuple[VenueOrderId, str]:
        """The venue's id of the order, and every byte that will be sent. Sends nothing."""

    async def send(self, request: OrderRequested, may_leave: MayLeave = always) -> Answer:
        """Send the request's bytes, once, or not at all where their turn comes too late (NotSent).
        Never raises for what the venue or the network does."""

    async def find(self, request: OrderRequested) -> Placed | None:
        """The order as the venue knows it; None where the venue denies it, which proves nothing.

        Raises Transient where the venue does not answer.
        """

    async def cancel(self, orders: Sequence[VenueOrderId]) -> Mapping[VenueOrderId, CancelAnswer]:
        """Have orders cancelled; an answer for each. Never raises for what the venue or the network
        does: then all of them are unknown."""

    async def refresh_balance(self, token_id: TokenId | None) -> None:
        """Make the venue read anew what the wallet holds of a token, or of dollars where it is
        None: it may still set aside what is long matched. Raises Transient."""
