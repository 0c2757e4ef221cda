"""What a director may order the venue to do: the vocabulary of scenario steps and the control port.

`do` names the command. Amounts are decimals in the field's units: shares, dollars a share (price),
dollars. A market is named by its condition id or by its slug.
"""

from decimal import Decimal

import msgspec

from polycopy.paper_venue.core.faults import Fault


class Command(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="do",
    tag=lambda name: "".join("_" + c.lower() if c.isupper() else c for c in name).strip("_"),
    forbid_unknown_fields=True,
):
    """`{"do": "set_tick", …}`: the class name in lower case with underscores."""


class Next(Command, frozen=True, kw_only=True):
    """Emit the next leader transactions of the source."""

    count: int = 1


class AdvanceClock(Command, frozen=True, kw_only=True):
    """Move the venue's clock ahead; everything that falls due on the way happens in its order."""

    ms: int


class SetTick(Command, frozen=True, kw_only=True):
    """Prices move on another grid from now on; resting orders stay where they are."""

    market: str
    tick: Decimal


class SetMarket(Command, frozen=True, kw_only=True):
    """Change what a market says of itself; what is not named stays."""

    market: str
    ready: bool | None = None
    accepting: bool | None = None
    taker_delay_ms: int | None = None
    minimum_size: Decimal | None = None


class Resolve(Command, frozen=True, kw_only=True):
    """The market is over. `payouts`: dollars for a share of each outcome, together one."""

    market: str
    payouts: tuple[Decimal, Decimal]


class Mode(Command, frozen=True, kw_only=True):
    """`open`, `post_only`, `cancel_only`, `disabled` (503) or `restarting` (425); back to `open`
    after `for_ms` (0: until the next word)."""

    mode: str
    for_ms: int = 0


class RestartEngine(Command, frozen=True, kw_only=True):
    """The venue's weekly restart: 425 for a while, then only post-only orders and cancels."""

    restarting_ms: int = 90_000
    post_only_ms: int = 120_000


class Restart(Command, frozen=True, kw_only=True):
    """The venue goes down: every connection breaks, new ones too for `down_ms`. Without `memory`
    it comes back as it was at its start."""

    memory: bool = True
    down_ms: int = 0


class SetFault(Command, frozen=True, kw_only=True):
    """Switch a fault on; one of the same name is replaced."""

    fault: Fault


class ClearFaults(Command, frozen=True, kw_only=True):
    """Switch the fault of that name off, or all of them."""

    name: str = ""


class SetWallet(Command, frozen=True, kw_only=True):
    """What the venue thinks of a wallet. `tier` is a rate limit tier; `legacy`: from before the
    deposit wallets, so that signature types 0 to 2 are allowed; amounts replace what it has."""

    wallet: str
    cash: Decimal | None = None
    allowance: Decimal | None = None
    tier: str | None = None
    legacy: bool | None = None
    banned: bool | None = None
    closed_only: bool | None = None


class LeaderTrade(Command, frozen=True, kw_only=True):
    """One trade of a wallet with a stranger, outside the source's script; the book stays."""

    wallet: str
    market: str
    outcome: int
    side: str
    size: Decimal
    price: Decimal
    repeat: int = 1


class PutBook(Command, frozen=True, kw_only=True):
    """The strangers' orders of a market from now on, in its first outcome's terms:
    `[price, size]`, any order. Resting orders that they cross are filled."""

    market: str
    bids: tuple[tuple[Decimal, Decimal], ...] = ()
    asks: tuple[tuple[Decimal, Decimal], ...] = ()


class Split(Command, frozen=True, kw_only=True):
    """Dollars of a wallet become as many shares of both outcomes."""

    wallet: str
    market: str
    size: Decimal


class Merge(Command, frozen=True, kw_only=True):
    """As many shares of both outcomes become dollars again."""

    wallet: str
    market: str
    size: Decimal


class Redeem(Command, frozen=True, kw_only=True):
    """A wallet's shares of a resolved market become what they pay."""

    wallet: str
    market: str


AnyCommand = (
    Next
    | AdvanceClock
    | SetTick
    | SetMarket
    | Resolve
    | Mode
    | RestartEngine
    | Restart
    | SetFault
    | ClearFaults
    | SetWallet
    | LeaderTrade
    | PutBook
    | Split
    | Merge
    | Redeem
)
