"""Sources of leader trades as pages."""

from collections.abc import Sequence

from polycopy.cli.core.feeds import Connection, Feeds, Gap, Missed, Source, State
from polycopy.cli.core.page import Column, Fit, Page, Table, Tone
from polycopy.cli.core.words import plain
from polycopy.schemas.moments import moment

_S_MS = 1_000
_M_S, _H_S = 60, 3_600


_STATES = {
    State.DELIVERS: Tone.PLAIN,
    State.CATCHING_UP: Tone.WARN,
    State.SILENT: Tone.BAD,
    State.OFF: Tone.PLAIN,
    State.NOT_RUNNING: Tone.WARN,
}


def view(feeds: Feeds) -> Table:
    """Each source, and below it each of its connections."""
    rows: list[tuple[str, ...]] = []
    tones: list[Tone] = []
    for source in feeds.sources:
        rows.append(_source_row(source))
        tones.append(_STATES[source.state])
        for one in source.connections:
            rows.append(_connection_row(one))
            tones.append(Tone.PLAIN if one.delivering else Tone.WARN)
    return Table(
        columns=(
            Column("source", fit=Fit.KEEP),
            Column("state"),
            Column("since"),
            Column("gaps", right=True),
            Column("recovered", right=True),
            Column("unknown", right=True),
            Column("missed", right=True),
            Column("last gap"),
        ),
        rows=tuple(rows),
        tones=tuple(tones),
        empty="no source was heard yet",
    )


def view_gaps(gaps: Sequence[Gap], missed: Sequence[Missed], hidden: int = 0) -> list[Page]:
    """Times of silence, and what was missed although there was none. `hidden`: earlier gaps that
    are not shown."""
    pages: list[Page] = [_gaps(gaps)]
    if hidden:
        pages.append(f"and {hidden} earlier ones: --limit N shows more")
    if missed:
        pages.append(_missed(missed))
    return pages


def _gaps(gaps: Sequence[Gap]) -> Table:
    return Table(
        columns=(
            Column("source", fit=Fit.KEEP),
            Column("from"),
            Column("lasted", right=True),
            Column("recovered", right=True),
            Column("by"),
            Column("unknown", right=True),
            Column("why"),
        ),
        rows=tuple(
            (
                gap.source,
                moment(gap.from_ms),
                duration(gap.to_ms - gap.from_ms) if gap.to_ms else "open",
                str(gap.recovered) if gap.to_ms else "–",
                gap.by or ("nobody" if gap.to_ms else "–"),
                f"{gap.unknown_wallets} of {gap.wallets}" if gap.to_ms else "–",
                plain(gap.reason),
            )
            for gap in gaps
        ),
        tones=tuple(_tone(gap) for gap in gaps),
        empty="no gap in any source",
    )


def duration(span_ms: int) -> str:
    """`0.4 s`, `75 s`, `12 min`, `3.5 h`."""
    span_s = span_ms / _S_MS
    if span_s < 2 * _M_S:
        return f"{span_s:.3g} s"
    return f"{span_s / _M_S:.3g} min" if span_s < 2 * _H_S else f"{span_s / _H_S:.4g} h"


def _tone(gap: Gap) -> Tone:
    if not gap.to_ms:
        return Tone.BAD
    return Tone.WARN if gap.unknown_wallets else Tone.PLAIN


def _missed(missed: Sequence[Missed]) -> Table:
    return Table(
        title="trades that a source never brought, though it delivered",
        columns=(
            Column("source", fit=Fit.KEEP),
            Column("from"),
            Column("to"),
            Column("trades", right=True),
        ),
        rows=tuple(
            (one.source, moment(one.from_ms), moment(one.to_ms), str(one.trades)) for one in missed
        ),
    )


def _source_row(source: Source) -> tuple[str, ...]:
    last = source.last_gap
    return (
        source.source,
        source.state,
        moment(source.since_ms) if source.since_ms else "–",
        str(source.gaps),
        str(source.recovered),
        str(source.unknown_wallets),
        str(source.missed),
        "none" if last is None else moment(last.from_ms),
    )


def _connection_row(one: Connection) -> tuple[str, ...]:
    state = "delivers" if one.delivering else f"lost: {plain(one.reason)}"
    return (f"  {one.name}", state, moment(one.since_ms), "", "", "", "", "")
