"""Commands about the sources of leader trades."""

from typing import Annotated

import msgspec
import typer

from polycopy.cli.core import feed_view, feeds
from polycopy.cli.core.feeds import Feeds, Gap, Missed
from polycopy.cli.core.naming import No
from polycopy.cli.core.words import there_are
from polycopy.cli.service import reading
from polycopy.cli.service.calling import Call
from polycopy.cli.service.program import AsJson, Stack, group, program_of
from polycopy.runtime.errors import Transient
from polycopy.schemas.subjects import ALL_FEEDS

_GAPS_SHOWN = 50
Source = Annotated[str, typer.Option(help="Of this one alone, as in polycopy feed list.")]

group_of_feeds = group("Where leader trades come from, and when it was silent.")


class Silences(msgspec.Struct, frozen=True, kw_only=True):
    """For programs. The latest first."""

    gaps: tuple[Gap, ...]
    missed: tuple[Missed, ...]


@group_of_feeds.command("list")
def feed_list(context: typer.Context, *, stack: Stack = None, as_json: AsJson = False) -> None:
    """Each source and connection: whether it delivers, since when, and what it missed so far."""
    call = Call(program=program_of(context), stack=stack, as_json=as_json)
    call.answer(_list(call))


@group_of_feeds.command("gaps")
def feed_gaps(
    context: typer.Context,
    *,
    source: Source = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, the latest first.")] = _GAPS_SHOWN,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """When no connection of a source delivered, and what was found out about that time."""
    call = Call(program=program_of(context), stack=stack, as_json=as_json)
    call.answer(_gaps(call, source, limit))


async def _list(call: Call) -> bool:
    found = await _as_it_runs(call, await _folded(call))
    return call.show(found.sources, feed_view.view(found))


async def _gaps(call: Call, source: str, limit: int) -> bool:
    source = source.lower()
    found = await _folded(call)
    names = [one.source for one in found.sources]
    if source and source not in names:
        raise No(f"there is no source {source}", there_are(names))
    gaps = tuple(gap for gap in found.gaps if source in {"", gap.source})
    missed = tuple(one for one in found.missed if source in {"", one.source})
    told = Silences(gaps=gaps[:limit], missed=missed[:limit])
    hidden = len(gaps) - len(told.gaps)
    return call.show(told, *feed_view.view_gaps(told.gaps, told.missed, hidden))


async def _as_it_runs(call: Call, found: Feeds) -> Feeds:
    """Where nobody answers, with servers of the operator's own too, the log alone tells."""
    run = call.world.runs.find(call.stack)
    if run is None:
        is_stopped = call.stack is not None or call.world.own_servers is None
        return feeds.as_it_runs(found, None) if is_stopped else found
    port = run.health_ports.get("stream-ingest")
    if port is None:
        return found
    try:
        return feeds.as_it_runs(found, await call.world.machine.notes_of(port))
    except Transient:
        return found


async def _folded(call: Call) -> Feeds:
    async with reading.open_log(call.world, call.stack) as log:
        events = await log.read([ALL_FEEDS])
    return feeds.folded(recorded.event for recorded in events)
