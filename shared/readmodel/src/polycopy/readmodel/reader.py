"""Reading for people: every answer is a list of rows as dicts, columns as in `views.sql`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from psycopg import IsolationLevel

from polycopy.readmodel.digest import table_digest
from polycopy.readmodel.schema import drop_schema, shown_schema, switch_views
from polycopy.readmodel.sql import Connection, connect, query, told_plainly

Row = dict[str, Any]


class Reader:
    """Reads what the views show. Made by `open_reader`. Everything raises Unavailable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def at_one_moment(self) -> AsyncIterator[None]:
        """All answers inside of the block are of one checkpoint."""
        await self._connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        with told_plainly():
            async with self._connection.transaction():
                yield

    async def checkpoint(self) -> Row:
        """log_id, sequence, event_id."""
        [row] = await self._rows("checkpoint")
        return row

    async def targets(self, *, followed: bool | None = True) -> list[Row]:
        return await self._rows("targets", followed=followed)

    async def strategies(self, strategy_id: str | None = None) -> list[Row]:
        return await self._rows("strategies", strategy_id=strategy_id)

    async def leader_trades(
        self, *, wallet: str | None = None, limit: int | None = 100
    ) -> list[Row]:
        """The newest first; all of them without a limit."""
        return await self._rows("leader_trades", wallet=wallet, limit=limit)

    async def decisions(
        self, *, trade_id: str | None = None, strategy_id: str | None = None, limit: int = 100
    ) -> list[Row]:
        """What the strategies made of a trade, or of all trades, the newest first."""
        return await self._rows(
            "decisions", trade_id=trade_id, strategy_id=strategy_id, limit=limit
        )

    async def orders(
        self,
        *,
        strategy_id: str | None = None,
        account: str | None = None,
        states: Sequence[str] | None = None,
        limit: int | None = 100,
    ) -> list[Row]:
        """The newest first, refused ones too (state `refused`). `limit` None: all."""
        wanted = None if states is None else list(states)
        return await self._rows(
            "orders", strategy_id=strategy_id, account=account, states=wanted, limit=limit
        )

    async def order(self, order_id: str) -> Row | None:
        """One order by our id or the venue's, with its `fills`."""
        found = await self._rows("order", id=order_id)
        if not found:
            return None
        return found[0] | {"fills": await self.fills(order_id=found[0]["order_id"])}

    async def fills(self, *, order_id: str | None = None) -> list[Row]:
        return await self._rows("fills", order_id=order_id)

    async def positions(self, *, account: str | None = None, closed_too: bool = False) -> list[Row]:
        return await self._rows("positions", account=account, closed_too=closed_too)

    async def lots(self, *, account: str | None = None, closed_too: bool = False) -> list[Row]:
        """What is held, by the BUY that it came from."""
        return await self._rows("lots", account=account, closed_too=closed_too)

    async def trading_states(self) -> list[Row]:
        """The kill switches that were ever set; account '' is that of all."""
        return await self._rows("trading_states")

    async def account_limits(self, account: str | None = None) -> list[Row]:
        """None for an account that has the defaults."""
        return await self._rows("account_limits", account=account)

    async def external_orders(self, account: str | None = None) -> list[Row]:
        return await self._rows("external_orders", account=account)

    async def balance_disputes(
        self, *, account: str | None = None, agreed_too: bool = False
    ) -> list[Row]:
        return await self._rows("balance_disputes", account=account, agreed_too=agreed_too)

    async def accounts(self, account: str | None = None) -> list[Row]:
        return await self._rows("accounts", account=account)

    async def performance(self, strategy_id: str | None = None) -> list[Row]:
        return await self._rows("performance", strategy_id=strategy_id)

    async def counts(self) -> Row:
        """leader_trades, evaluated, qualified, orders, refused, fills, positions."""
        [row] = await self._rows("counts")
        return row

    async def shown_schema(self) -> str:
        """The version that the views show; empty where nothing was projected yet."""
        return await shown_schema(self._connection)

    async def digests(self, schema: str) -> dict[str, str]:
        return await table_digest(self._connection, schema)

    async def switch_views(self, schema: str) -> None:
        await switch_views(self._connection, schema)

    async def drop_schema(self, schema: str) -> None:
        await drop_schema(self._connection, schema)

    async def server_version(self) -> str:
        with told_plainly():
            cursor = await self._connection.execute("SHOW server_version")
            row = await cursor.fetchone()
        return "" if row is None else str(row["server_version"])

    async def _rows(self, name: str, **parameters: object) -> list[Row]:
        with told_plainly():
            cursor = await self._connection.execute(query(name), parameters)
            return await cursor.fetchall()


@asynccontextmanager
async def open_reader(url: str) -> AsyncIterator[Reader]:
    """Raises Unavailable."""
    async with connect(url, application="polycopy") as connection:
        yield Reader(connection)
