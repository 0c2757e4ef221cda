"""The operator's terminal: answers on stdout, everything else on stderr."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import msgspec
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table as RichTable
from rich.text import Text
from rich.tree import Tree

from polycopy.cli.core.page import Branch, Column, Fit, Page, Table, Tone
from polycopy.cli.core.words import plain
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Halt

_WIDTH_OF_A_FILE = 200
_WIDTH_OF_A_TREE = 10_000
"""In a file: each branch is one line, however long, and nothing of it is left out."""
_BESIDE = 2
"""What stands beside each column of a table."""
_STYLES = {Tone.PLAIN: "", Tone.WARN: "yellow", Tone.BAD: "bold red"}


class RichBar:
    """A progress bar on stderr; still where that is no terminal."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, done: int, note: str) -> None:
        self._progress.update(self._task, completed=done, note=note)


class Times:
    """How lines begin that tell when they were said."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._day: date | None = None

    def begin(self) -> str:
        """`14:29:45 ` by the machine's time zone; the date before it in the first line of a day."""
        now = datetime.fromtimestamp(self._clock.now_ms() // 1_000, tz=UTC).astimezone()
        is_new = now.date() != self._day
        self._day = now.date()
        return f"{now:%Y-%m-%d %H:%M:%S} " if is_new else f"{now:%H:%M:%S} "


class RichTerminal:
    """Text that comes from the log is no markup, and nothing in it reaches the terminal as a
    command."""

    def __init__(self) -> None:
        in_a_file = not sys.stdout.isatty()
        self._out = _console(_WIDTH_OF_A_FILE if in_a_file else None)
        self._trees = _console(_WIDTH_OF_A_TREE if in_a_file else None)
        self._err = Console(stderr=True, markup=False, highlight=False, emoji=False)
        self._times: Times | None = None

    def show(self, page: Page) -> None:
        match page:
            case str():
                self._out.print(plain(page), soft_wrap=True)
            case Table() if not page.rows:
                self._out.print(page.empty, soft_wrap=True)
            case Table():
                self._out.print(_table(page, self._out.width))
            case Branch():
                self._trees.print(_tree(page))

    def put(self, value: object) -> None:
        """One JSON value on stdout."""
        self._out.file.write(msgspec.json.encode(value).decode() + "\n")
        self._out.file.flush()

    def note(self, line: str) -> None:
        begin = self._times.begin() if self._times else ""
        self._err.print(begin + plain(line), soft_wrap=True)

    def tell_times(self, clock: Clock) -> None:
        """From now on each note begins with the local time, and with the date where that is new."""
        self._times = Times(clock)

    async def confirm(self, question: str) -> bool:
        """Whether the operator says yes. Raises Halt where there is nobody to be asked."""
        if not sys.stdin.isatty():
            raise Halt("there is nobody here to confirm it: say --yes")
        self._err.print(f"{plain(question)} [y/N]", end=" ", soft_wrap=True)
        loop = asyncio.get_running_loop()
        said: asyncio.Future[str] = loop.create_future()

        def heard() -> None:
            if not said.done():
                said.set_result(sys.stdin.readline())

        loop.add_reader(sys.stdin.fileno(), heard)
        try:
            return (await said).strip().lower() in {"y", "yes"}
        finally:
            loop.remove_reader(sys.stdin.fileno())

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[RichBar]:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
        )
        with self._progress(*columns) as progress:
            yield RichBar(progress, progress.add_task(title, total=total, note=""))

    @contextmanager
    def waiting(self, words: str) -> Iterator[None]:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with self._progress(*columns) as progress:
            progress.add_task(f"waiting {words}", total=None)
            yield

    def _progress(self, *columns: ProgressColumn) -> Progress:
        """On stderr, gone when it is over; still where that is no terminal."""
        still = not self._err.is_terminal
        return Progress(*columns, console=self._err, transient=True, disable=still)


def _console(width: int | None) -> Console:
    return Console(markup=False, highlight=False, emoji=False, width=width)


def _table(table: Table, width: int) -> RichTable:
    drawn = RichTable(
        title=table.title or None,
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for column, cut_to in zip(table.columns, _cut_to(table, width), strict=True):
        side: JustifyMethod = "right" if column.right else "left"
        kept = column.right or column.fit is Fit.KEEP
        drawn.add_column(column.title, justify=side, overflow="fold", no_wrap=kept, width=cut_to)
    tones = table.tones or (Tone.PLAIN,) * len(table.rows)
    for row, tone in zip(table.rows, tones, strict=True):
        cells = (_cell(*pair) for pair in zip(row, table.columns, strict=True))
        drawn.add_row(*cells, style=_STYLES[tone])
    return drawn


def _cut_to(table: Table, width: int) -> list[int | None]:
    """How wide each column that may be cut is, so that the table fits; None for any other. The
    widest gives first, and none of its first lines: they hold the figures."""
    texts = [
        [column.title, *(row[n] for row in table.rows)] for n, column in enumerate(table.columns)
    ]
    wide = [max(cell_len(line) for text in column for line in text.split("\n")) for column in texts]
    least = [max(cell_len(text.split("\n")[0]) for text in column[1:]) for column in texts]
    cut = [n for n, column in enumerate(table.columns) if column.fit is Fit.CUT]
    too_wide = sum(wide) + _BESIDE * len(wide) - width
    for n in sorted(cut, key=lambda n: least[n] - wide[n]):
        given = min(max(0, too_wide), wide[n] - least[n])
        wide[n], too_wide = wide[n] - given, too_wide - given
    return [wide[n] if n in cut else None for n in range(len(wide))]


def _cell(text: str, column: Column) -> Text:
    lines = "\n".join(map(plain, text.split("\n")))
    if column.fit is Fit.CUT:
        return Text(lines, no_wrap=True, overflow="ellipsis")
    return Text(lines)


def _tree(branch: Branch, drawn: Tree | None = None) -> Tree:
    label = Text(plain(branch.label))
    tree = Tree(label) if drawn is None else drawn.add(label)
    for child in branch.branches:
        _tree(child, tree)
    return tree
