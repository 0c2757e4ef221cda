"""What status-sync wants from the log and from the venue, in its own words."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Protocol

from polycopy.polymarket.reports import OrderReport, TradeReport
from polycopy.runtime.log import Recorded, Snapshots
from polycopy.schemas.envelope import Draft
from polycopy.schemas.ids import LogId, TokenId, VenueOrderId
from polycopy.status_sync.core.hearing import Connected, Lost
from polycopy.status_sync.core.reconcile import Report


class EventLog(Protocol):
    """The part of `polycopy.runtime.log.Log` that is used here."""

    @property
    def log_id(self) -> LogId: ...

    @property
    def snapshots(self) -> Snapshots: ...

    async def append(self, new: Draft, *, expected: int | None = None) -> int: ...

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


class Asked(Protocol):
    """What the venue answers when asked. Raises Transient where it does not answer.

    `host` is the venue's, `signer` the address whose API key we ask with: orders of another one are
    denied however real they are. `owner` is that key, by which the venue names whose an order is.
    """

    @property
    def host(self) -> str: ...

    @property
    def signer(self) -> str: ...

    @property
    def owner(self) -> str: ...

    async def order(self, venue_order_id: VenueOrderId) -> OrderReport | None:
        """None where the venue denies it, which alone proves nothing. Raises Transient where its
        answer cannot be read."""

    def open_orders(self) -> AsyncIterator[Sequence[OrderReport]]:
        """Our open orders, a page at a time. Raises Transient after the last page where an order
        could not be read."""

    def trades(self, after_s: int) -> AsyncIterator[Sequence[TradeReport]]:
        """Our trades since then, a page at a time. Raises RowsUnread after the last page where a
        trade could not be read: what was not seen is not proven to be absent then."""

    async def balance_micros(self, token_id: TokenId, signature_type: int) -> int:
        """What the wallet of that signature type holds of a token; of pUSD where it is empty."""

    async def refresh_balance(self, token_id: TokenId, signature_type: int) -> None:
        """Have the venue read that balance anew: what it answers may be kept for long."""


class Told(Protocol):
    """What the venue tells by itself."""

    def listen(self) -> AsyncIterator[Connected | Lost | Sequence[Report]]:
        """Without end: that it is connected, which replays nothing, that it is lost, and in between
        what each frame with data tells, [] where it cannot be read."""

    def reconnect(self, why: str) -> None:
        """Give up the connection, which is then lost for that reason, and make another."""
