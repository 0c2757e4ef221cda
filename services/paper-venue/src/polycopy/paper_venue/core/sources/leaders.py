"""Leaders who never were, trading against books that were.

Each transaction is one leader's taker order at a moment of the recording, met by strangers and,
now and then, by another leader. Its shape follows what the venue sends (recorded 2026-08-19): the
taker's row first and whole, then the makers', who may hold the opposite token (a mint), may have
several orders at several prices, and may repeat every field of a row.
"""

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.engine.market import Ladder, Market, mirrored
from polycopy.paper_venue.core.sources.script import Chance, Recording, Row, Transaction
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import Level

_TRADES_A_MARKET = 8
_CENT_OF_A_SHARE = 10_000
_DEEPEST = 3
_PRICES = range(50_000, 950_001)
_SPREAD_MICROS_MAX = 50_000
_SHARES_LEAST = 6 * MICROS
_TRIES = 400


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """What the taker took at one price, in the taker's token's terms."""

    price_micros: int
    size_micros: int


class Leaders:
    """A script made from a recording, a seed's chance, and nothing else. Made up front: the same
    chance gives the same script, in whatever rhythm it is read."""

    def __init__(
        self, recording: Recording, chance: Chance, *, seed: str, trades: int, leaders: int
    ) -> None:
        self.source_note = f"{recording.source_note}; the leaders are made up"
        self.wallets = tuple(identity.wallet("leader", seed, place) for place in range(leaders))
        self._seed = seed
        self._chance = chance
        self._held: dict[tuple[Wallet, TokenId], int] = {}
        chosen = moments(recording, chance, trades)
        self.opening = _opening(recording)
        self.markets = recording.markets
        by_condition = {market.condition_id: market for market in recording.markets}
        self._transactions = [
            self._trade(place, by_condition[recording.condition(at)], recording.ladder(at))
            for place, at in enumerate(chosen)
        ]

    @property
    def total(self) -> int:
        return len(self._transactions)

    def transaction(self, index: int) -> Transaction:
        return self._transactions[index]

    def _trade(self, place: int, market: Market, ladder: Ladder) -> Transaction:
        taker = self._one_of(self.wallets)
        token, side, wanted = self._intention(taker, market)
        own = ladder if token == 0 else mirrored(ladder)
        levels = own.asks if side is Side.BUY else own.bids
        fills, left = _eat(levels, wanted)
        after = (
            Ladder(bids=own.bids, asks=left)
            if side is Side.BUY
            else Ladder(bids=left, asks=own.asks)
        )
        rows: list[Row] = []
        self._add(rows, [_taker_row(taker, market, token, side, fills)])
        for fill in fills:
            self._add(rows, self._maker_rows(taker, market, token, side, fill))
        return Transaction(
            transaction_hash=identity.transaction_hash(self._seed, "leader", place),
            condition_id=market.condition_id,
            ladder=after if token == 0 else mirrored(after),
            rows=tuple(rows),
        )

    def _intention(self, taker: Wallet, market: Market) -> tuple[int, Side, int]:
        """Which token, which side, how many shares. Nobody sells what it does not hold."""
        for index, token in enumerate(market.tokens):
            held = self._held.get((taker, token.token_id), 0)
            if held >= _SHARES_LEAST and self._chance.random() < 0.5:  # noqa: PLR2004 - a coin
                part = held * (4 + self._chance.randrange(7)) // 10
                return index, Side.SELL, max(_round(part), _SHARES_LEAST)
        whale = self._chance.randrange(12) == 0
        shares = 800 + self._chance.randrange(4000) if whale else 10 + self._chance.randrange(240)
        cents = self._chance.randrange(100) * _CENT_OF_A_SHARE
        return self._chance.randrange(2), Side.BUY, shares * MICROS + cents

    def _maker_rows(
        self, taker: Wallet, market: Market, token: int, side: Side, fill: Fill
    ) -> list[Row]:
        others = tuple(wallet for wallet in self.wallets if wallet != taker)
        known = bool(others) and self._chance.randrange(4) == 0
        maker = self._one_of(others) if known else self._stranger()
        held = self._held.get((maker, market.tokens[token].token_id), 0)
        mints = side is Side.BUY and (held < fill.size_micros if known else self._coin())
        index = 1 - token if mints else token
        row = Row(
            wallet=maker,
            token_id=market.tokens[index].token_id,
            condition_id=market.condition_id,
            side=Side.SELL if side is Side.BUY and not mints else Side.BUY,
            size_micros=fill.size_micros,
            price_micros=MICROS - fill.price_micros if mints else fill.price_micros,
            index=index,
        )
        return self._split(row)

    def _split(self, row: Row) -> list[Row]:
        """Now and then a maker's size is two equal orders: rows that repeat every field."""
        half = _round(row.size_micros // 2)
        if half < MICROS or self._chance.randrange(4):
            return [row]
        rest = row.size_micros - 2 * half
        same = msgspec.structs.replace(row, size_micros=half)
        return [same, same, *([msgspec.structs.replace(row, size_micros=rest)] if rest else [])]

    def _add(self, rows: list[Row], new: list[Row]) -> None:
        """Positions move row by row: the next maker of this transaction may be the same wallet."""
        for row in new:
            key = (row.wallet, row.token_id)
            change = row.size_micros if row.side is Side.BUY else -row.size_micros
            self._held[key] = self._held.get(key, 0) + change
        rows.extend(new)

    def _one_of(self, wallets: tuple[Wallet, ...]) -> Wallet:
        return wallets[self._chance.randrange(len(wallets))]

    def _stranger(self) -> Wallet:
        return identity.wallet("stranger", self._chance.randrange(40))

    def _coin(self) -> bool:
        return self._chance.randrange(2) == 0


def moments(recording: Recording, chance: Chance, trades: int) -> list[int]:
    """Where along the recording the leaders trade: in order, in a few markets so that positions
    are closed again, and only where the book is whole. ValueError where there is no such moment."""
    conditions = [market.condition_id for market in recording.markets]
    wanted = min(len(conditions), max(1, trades // _TRADES_A_MARKET))
    while len(conditions) > wanted:
        del conditions[chance.randrange(len(conditions))]
    chosen: list[int] = []
    for _ in range(trades * _TRIES):
        if len(chosen) == trades:
            break
        moment = chance.randrange(recording.moments)
        if recording.condition(moment) in conditions and whole(recording.ladder(moment)):
            chosen.append(moment)
    if len(chosen) < trades:
        raise ValueError(f"only {len(chosen)} of {trades} moments of the recording can be traded")
    return sorted(chosen)


def whole(ladder: Ladder) -> bool:
    """Both sides there, not crossed, a narrow spread, a price that says something."""
    if not ladder.bids or not ladder.asks:
        return False
    bid, ask = ladder.bids[0].price_micros, ladder.asks[0].price_micros
    return bid in _PRICES and ask in _PRICES and 0 < ask - bid <= _SPREAD_MICROS_MAX


def _opening(recording: Recording) -> dict[ConditionId, Ladder]:
    first: dict[ConditionId, Ladder] = {}
    for moment in range(recording.moments):
        condition = recording.condition(moment)
        if condition not in first and whole(ladder := recording.ladder(moment)):
            first[condition] = ladder
        if len(first) == len(recording.markets):
            break
    return first


def _eat(levels: tuple[Level, ...], wanted: int) -> tuple[list[Fill], tuple[Level, ...]]:
    """Take up to `wanted` shares from the best levels, and leave something to copy."""
    fills: list[Fill] = []
    left = list(levels)
    for place, level in enumerate(levels[:_DEEPEST]):
        size = min(wanted, level.size_micros)
        if size <= 0:
            break
        wanted -= size
        fills.append(Fill(price_micros=level.price_micros, size_micros=size))
        rest = level.size_micros - size
        left[place] = Level(price_micros=level.price_micros, size_micros=rest)
    return fills, tuple(level for level in left if level.size_micros)


def _taker_row(taker: Wallet, market: Market, token: int, side: Side, fills: list[Fill]) -> Row:
    size = sum(fill.size_micros for fill in fills)
    notional = sum(fill.size_micros * fill.price_micros for fill in fills)
    return Row(
        wallet=taker,
        token_id=market.tokens[token].token_id,
        condition_id=market.condition_id,
        side=side,
        size_micros=size,
        price_micros=(notional + size // 2) // size,
        index=token,
    )


def _round(size_micros: int) -> int:
    return size_micros // _CENT_OF_A_SHARE * _CENT_OF_A_SHARE
