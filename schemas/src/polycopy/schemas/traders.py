"""What is known of traders: `traders.<wallet>.<event>`, and of pools and names, which are traders
whom somebody else chose: `traders.pool-<id>.<event>`, `traders.name-<id>.<event>`."""

import msgspec

from polycopy.schemas.event import Event
from polycopy.schemas.ids import PoolId, Wallet


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Positions that came to an end, and trades. All counts and sums, so that records add up.

    `cost_micros` is what the ended positions cost, `returned_micros` what they brought, both
    without fees. A position won where it returned more than it cost, in a void market too. `trades`
    and `traded_micros` (pUSD) count single trades, ended or not.
    """

    resolved: int = 0
    won: int = 0
    cost_micros: int = 0
    returned_micros: int = 0
    entry_price_sum_micros: int = 0
    """Σ of the average entry prices of the ended positions; divided by `resolved` their mean."""
    trades: int = 0
    traded_micros: int = 0

    @property
    def win_rate_ppm(self) -> int | None:
        """Parts per million, rounded down; None without an ended position."""
        return self.won * 1_000_000 // self.resolved if self.resolved else None

    @property
    def roi_ppm(self) -> int | None:
        """Gain a pUSD of cost in parts per million, rounded down; None without a cost."""
        gain_micros = self.returned_micros - self.cost_micros
        return gain_micros * 1_000_000 // self.cost_micros if self.cost_micros else None

    @property
    def trade_mean_micros(self) -> int | None:
        """pUSD a trade, rounded down; None without a trade."""
        return self.traded_micros // self.trades if self.trades else None


class Niche(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The record in one category of markets (`unknown` where none is known) or one bracket of
    prices (`low` below 0.30, `high` above 0.70, `mid`): the average entry of a position, a trade's
    own. Either kind of niches adds up to the whole."""

    lifetime: Record
    recent: Record
    category: str = ""
    price_bracket: str = ""


class TraderMeasured(Event, frozen=True, kw_only=True):
    """A trader's record as computed from the positions and trades that a source lists.

    `recent` counts what ended or was traded within the 30 days before `read_at_ms`. `whole` is
    false where the source has more rows than were read: then `lifetime` is a part.
    """

    wallet: Wallet
    lifetime: Record
    recent: Record
    niches: tuple[Niche, ...]
    source: str
    read_at_ms: int
    whole: bool
    name: str = ""


class PoolMember(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a leaderboard. Amounts in micros: `pnl_micros` pUSD, may be negative; `volume` in
    the venue's unit (shares in v2, pUSD in v1)."""

    wallet: Wallet
    rank: int
    pnl_micros: int = 0
    volume_micros: int = 0
    name: str = ""


class PoolRefreshed(Event, frozen=True, kw_only=True):
    """Who was on a pool's leaderboard. Who leaves it is followed on: somebody may hold copies."""

    pool_id: PoolId
    members: tuple[PoolMember, ...]
    source: str
    read_at_ms: int


class NameResolved(Event, frozen=True, kw_only=True):
    """Whose a trader's name is. Said once: whoever takes the name later is not followed. An empty
    `wallet`: nobody has it, or more than one."""

    name: str
    wallet: Wallet
    source: str
    read_at_ms: int
    reason: str = ""


TraderEvent = TraderMeasured | PoolRefreshed | NameResolved
