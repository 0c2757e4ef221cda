"""The global trade feed as the paper venue tells it: many traders, of whom few are followed."""

import random
from collections.abc import Sequence

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.sources.ladders import SeededRecording
from polycopy.paper_venue.core.sources.leaders import Leaders
from polycopy.schemas.ids import Wallet
from tests.support import activity

AT_MS = 1_795_000_000_000
_TRADERS = 1000
_SEED = "bench"


def script(transactions: int) -> Leaders:
    """What a thousand traders do in eight markets."""
    chance = random.Random(_SEED)
    recording = SeededRecording(chance, markets=8, moments=8000)
    return Leaders(recording, chance, seed=_SEED, trades=transactions, leaders=_TRADERS)


def frames(told: Leaders) -> list[bytes]:
    """Every frame of the script in order, as bytes of the socket."""
    markets = {market.condition_id: market for market in told.markets}
    return [
        activity.text(frame, "abc=").encode()
        for index in range(told.total)
        for frame in activity.of_script(told.transaction(index), markets, AT_MS * 1000)
    ]


def followed(told: Leaders, *, every: int, total: int) -> Sequence[Wallet]:
    """`total` wallets: one in `every` of the script's traders, and others that never trade."""
    traders = told.wallets[::every]
    strangers = (identity.wallet("followed", place) for place in range(total - len(traders)))
    return [*traders, *strangers]
