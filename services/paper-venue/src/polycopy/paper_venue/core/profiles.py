"""What the venue shows of a trader beside the address: a name of its own and one made up for it."""

from functools import lru_cache

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.schemas.ids import Wallet


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """`pseudonym`: what the venue calls a wallet that gave itself no name."""

    name: str
    pseudonym: str


@lru_cache(maxsize=10_000)
def profile(wallet: Wallet) -> Profile:
    """A function of the address, the same one that the activity feed shows."""
    text = identity.digest("name", wallet)
    return Profile(name=f"trader-{text[:6]}", pseudonym=f"Paper-{text[6:12]}")
