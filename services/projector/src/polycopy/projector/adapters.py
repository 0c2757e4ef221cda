"""The tables in Postgres."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from polycopy.readmodel.changes import Change
from polycopy.readmodel.faults import Moved, NotOurs, Unavailable, Unwritable
from polycopy.readmodel.writer import Checkpoint, Writer, open_writer
from polycopy.runtime.errors import Halt, Permanent, Transient
from polycopy.runtime.log import Position
from polycopy.schemas.ids import EventId, LogId


class PostgresTables:
    """Made by `open_tables`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def checkpoint(self) -> Position | None:
        with _in_our_words():
            found = await self._writer.checkpoint()
        if found.sequence == 0:
            return None
        return Position(
            log_id=LogId(found.log_id), sequence=found.sequence, event_id=EventId(found.event_id)
        )

    async def write(
        self, changes: Sequence[Change], *, before: Position | None, after: Position
    ) -> None:
        with _in_our_words():
            await self._writer.write(changes, before=_stored(before), after=_stored(after))


@asynccontextmanager
async def open_tables(url: str, schema: str) -> AsyncIterator[PostgresTables]:
    """The tables, made where they are missing. Raises Transient and Halt."""
    with _in_our_words():
        async with open_writer(url, schema) as writer:
            yield PostgresTables(writer)


def _stored(position: Position | None) -> Checkpoint:
    if position is None:
        return Checkpoint()
    return Checkpoint(
        log_id=position.log_id, sequence=position.sequence, event_id=position.event_id
    )


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except Unavailable as error:
        raise Transient(str(error)) from error
    except Unwritable as error:
        raise Permanent(str(error)) from error
    except NotOurs as error:
        raise Halt(str(error)) from error
    except Moved as error:
        raise Halt(f"{error}; one projector at a time writes to a schema") from error
