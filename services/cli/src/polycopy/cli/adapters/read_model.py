"""The read models in Postgres."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import msgspec

from polycopy.cli.core.rows import (
    AccountRow,
    FillRow,
    LeaderTradeRow,
    LotRow,
    OrderRow,
    PositionRow,
    ReadModel,
)
from polycopy.readmodel.faults import NotOurs, Unavailable
from polycopy.readmodel.reader import Reader, open_reader
from polycopy.runtime.errors import Halt, Transient

Row = TypeVar("Row")


class PostgresRows:
    """Made by `open_rows`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def checkpoint(self) -> int:
        """The sequence up to which the log is projected; 0 where nothing is."""
        with _told():
            if not await self._reader.shown_schema():
                return 0
            return int((await self._reader.checkpoint())["sequence"])

    async def orders(
        self,
        *,
        strategy_id: str | None = None,
        account: str | None = None,
        states: Sequence[str] | None = None,
        limit: int | None,
    ) -> list[OrderRow]:
        with _told():
            if not await self._reader.shown_schema():
                return []
            found = await self._reader.orders(
                strategy_id=strategy_id, account=account, states=states, limit=limit
            )
        return [*_rows(found, OrderRow)]

    async def read(self) -> ReadModel:
        """Everything, at one checkpoint; nothing where nothing was projected yet."""
        with _told():
            if not await self._reader.shown_schema():
                return ReadModel()
            async with self._reader.at_one_moment():
                return ReadModel(
                    sequence=int((await self._reader.checkpoint())["sequence"]),
                    leader_trades=_rows(
                        await self._reader.leader_trades(limit=None), LeaderTradeRow
                    ),
                    orders=_rows(await self._reader.orders(limit=None), OrderRow),
                    fills=_rows(await self._reader.fills(), FillRow),
                    positions=tuple(
                        position
                        for position in _rows(await self._reader.positions(), PositionRow)
                        if position.size_micros
                    ),
                    lots=_rows(await self._reader.lots(closed_too=True), LotRow),
                    accounts=_rows(await self._reader.accounts(), AccountRow),
                )

    async def digests(self, schema: str = "") -> Mapping[str, str]:
        """A digest of every table's content, by table; of the live schema by default."""
        with _told():
            shown = schema or await self._reader.shown_schema()
            return await self._reader.digests(shown)

    async def drop(self, schema: str) -> None:
        with _told():
            await self._reader.drop_schema(schema)


@asynccontextmanager
async def open_rows(url: str) -> AsyncIterator[PostgresRows]:
    """Raises Transient where the database does not answer."""
    with _told():
        async with open_reader(url) as reader:
            yield PostgresRows(reader)


def _rows(found: list[dict[str, Any]], kind: type[Row]) -> tuple[Row, ...]:
    return tuple(msgspec.convert(row, kind) for row in found)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Unavailable as error:
        raise Transient(str(error)) from error
    except NotOurs as error:
        raise Halt(str(error)) from error
