"""Answers of the Data API as pages: version 2 wraps its rows, version 1 sends a bare list."""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from polycopy.polymarket import wire
from polycopy.polymarket.wire import Unreadable

Row = TypeVar("Row")


class DataPage(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """`next_cursor` is empty on the last page, and always in version 1, which pages by offset.
    `told` counts the rows as they came; those that could not be read are in `unreadable`."""

    rows: tuple[Row, ...]
    told: int
    next_cursor: str = ""
    unreadable: tuple[Unreadable, ...] = ()


def read_page(body: bytes, read: Callable[[wire.Object], Row]) -> DataPage[Row] | Unreadable:
    """`read` may raise wire.MisfitError: that row is unreadable, the others are not."""
    try:
        listed, cursor = _listed(wire.document(body))
    except wire.MisfitError as error:
        return wire.unreadable(error, body)
    rows: list[Row] = []
    faults: list[Unreadable] = []
    for row in listed:
        try:
            rows.append(read(wire.an_object(row, "a row")))
        except wire.MisfitError as error:
            faults.append(wire.unreadable(error, wire.compact(row)))
    return DataPage(
        rows=tuple(rows), told=len(listed), next_cursor=cursor, unreadable=tuple(faults)
    )


def _listed(document: wire.Json) -> tuple[list[wire.Json], str]:
    """Null is no list here: an honest page without rows has an empty one."""
    if isinstance(document, list):
        return document, ""
    source = wire.an_object(document)
    rows = source.get("data")
    if not isinstance(rows, list):
        raise wire.MisfitError("no data")
    paging = wire.an_object(source.get("pagination") or {}, "pagination")
    return rows, wire.text(paging, "next_cursor", default="")
