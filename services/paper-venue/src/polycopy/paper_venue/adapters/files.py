"""Recordings on disk. Every fault is a Halt of one line that says what to change."""

import gzip
import zlib
from importlib import resources
from pathlib import Path
from typing import Any

from polycopy.paper_venue.core.engine.market import Ladder, Market, Token, tick_for, token_for
from polycopy.paper_venue.core.sources import recordings
from polycopy.paper_venue.core.sources.recordings import Recorded
from polycopy.runtime.errors import Halt
from polycopy.schemas.ids import ConditionId
from polycopy.schemas.money import MICROS
from polycopy.schemas.terms import Level

RESOLVED = "resolved"
_NOTE = (
    "Resolved Markets sample data, CC BY 4.0: order books of 18 BTC 15-minute markets, 2026-09-28"
)
"""Markets of this kind are listed a day before they start."""
_UP, _DOWN = "UP", "DOWN"
_TEXT_BYTES_MAX = 512 * 1024 * 1024


def recorded(path: Path) -> list[Recorded]:
    """The rows of a tape or of captured frames (`.jsonl`, `.jsonl.gz`), or of a session of the
    activity feed (`.json`)."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            raw = file.read(_TEXT_BYTES_MAX + 1)
        if len(raw) > _TEXT_BYTES_MAX:
            raise Halt(f"SOURCE {path} is larger than {_TEXT_BYTES_MAX >> 20} MiB: cut it")
        if path.name.removesuffix(".gz").endswith(".json"):
            return recordings.session(raw)
        return recordings.tape(raw.splitlines())
    except OSError as error:
        reason = error.strerror or str(error)
        raise Halt(f"SOURCE {path} cannot be read ({reason}): name a recording") from error
    except (ValueError, EOFError, zlib.error) as error:
        raise Halt(f"SOURCE {path} is no recording ({error})") from error


class ResolvedMarkets:
    """The order books in the `resolvedkit` wheel. Ladders are read when they are asked for."""

    source_note = _NOTE

    def __init__(self, books: Any, markets: tuple[Market, ...]) -> None:
        """`books`: a pyarrow table of the UP side, in time order (pyarrow has no types)."""
        self._books = books
        self._conditions = [ConditionId(value) for value in books.column("market_id").to_pylist()]
        self.markets = markets

    @property
    def moments(self) -> int:
        return len(self._conditions)

    def condition(self, moment: int) -> ConditionId:
        return self._conditions[moment]

    def ladder(self, moment: int) -> Ladder:
        row = self._books.slice(moment, 1).to_pylist()[0]
        return Ladder(
            bids=_levels(row["bid_px"], row["bid_sz"]), asks=_levels(row["ask_px"], row["ask_sz"])
        )


def resolved_markets() -> ResolvedMarkets:
    """Halt where the optional `recordings` extra is not installed."""
    try:
        from pyarrow import (
            compute,
            parquet,
        )

        folder = resources.files("resolvedkit") / "sample_data"
    except ImportError as error:
        raise Halt(
            "SOURCE resolved needs the extra `polycopy-paper-venue[recordings]`: "
            "install it, or set POLYCOPY_PAPER_VENUE_SOURCE to seeded"
        ) from error
    with resources.as_file(folder) as at:
        books = parquet.read_table(at / "books.parquet")
        markets = parquet.read_table(at / "markets.parquet").to_pylist()
    books = books.filter(compute.equal(books.column("side"), _UP)).sort_by("ts")

    def prices(condition: str) -> set[int]:
        its_own = books.filter(compute.equal(books.column("market_id"), condition))
        columns = (its_own.column(name) for name in ("bid_px", "ask_px"))
        flat = (compute.unique(compute.list_flatten(column)).to_pylist() for column in columns)
        return {_micros(price) for found in flat for price in found}

    return ResolvedMarkets(books, tuple(_market(row, prices(row["market_id"])) for row in markets))


def _market(row: dict[str, Any], prices: set[int]) -> Market:
    condition = ConditionId(row["market_id"])
    return Market(
        condition_id=condition,
        tokens=(
            _token(condition, _UP, "Up", row["payout_up"]),
            _token(condition, _DOWN, "Down", row["payout_down"]),
        ),
        tick_size_micros=tick_for(prices),
        slug=row["slug"],
        event_slug=row["slug"],
        title=row["question"],
    )


def _token(condition: ConditionId, side: str, outcome: str, payout: float) -> Token:
    return Token(
        token_id=token_for(condition, side), outcome=outcome, payout_micros=_micros(payout)
    )


def _levels(prices: list[float], sizes: list[float]) -> tuple[Level, ...]:
    """Best first, as recorded. Levels of no size are left out."""
    return tuple(
        Level(price_micros=_micros(price), size_micros=_micros(size))
        for price, size in zip(prices, sizes, strict=True)
        if _micros(size) > 0
    )


def _micros(value: float) -> int:
    """The file holds doubles of decimal numbers: the nearest millionth is the number itself."""
    return round(value * MICROS)
