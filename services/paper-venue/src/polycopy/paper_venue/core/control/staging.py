"""What a scenario makes of its source: markets changed and added, and whether its names exist.

A made-up market's ids are a function of its slug alone, so that a test may write them down.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.engine.market import Ladder, Market, Token, token_for
from polycopy.paper_venue.core.scenarios.commands import AddMarket, SetWallet, market_of
from polycopy.paper_venue.core.scenarios.market_table import MarketTable
from polycopy.paper_venue.core.scenarios.scenario import Scenario
from polycopy.paper_venue.core.scenarios.tables import closest
from polycopy.paper_venue.core.scenarios.units import Levels, Moment, in_micros
from polycopy.paper_venue.core.sources import ladders
from polycopy.paper_venue.core.sources.script import Chance, Script, Transaction
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.money import decimal_text
from polycopy.schemas.terms import FeeCurve, Level

Dice = Callable[[str], Chance]
"""Seeded chance by a name: one market's book is not another's."""
_HALF = Decimal("0.5")
_OUTCOMES = ("Yes", "No")
_PROTOCOL_V2 = 2
_DAY_S = 86_400
_AGE_S, _LEFT_S = 7 * _DAY_S, 14 * _DAY_S
_PPM = 1_000_000


class Staged:
    """A script with the markets of the scenario. The source's trades stay what they are."""

    def __init__(self, script: Script, scenario: Scenario, dice: Dice, start_s: int) -> None:
        """ValueError with everything that does not fit the source, in one line."""
        self._script = script
        dated = (_dated(market, start_s) for market in script.markets)
        markets = {market.condition_id: market for market in dated}
        self.opening = dict(script.opening)
        faults: list[str] = []
        for number, table in enumerate(scenario.markets, start=1):
            try:
                held = named(markets.values(), table.slug)
                market = staged(table, held, start_s)
                ladder = opening(table, market, dice)
            except ValueError as error:
                faults.append(f"market {number}: {error}")
                continue
            markets[market.condition_id] = market
            if held is None or table.says_book or table.says_maker:
                self.opening[market.condition_id] = ladder
        self.markets = tuple(markets.values())
        faults += nameless(scenario, self.markets)
        if faults:
            raise ValueError("; ".join(faults))

    @property
    def wallets(self) -> tuple[Wallet, ...]:
        return self._script.wallets

    @property
    def total(self) -> int:
        return self._script.total

    @property
    def source_note(self) -> str:
        return self._script.source_note

    def transaction(self, index: int) -> Transaction:
        return self._script.transaction(index)


def named(markets: Iterable[Market], name: str) -> Market | None:
    """The market of that condition id or slug."""
    return next((each for each in markets if name in (each.condition_id, each.slug)), None)


def nameless(scenario: Scenario, markets: Iterable[Market]) -> Iterator[str]:
    """Every market that is named and that nobody has, with its place."""
    known = {name for each in markets for name in (each.condition_id, each.slug)}
    commands = [step.command for step in scenario.steps]
    known |= {each.market.slug for each in commands if isinstance(each, AddMarket)}
    for number, wallet in enumerate(scenario.wallets, start=1):
        yield from _nobody(f"wallet {number}: shares", wallet.shares or (), known)
    for number, command in enumerate(commands, start=1):
        name = market_of(command)
        yield from _nobody(f"step {number}: market", [name] if name else [], known)
        if isinstance(command, SetWallet):
            yield from _nobody(f"step {number}: shares", command.shares or (), known)


def _nobody(place: str, names: Iterable[str], known: set[str]) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{place}: there is no market {name!r}{closest(name, known)}"


def staged(table: MarketTable, held: Market | None, start_s: int) -> Market:
    """The market of a table: `held` with what the table says, or a new one. ValueError: `held`
    cannot become that. `start_s` is what its times in whole seconds count from."""
    if held is None:
        held = _new(table, start_s)
    elif table.version not in (None, held.version) or table.outcomes is not None:
        raise ValueError(f"{table.slug} is the source's: its version and its outcomes stay")
    return msgspec.structs.replace(held, **_changes(table, held.fee, start_s))


def opening(table: MarketTable, market: Market, dice: Dice) -> Ladder:
    """The book of a table; where it says none, a seeded one around a half. ValueError: a price is
    not on the market's tick."""
    if table.says_book:
        return book(table.bids or (), table.asks or (), market)
    tick = market.tick_size_micros
    price = in_micros(table.price or _HALF)
    if price % tick:
        raise ValueError(f"price: {table.price} is not on the tick {decimal_text(tick)}")
    spread = table.spread_ticks or 1
    bid = price - spread // 2 * tick
    return ladders.around(
        dice(table.slug),
        bid_micros=bid,
        ask_micros=bid + spread * tick,
        tick_micros=tick,
        depth=table.depth or ladders.DEPTH,
    )


def book(bids: Levels, asks: Levels, market: Market) -> Ladder:
    """Both sides, best first. ValueError: a price is not on the market's tick."""
    tick = market.tick_size_micros
    off = [price for price, _ in (*bids, *asks) if in_micros(price) % tick]
    if off:
        raise ValueError(f"not on the tick {decimal_text(tick)}: {', '.join(map(str, off))}")
    return Ladder(
        bids=tuple(_level(each) for each in sorted(bids, reverse=True)),
        asks=tuple(_level(each) for each in sorted(asks)),
    )


def _level(pair: tuple[Decimal, Decimal]) -> Level:
    return Level(price_micros=in_micros(pair[0]), size_micros=in_micros(pair[1]))


def _dated(market: Market, start_s: int) -> Market:
    """A source's market, which is not over when the venue starts. What the source says stays."""
    return msgspec.structs.replace(
        market,
        created_at_s=market.created_at_s or max(start_s - _AGE_S, 1),
        ends_at_s=market.ends_at_s or start_s + _LEFT_S,
    )


def _new(table: MarketTable, start_s: int) -> Market:
    version = table.version or 1
    condition, token_ids = _ids(table.slug, version)
    outcomes = table.outcomes or _OUTCOMES
    return Market(
        condition_id=condition,
        tokens=(
            Token(token_id=token_ids[0], outcome=outcomes[0]),
            Token(token_id=token_ids[1], outcome=outcomes[1]),
        ),
        slug=table.slug,
        event_slug=table.slug,
        title=f"{table.slug}?",
        version=version,
        created_at_s=start_s,
    )


def _ids(slug: str, version: int) -> tuple[ConditionId, tuple[TokenId, TokenId]]:
    digest = identity.digest("scenario market", slug)
    if version != _PROTOCOL_V2:
        condition = ConditionId("0x" + digest)
        return condition, (token_for(condition, "first"), token_for(condition, "second"))
    # Protocol V2: 31 bytes, of which the first names the module and bits 40 to 103 of the position
    # are zero; a position is the condition and a byte for the outcome.
    text = "01" + digest[:36] + "0" * 16 + digest[36:44]
    first = int(text + "00", 16)
    return ConditionId("0x" + text), (TokenId(str(first)), TokenId(str(first + 1)))


def _changes(table: MarketTable, fee: FeeCurve, start_s: int) -> dict[str, Any]:
    """Fields of `Market` that the table names."""
    said: Mapping[str, Any] = {
        "title": table.title,
        "event_slug": table.event,
        "category": table.category,
        "tags": table.tags,
        "tick_size_micros": _micros(table.tick),
        "minimum_size_micros": _micros(table.minimum_size),
        "neg_risk": table.neg_risk,
        "fee": fee_curve(fee, table.fee_rate, table.fee_exponent),
        "taker_delay_ms": table.taker_delay_ms,
        "itode": table.itode,
        "starts_at_s": _second(table.starts, start_s),
        "game_starts_at_s": _second(table.game_starts, start_s),
        "ends_at_s": _second(table.ends, start_s),
        "ready": table.ready,
        "accepting": table.accepting,
    }
    return {name: value for name, value in said.items() if value is not None}


def fee_curve(fee: FeeCurve, rate: Decimal | None, exponent: int | None) -> FeeCurve:
    """`fee` with what is named."""
    return FeeCurve(
        rate_ppm=fee.rate_ppm if rate is None else int(rate * _PPM),
        exponent=fee.exponent if exponent is None else exponent,
    )


def _micros(value: Decimal | None) -> int | None:
    return None if value is None else in_micros(value)


def _second(moment: Moment | None, start_s: int) -> int | None:
    match moment:
        case None:
            return None
        case datetime():
            return int(moment.timestamp())
        case _:
            return start_s + moment
