"""Any scenario, from the types of its structs."""

import types
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from polycopy.paper_venue.core.faults.rules import PLACES, Fault, FaultKind
from polycopy.paper_venue.core.scenarios import commands, units
from polycopy.paper_venue.core.scenarios.commands import BY_NAME
from polycopy.paper_venue.core.scenarios.market_table import MarketTable
from polycopy.paper_venue.core.scenarios.scenario import (
    ClockKind,
    Scenario,
    SourceTable,
    Step,
    Timing,
    VenueTable,
    WalletTable,
)

WALLETS = st.integers(0, 2**160 - 1).map("0x{:040x}".format)
DATES = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.text(min_size=1, max_size=12)
WORDS = st.text("abcdefghij-0123456789", min_size=1, max_size=8)


def micros(least: int, most: int) -> st.SearchStrategy[Decimal]:
    return st.integers(least, most).map(lambda value: Decimal(value) / 1_000_000)


SPANS = st.lists(st.integers(0, units.MS_MAX), min_size=2, max_size=2).map(sorted).map(tuple)
CENTS = st.integers(1, 99).map(lambda cents: Decimal(cents) / 100)
PRICES = micros(1, 999_999)


def _levels(prices: st.SearchStrategy[Decimal]) -> st.SearchStrategy[tuple[Any, ...]]:
    levels = st.dictionaries(prices, micros(1, 10**15), max_size=4)
    return levels.map(lambda found: tuple(found.items()))


LEVELS = _levels(CENTS) | _levels(PRICES)
SIDES_AND_MODES = {
    "mode": commands.MODES,
    "socket": commands.SOCKETS,
    "status": commands.ENDS,
    "side": ("BUY", "SELL"),
    "tier": units.TIERS,
}
"""Fields whose rule knows its words."""
KNOWN: tuple[tuple[Any, st.SearchStrategy[Any]], ...] = (
    (units.Amount, micros(0, 10**15)),
    (units.Size, micros(1, 10**15)),
    (units.Price, CENTS | PRICES),
    (units.Payout, micros(0, 10**6)),
    (units.Share, micros(0, 500_000)),
    (units.FeeRate, micros(0, 10**6)),
    (units.Tick, st.sampled_from(units.TICKS_MICROS).map(lambda tick: Decimal(tick) / 1_000_000)),
    (units.Levels, LEVELS),
    (units.SpanMs, st.integers(0, units.MS_MAX) | SPANS),
    (units.When, st.integers(0, units.SECONDS_MAX) | DATES),
    (units.Address, WALLETS),
    (units.Text, TEXTS),
    (bool, st.booleans()),
    (str, TEXTS),
    (float, st.floats(0, 1)),
    (datetime, DATES),
)


def of(kind: Any, name: str = "") -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if name in SIDES_AND_MODES and get_origin(kind) is Annotated:
        return st.sampled_from(SIDES_AND_MODES[name])
    for known, values in KNOWN:
        if kind == known:
            return values
    if kind is MarketTable:
        return market_tables()
    if kind is Fault:
        return faults()
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    return _of_parts(get_origin(kind), get_args(kind), name)


def _of_parts(origin: Any, args: tuple[Any, ...], name: str) -> st.SearchStrategy[Any]:
    if origin is Annotated:
        (meta,) = [note for note in args[1:] if isinstance(note, msgspec.Meta)]
        least = 0 if meta.ge is None else int(meta.ge)
        return st.integers(least, units.COUNT_MAX if meta.le is None else int(meta.le))
    if origin in (Union, types.UnionType):
        return st.one_of([of(each, name) for each in args if each is not type(None)])
    if origin is tuple and args[1:] == (...,):
        return st.lists(of(args[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(of, args))
    if origin is not None:
        return st.dictionaries(WORDS, of(args[1]), max_size=2)
    return st.integers(1, 2)  # A market's version.


def some(kind: type[msgspec.Struct], *left_out: str) -> st.SearchStrategy[dict[str, Any]]:
    """What must be said, and any of the rest."""
    fields = [field for field in msgspec.structs.fields(kind) if field.name not in left_out]
    must = {field.name: of(field.type, field.name) for field in fields if field.required}
    may = {field.name: of(field.type, field.name) for field in fields if not field.required}
    return st.fixed_dictionaries(must, optional=may)


@st.composite
def market_tables(draw: st.DrawFn) -> MarketTable:
    said = draw(some(MarketTable, "bids", "asks", "outcomes", "tick"))
    if draw(st.booleans()):
        said = {key: value for key, value in said.items() if key not in _SEEDED}
        levels = dict(draw(LEVELS))
        edge = draw(PRICES)
        said["bids"] = tuple((price, size) for price, size in levels.items() if price < edge)
        said["asks"] = tuple((price, size) for price, size in levels.items() if price >= edge)
    return MarketTable(**said)


_SEEDED = ("price", "spread_ticks", "depth")


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    kind = draw(st.sampled_from(FaultKind))
    places = [on for on, kinds in PLACES.items() if kind in kinds]
    on = draw(st.sampled_from(places or ["POST /order", "GET /data", "DELETE"]))
    said = draw(some(Fault, "kind", "on", "name", "wallet", "skip", "times", "keys", "status"))
    return Fault(
        **{
            **said,
            "kind": kind,
            "on": on,
            "name": draw(st.uuids().map(str) | st.just("")),
            "wallet": "" if on == "market" else draw(WALLETS | st.just("")),
            "status": draw(st.integers(400, 599)),
            "delay_ms": draw(st.integers(1, units.MS_MAX)),
            "retry_after_s": draw(st.integers(0, 600)),
            "fraction": draw(st.floats(0.1, 0.9)),
            "keys": tuple(draw(st.lists(WORDS, min_size=1, max_size=3))),
        }
    )


@st.composite
def steps(draw: st.DrawFn) -> Step:
    kind = BY_NAME[draw(st.sampled_from(sorted(BY_NAME)))]
    said = draw(some(kind, "payouts", "bids", "asks"))
    if kind is commands.Resolve:
        first = draw(micros(0, 10**6))
        said["payouts"] = (first, 1 - first)
    way = draw(st.sampled_from(["at_ms", "after_trades", "after_orders", "after_fills", None]))
    timing = {way: draw(st.integers(0, 10**6))} if way else {}
    if draw(st.booleans()):
        timing |= {"every_ms": draw(st.integers(1, 10**6)), "times": draw(st.integers(0, 9))}
    command: Any = kind(**said)
    return Step(timing=Timing(**timing), command=command)


@st.composite
def venue_tables(draw: st.DrawFn) -> VenueTable:
    venue = VenueTable(**draw(some(VenueTable, "starts_at")))
    if venue.clock is ClockKind.MANUAL:
        return msgspec.structs.replace(venue, starts_at=draw(st.none() | DATES))
    return venue


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    return Scenario(
        venue=draw(venue_tables()),
        source=SourceTable(**draw(some(SourceTable))),
        markets=_unlike(draw(st.lists(market_tables(), max_size=2)), "slug"),
        wallets=_unlike(
            [WalletTable(**said) for said in draw(st.lists(some(WalletTable), max_size=2))],
            "address",
        ),
        faults=_unlike(draw(st.lists(faults(), max_size=2)), "name"),
        steps=tuple(draw(st.lists(steps(), max_size=3))),
    )


def _unlike(tables: list[Any], key: str) -> tuple[Any, ...]:
    """One of a kind."""
    return tuple({getattr(table, key): table for table in tables}.values())
