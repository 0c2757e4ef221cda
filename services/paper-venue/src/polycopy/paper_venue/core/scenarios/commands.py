"""What a director may order the venue to do: the vocabulary of scenario steps and the control port.

`do` names the command. Amounts are decimals in the field's units: shares, dollars a share (price),
dollars. A market is named by its condition id or by its slug; a wallet by its address, which for a
deposit wallet is the wallet's own and not its owner's.
"""

from collections.abc import Mapping
from typing import Annotated, get_args

import msgspec

from polycopy.paper_venue.core.faults.rules import Fault
from polycopy.paper_venue.core.limits.signer_limits import Limiting
from polycopy.paper_venue.core.scenarios.market_table import MarketTable
from polycopy.paper_venue.core.scenarios.units import (
    Address,
    Amount,
    Exponent,
    FeeRate,
    Levels,
    Ms,
    Outcome,
    Payout,
    Positive,
    Price,
    Share,
    Size,
    SpanMs,
    Text,
    Tick,
    Tier,
    one_of,
)

MODES = ("open", "post_only", "cancel_only", "disabled", "restarting")
SOCKETS = ("user", "market", "rtds", "rpc")
ENDS = ("MINED", "CONFIRMED", "RETRYING", "FAILED")


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

    count: Positive = 1


class SetPace(Command, frozen=True, kw_only=True):
    """Emit a leader transaction every `ms` from now on; 0: only when it is ordered."""

    ms: Ms


class AdvanceClock(Command, frozen=True, kw_only=True):
    """Move the venue's clock ahead; everything that falls due on the way happens in its order."""

    ms: Ms


class Note(Command, frozen=True, kw_only=True):
    """A line for the journal: where a test's next act begins."""

    text: Text


class AddMarket(Command, frozen=True, kw_only=True):
    """A market that was not there: the market channel tells of it. With `ready = false` Gamma shows
    it before the engine knows its tokens."""

    market: MarketTable


class SetTick(Command, frozen=True, kw_only=True):
    """Prices move on another grid from now on; resting orders stay where they are."""

    market: Text
    tick: Tick


class SetMarket(Command, frozen=True, kw_only=True):
    """Change what a market says of itself; what is not named stays."""

    market: Text
    ready: bool | None = None
    accepting: bool | None = None
    taker_delay_ms: Ms | None = None
    itode: bool | None = None
    minimum_size: Size | None = None
    fee_rate: FeeRate | None = None
    fee_exponent: Exponent | None = None


class Resolve(Command, frozen=True, kw_only=True):
    """The market is over. `payouts`: dollars for a share of each outcome, together one."""

    market: Text
    payouts: tuple[Payout, Payout]


class Mode(Command, frozen=True, kw_only=True):
    """`open`, `post_only`, `cancel_only`, `disabled` (503) or `restarting` (425); back to `open`
    after `for_ms` (0: until the next word)."""

    mode: Annotated[str, one_of(*MODES)]
    for_ms: Ms = 0


class RestartEngine(Command, frozen=True, kw_only=True):
    """The venue's weekly restart: 425 for a while, then only post-only orders and cancels."""

    restarting_ms: Ms = 90_000
    post_only_ms: Ms = 120_000


class Restart(Command, frozen=True, kw_only=True):
    """The venue goes down: every connection breaks, new ones too for `down_ms`. Without `memory`
    it comes back as it was at its start."""

    memory: bool = True
    down_ms: Ms = 0


class Disconnect(Command, frozen=True, kw_only=True):
    """Close the open sockets of a channel, or of all; each client may come back at once."""

    socket: Annotated[str, one_of("", *SOCKETS)] = ""


class SetFault(Command, frozen=True, kw_only=True):
    """Switch a fault on; one of the same name is replaced."""

    fault: Fault


class ClearFaults(Command, frozen=True, kw_only=True):
    """Switch the fault of that name off, or all of them."""

    name: str = ""


class SetVenue(Command, frozen=True, kw_only=True):
    """Change what is true of the whole venue; what is not named stays. The keys and units are those
    of a scenario's `[venue]`."""

    settle_ms: SpanMs | None = None
    failed: Share | None = None
    retried: Share | None = None
    rate_limits: Limiting | None = None
    tier: Tier | None = None
    index_delay_ms: SpanMs | None = None
    rtds_delay_ms: SpanMs | None = None
    key_propagation_ms: Ms | None = None
    heartbeat_silence_ms: Ms | None = None


class SetWallet(Command, frozen=True, kw_only=True):
    """What the venue thinks of a wallet. `tier` is a rate limit tier; `legacy`: from before the
    deposit wallets, so that signature types 0 to 2 are allowed; amounts replace what it has.

    `owner` is whose key signs for it, where that is not itself: a deposit wallet's EOA. `shares`
    replace what it holds: by market, of the first and the second outcome.
    """

    wallet: Address
    owner: Address | None = None
    cash: Amount | None = None
    allowance: Amount | None = None
    shares: Mapping[str, tuple[Amount, Amount]] | None = None
    tier: Tier | None = None
    legacy: bool | None = None
    banned: bool | None = None
    closed_only: bool | None = None


class LeaderTrade(Command, frozen=True, kw_only=True):
    """One trade of a wallet with a stranger, outside the source's script; the book stays. `repeat`:
    the same row so many times in one transaction. `maker`: the wallet's order was the resting one,
    so that only maker rows tell of it."""

    wallet: Address
    market: Text
    outcome: Outcome = 0
    side: Annotated[str, one_of("BUY", "SELL")] = "BUY"
    size: Size
    price: Price
    repeat: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    maker: bool = False


class PutBook(Command, frozen=True, kw_only=True):
    """The strangers' orders of a market from now on, in its first outcome's terms:
    `[price, size]`, any order. Resting orders that they cross are filled."""

    market: Text
    bids: Levels = ()
    asks: Levels = ()


class Take(Command, frozen=True, kw_only=True):
    """A stranger takes from the book what is there up to `size` shares at `price` or better, of
    everybody's resting orders in their order; what is left of it is killed."""

    market: Text
    outcome: Outcome = 0
    side: Annotated[str, one_of("BUY", "SELL")]
    size: Size
    price: Price


class CancelOrders(Command, frozen=True, kw_only=True):
    """The venue cancels resting orders by itself, as at the start of a game: those of a market, of
    a wallet, or all."""

    market: str = ""
    wallet: Address | None = None


class Settle(Command, frozen=True, kw_only=True):
    """Trades take a step now that would come later or never: the one with this id, or all that have
    not come to their end."""

    status: Annotated[str, one_of(*ENDS)]
    trade_id: str = ""


class Split(Command, frozen=True, kw_only=True):
    """Dollars of a wallet become as many shares of both outcomes."""

    wallet: Address
    market: Text
    size: Size


class Merge(Command, frozen=True, kw_only=True):
    """As many shares of both outcomes become dollars again."""

    wallet: Address
    market: Text
    size: Size


class Redeem(Command, frozen=True, kw_only=True):
    """A wallet's shares of a resolved market become what they pay."""

    wallet: Address
    market: Text


AnyCommand = (
    Next
    | SetPace
    | AdvanceClock
    | Note
    | AddMarket
    | SetTick
    | SetMarket
    | Resolve
    | Mode
    | RestartEngine
    | Restart
    | Disconnect
    | SetFault
    | ClearFaults
    | SetVenue
    | SetWallet
    | LeaderTrade
    | PutBook
    | Take
    | CancelOrders
    | Settle
    | Split
    | Merge
    | Redeem
)


def named(kind: type[Command]) -> str:
    """The word of `do`."""
    return str(kind.__struct_config__.tag)


BY_NAME: dict[str, type[Command]] = {named(kind): kind for kind in get_args(AnyCommand)}


def market_of(command: Command) -> str:
    """The market that a command names; empty where it names none."""
    market = getattr(command, "market", "")
    return market if isinstance(market, str) else ""
