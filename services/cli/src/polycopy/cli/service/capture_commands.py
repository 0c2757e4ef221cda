"""Commands about raw frames: what the sources sent, byte for byte."""

import gzip
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Protocol

import msgspec
import typer

from polycopy.cli.core import recording
from polycopy.cli.core.naming import No
from polycopy.cli.core.words import command, counted, plain
from polycopy.cli.service import reading
from polycopy.cli.service.calling import Call
from polycopy.cli.service.program import AsJson, Stack, group, program_of
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Log
from polycopy.schemas.moments import moment
from polycopy.schemas.subjects import token

_HOW = "POLYCOPY_STREAM_INGEST_RECORD=followed (or all) has stream-ingest record"
captures = group("What the sources sent, byte for byte.")


class Out(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> int: ...


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """A recording, for programs. `sources`: frames of each. The times are those of receipt."""

    file: str
    frames: int
    sources: Mapping[str, int]
    from_ms: int
    to_ms: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be exported: of one source or of all (""), received since then."""

    file: Path
    source: str
    since_ms: int


@captures.command("export")
def capture_export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="FILE.jsonl.gz, or .jsonl.")],
    *,
    source: Annotated[str, typer.Option(help="Of this source alone: rtds, chain or poll.")] = "",
    since: Annotated[
        str, typer.Option(metavar="TIME", help="2h (s, m, d) before now, or an ISO moment.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over FILE.")] = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Write raw frames to FILE, one JSON object a line: a recording for polycopy demo --recording.

    Frames are kept for as long as the stack has room for them, by default 256 MiB and 7 days.
    """
    call = Call(program=program_of(context), stack=stack, as_json=as_json)
    wanted = Wanted(
        file=_to_write(file, force=force),
        source=_source(source),
        since_ms=_since(since, call.world.clock.now_ms()),
    )
    call.answer(_export(call, wanted))


async def _export(call: Call, wanted: Wanted) -> bool:
    async with reading.open_log(call.world, call.stack) as log:
        with _written(wanted.file) as out:
            told = await _copy(call, log, wanted, out)
            if not told.frames:
                raise No("no such frame was captured", _HOW)
    frames, file = counted(told.frames, "frame"), plain(told.file)
    times = f"received from {moment(told.from_ms)} to {moment(told.to_ms)}"
    then = f"play it with {_play(told.file)}"
    if "rtds" not in told.sources:
        then = "a demo plays frames of rtds alone, and there are none"
    return call.done(told, f"{frames} in {file}, {times}: {then}")


async def _copy(call: Call, log: Log, wanted: Wanted, out: Out) -> Exported:
    counts: Counter[str] = Counter()
    times_ms: list[int] = []
    sources = [wanted.source] if wanted.source else []
    first, last = await log.captures.span()
    with call.terminal.bar("captured frames", max(0, last - first + 1)) as bar:
        async for batch in log.captures.read(sources, since_ms=wanted.since_ms):
            for frame in batch:
                out.write(recording.line(frame))
                counts[frame.source] += 1
            heard = [frame.received_at_ms for frame in batch]
            times_ms = [min([*times_ms, *heard]), max([*times_ms, *heard])]
            bar.advance(batch[-1].sequence - first + 1, f"{counts.total()} written")
    from_ms, to_ms = times_ms or (0, 0)
    return Exported(
        file=str(wanted.file),
        frames=counts.total(),
        sources=dict(counts),
        from_ms=from_ms,
        to_ms=to_ms,
    )


@contextmanager
def _written(file: Path) -> Iterator[Out]:
    """What is written stands in the file when the block ends well; otherwise all is as before."""
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as plain_out:
            if file.suffix == ".gz":
                with gzip.GzipFile(filename="", fileobj=plain_out, mode="wb", mtime=0) as packed:
                    yield packed
            else:
                yield plain_out
        part.replace(file)
    except OSError as error:
        raise Halt(f"cannot write {plain(str(file))} ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)


def _to_write(file: Path, *, force: bool) -> Path:
    if not file.name.endswith(recording.SUFFIXES):
        raise Halt(f"{plain(str(file))} is no name for a recording: .jsonl.gz or .jsonl at its end")
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise Halt(f"cannot write {plain(str(file))}: name a file in a folder that is there")
    if file.exists() and not force:
        raise Halt(f"{plain(str(file))} is there already: choose another name, or --force")
    return file


def _source(text: str) -> str:
    try:
        return token(text) if text else ""
    except ValueError as error:
        raise Halt(f"{plain(text)} is no source: rtds, chain or poll") from error


def _since(text: str, now_ms: int) -> int:
    try:
        return recording.since_ms(text, now_ms) if text else 0
    except ValueError as error:
        raise Halt(f"--since: {plain(str(error))}") from error


def _play(file: str) -> str:
    return command(f"demo --recording {shlex.quote(file)}")
