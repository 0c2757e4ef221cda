"""A scenario: one file that says everything about a run of the venue.

Every key has a default, so that an empty file is a valid, calm venue. An unknown key is a fault: a
misspelt fault must not be a missing fault. `SCENARIOS.md` is the reference, held against these
structs by a test. `scenario_file` reads them.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec

from polycopy.paper_venue.core.faults.rules import Fault
from polycopy.paper_venue.core.limits.signer_limits import Limiting
from polycopy.paper_venue.core.scenarios.commands import (
    AnyCommand,
    SetFault,
    SetWallet,
)
from polycopy.paper_venue.core.scenarios.market_table import MarketTable
from polycopy.paper_venue.core.scenarios.units import (
    Address,
    Amount,
    Count,
    Ms,
    Positive,
    Share,
    SpanMs,
    Text,
    Tier,
)

RESOLVED, SEEDED = "resolved", "seeded"


class Credit(StrEnum):
    """When a match moves balances: at once, or when it is mined."""

    MATCH = "match"
    MINED = "mined"


class ClockKind(StrEnum):
    """`manual` stands still until it is moved: `AdvanceClock`, `POST /control/clock`."""

    REAL = "real"
    MANUAL = "manual"


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class VenueTable(_Table, frozen=True, kw_only=True):
    """`[venue]`: what is true of the whole venue. `settle_ms` is the time from a match to its end;
    `failed` and `retried` are shares of all trades. Of `cash`, `allowance`, `tier` and `legacy` a
    wallet gets these as long as nobody says else of it; no `allowance` is one without a bound."""

    seed: Annotated[int, msgspec.Meta(ge=0)] | Text = "1"
    settle_ms: SpanMs = 2_000
    failed: Share = Decimal(0)
    retried: Share = Decimal(0)
    credit: Credit = Credit.MATCH
    cash: Amount = Decimal(10_000)
    allowance: Amount | None = None
    legacy: bool = True
    rate_limits: Limiting = Limiting.WARNING
    tier: Tier = "standard"
    key_propagation_ms: Ms = 0
    heartbeat_silence_ms: Ms = 10_000
    index_delay_ms: SpanMs = (2_400, 9_000)
    rtds_delay_ms: SpanMs = 0
    clock: ClockKind = ClockKind.REAL
    starts_at: datetime | None = None


class SourceTable(_Table, frozen=True, kw_only=True):
    """`[source]`: whose trades the feed tells. `name`: `resolved`, `seeded`, or a recording's path,
    relative to the scenario's folder. `pace_ms` 0: each when it is ordered."""

    name: Text = RESOLVED
    trades: Positive = 25
    leaders: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 4
    markets: Annotated[int, msgspec.Meta(ge=1, le=100)] = 4
    pace_ms: Ms = 0


class WalletTable(_Table, frozen=True, kw_only=True):
    """`[[wallet]]`: what `SetWallet` says, from the start."""

    address: Address
    owner: Address | None = None
    cash: Amount | None = None
    allowance: Amount | None = None
    shares: dict[str, tuple[Amount, Amount]] | None = None
    tier: Tier | None = None
    legacy: bool | None = None
    banned: bool | None = None
    closed_only: bool | None = None

    def command(self) -> SetWallet:
        said = {name: getattr(self, name) for name in self.__struct_fields__ if name != "address"}
        return SetWallet(wallet=self.address.lower(), **said)


class Timing(_Table, frozen=True, kw_only=True):
    """When a step is done: so long after the start, or after so many leader transactions, orders
    that the venue took, or trades of its users. Of nothing: at the start.

    With `every_ms` it is done again after each such while, `times` times in all (0: for ever).
    """

    at_ms: Ms | None = None
    after_trades: Count | None = None
    after_orders: Count | None = None
    after_fills: Count | None = None
    every_ms: Ms = 0
    times: Count = 0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """`[[step]]`: a command of `commands.py` by its `do`, and its timing, in one table."""

    timing: Timing
    command: AnyCommand


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    venue: VenueTable = VenueTable()
    source: SourceTable = SourceTable()
    markets: tuple[MarketTable, ...] = ()
    wallets: tuple[WalletTable, ...] = ()
    faults: tuple[Fault, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def seed(self) -> str:
        return str(self.venue.seed)

    @property
    def opening(self) -> tuple[AnyCommand, ...]:
        """What is ordered before anybody comes: the wallets and the faults."""
        wallets = (wallet.command() for wallet in self.wallets)
        return (*wallets, *(SetFault(fault=fault) for fault in self.faults))
