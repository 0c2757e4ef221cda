"""Recorded leader trades as a script: a tape (JSON lines), a session of the activity feed, or raw
frames of it (`frames`).

None holds books: each transaction gets a seeded ladder around its taker's price, as the book
would stand after that trade.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from polycopy.paper_venue.core.engine.market import (
    CENT_MICROS,
    TENTH_CENT_MICROS,
    Ladder,
    Market,
    Token,
    own_price,
    token_for,
)
from polycopy.paper_venue.core.sources import frames, ladders
from polycopy.paper_venue.core.sources.script import Chance, Row, Transaction
from polycopy.polymarket import wire
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, Wallet
from polycopy.schemas.money import MICROS, Side

_NEAR_THE_EDGE = 40_000
_FIRST_OUTCOMES = frozenset({"yes", "up", "over"})


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a recording, all formats alike."""

    transaction_hash: TransactionHash
    wallet: Wallet
    token_id: TokenId
    condition_id: ConditionId
    side: Side
    size_micros: int
    price_micros: int
    outcome: str
    slug: str
    title: str


def tape(lines: Sequence[bytes]) -> list[Recorded]:
    """Rows of a tape, one JSON object a line, or what is left of raw frames (`frames`). ValueError
    names the line and what it lacks."""
    if frames.are(lines):
        return [_heard(row) for row in frames.rows(lines)]
    return [_line(line, at) for at, line in enumerate(lines, start=1)]


def session(raw: bytes) -> list[Recorded]:
    """Rows of `{"events": […]}`. ValueError names the event and what it lacks."""
    try:
        events = wire.a_list(wire.an_object(wire.document(raw)).get("events"), "events")
    except wire.MisfitError as error:
        raise ValueError(str(error)) from error
    return [_recorded(event, at) for at, event in enumerate(events, start=1)]


def _line(line: bytes, at: int) -> Recorded:
    try:
        return _recorded(wire.document(line), at)
    except wire.MisfitError as error:
        raise ValueError(f"row {at} of the recording: {error}") from error


def _heard(row: LeaderRow) -> Recorded:
    return Recorded(
        transaction_hash=row.transaction_hash,
        wallet=row.wallet,
        token_id=row.token_id,
        condition_id=row.condition_id,
        side=row.side,
        size_micros=row.size_micros,
        price_micros=row.price_micros,
        outcome=row.outcome,
        slug=row.slug,
        title=row.title,
    )


def _recorded(row: wire.Json, at: int) -> Recorded:
    try:
        source = wire.an_object(row, "the row")
        return Recorded(
            transaction_hash=wire.transaction_hash(source, "tx_hash"),
            wallet=wire.wallet(source, "wallet", "trader"),
            token_id=wire.token_id(source, "asset", "token_id"),
            condition_id=wire.condition_id(source, "condition_id", "market_id"),
            side=wire.side(source),
            size_micros=wire.amount(source, "size"),
            price_micros=wire.price(source, "price"),
            outcome=wire.text(source, "outcome", default=""),
            slug=wire.text(source, "slug", default=""),
            title=wire.text(source, "title", default=""),
        )
    except wire.MisfitError as error:
        raise ValueError(f"row {at} of the recording: {error}") from error


class Replay:
    """Transactions in the order of their first rows; the first row of each is the taker's."""

    def __init__(
        self, rows: list[Recorded], chance: Chance, *, trades: int, source_note: str
    ) -> None:
        grouped: dict[TransactionHash, list[Recorded]] = {}
        for row in rows:
            grouped.setdefault(row.transaction_hash, []).append(row)
        kept = dict(list(grouped.items())[:trades])
        if not kept:
            raise ValueError("the recording has no rows")
        counts = Counter(row.wallet for group in kept.values() for row in group)
        self.source_note = source_note
        self.wallets = tuple(wallet for wallet, _ in counts.most_common())
        self._markets = markets([row for group in kept.values() for row in group])
        self.markets = tuple(self._markets.values())
        self._transactions = [self._transaction(group, chance) for group in kept.values()]
        self.opening: dict[ConditionId, Ladder] = {}
        for transaction in self._transactions:
            self.opening.setdefault(transaction.condition_id, transaction.ladder)
        for market in self.markets:
            self.opening.setdefault(market.condition_id, _around_half(chance, market))

    @property
    def total(self) -> int:
        return len(self._transactions)

    def transaction(self, index: int) -> Transaction:
        return self._transactions[index]

    def _transaction(self, group: list[Recorded], chance: Chance) -> Transaction:
        taker = group[0]
        market = self._markets[taker.condition_id]
        rows = tuple(
            Row(
                wallet=row.wallet,
                token_id=row.token_id,
                condition_id=row.condition_id,
                side=row.side,
                size_micros=row.size_micros,
                price_micros=row.price_micros,
                index=self._markets[row.condition_id].index(row.token_id),
            )
            for row in group
        )
        return Transaction(
            transaction_hash=taker.transaction_hash,
            condition_id=taker.condition_id,
            ladder=_after(chance, market, rows[0]),
            rows=rows,
        )


def markets(rows: list[Recorded]) -> dict[ConditionId, Market]:
    """Every market of the rows. A second token that no row names is made up."""
    found: dict[ConditionId, list[Recorded]] = {}
    for row in rows:
        found.setdefault(row.condition_id, []).append(row)
    return {condition: _market(condition, group) for condition, group in found.items()}


def _market(condition: ConditionId, rows: list[Recorded]) -> Market:
    named = {row.token_id: row.outcome for row in rows}
    if len(named) > 2:  # noqa: PLR2004 - a market has two outcomes
        raise ValueError(f"market {condition} of the recording has {len(named)} tokens")
    tokens = [Token(token_id=token, outcome=outcome) for token, outcome in named.items()]
    if len(tokens) == 1:
        tokens.append(Token(token_id=token_for(condition, "other"), outcome=_other(tokens[0])))
    tokens.sort(key=lambda token: token.outcome.lower() not in _FIRST_OUTCOMES)
    edge = any(not _NEAR_THE_EDGE <= row.price_micros <= MICROS - _NEAR_THE_EDGE for row in rows)
    return Market(
        condition_id=condition,
        tokens=(tokens[0], tokens[1]),
        tick_size_micros=TENTH_CENT_MICROS if edge else CENT_MICROS,
        slug=rows[0].slug,
        event_slug=rows[0].slug,
        title=rows[0].title,
    )


def _other(token: Token) -> str:
    known = {"Yes": "No", "No": "Yes", "Up": "Down", "Down": "Up", "Over": "Under", "Under": "Over"}
    return known.get(token.outcome, f"Not {token.outcome}")


def _after(chance: Chance, market: Market, taker: Row) -> Ladder:
    """The book that a taker at this price leaves behind: what it ate from is still the best."""
    tick = market.tick_size_micros
    price = own_price(taker.index, taker.price_micros)
    bought = (taker.side is Side.BUY) == (taker.index == 0)
    nearest = min(max((price + tick // 2) // tick * tick, 2 * tick), MICROS - 2 * tick)
    bid, ask = (nearest - tick, nearest) if bought else (nearest, nearest + tick)
    return ladders.around(chance, bid_micros=bid, ask_micros=ask, tick_micros=tick)


def _around_half(chance: Chance, market: Market) -> Ladder:
    half = MICROS // 2
    return ladders.around(
        chance,
        bid_micros=half - market.tick_size_micros,
        ask_micros=half,
        tick_micros=market.tick_size_micros,
    )
