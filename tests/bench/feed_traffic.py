"""The global trade feed as the paper venue tells it: many traders, of whom few are followed."""

import random
from collections.abc import Iterator, Sequence

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.sources.ladders import SeededRecording
from polycopy.paper_venue.core.sources.leaders import Leaders
from polycopy.schemas.ids import Wallet
from tests.support import activity

AT_MS = 1_795_000_000_000
_TRADERS = 1000
_SEED = "bench"
_HASHES = 1 << 256


class Mould(msgspec.Struct, frozen=True):
    """A frame to be told again as another trade, at another time."""

    wallet: Wallet
    transaction: int
    text: bytes

    def cast(self, lap: int, at_ms: int) -> bytes:
        """The frame of the trade of a lap: its transaction has another hash in each."""
        number = (self.transaction + lap) % _HASHES
        return self.text % (at_ms // 1000, number, at_ms)


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


def mould(raw: bytes) -> Mould:
    """Of a frame of the script."""
    payload = msgspec.json.decode(raw)["payload"]
    transaction_hash = payload["transactionHash"]
    text = raw.replace(b"%", b"%%")
    for told, place in (
        (f'"timestamp":{AT_MS}', b'"timestamp":%d'),
        (f'"timestamp":{AT_MS // 1000}', b'"timestamp":%d'),
        (transaction_hash, b"0x%064x"),
    ):
        assert text.count(told.encode()) == 1, raw
        text = text.replace(told.encode(), place)
    return Mould(Wallet(payload["proxyWallet"].lower()), int(transaction_hash, 16), text)


def endless(moulds: Sequence[Mould], *, per_s: int) -> Iterator[tuple[bytes, int]]:
    """Frames of trades that never come twice, lap after lap, and when each is received (ms)."""
    number, lap = 0, 0
    while True:
        for one in moulds:
            at_ms = AT_MS + number * 1000 // per_s
            yield one.cast(lap, at_ms), at_ms
            number += 1
        lap += 1
