"""A command as it was called, and how its answer is told: lines for people, and with --json one
object for programs, of a "no" too.

A "no" is told as `{"error": …, "hint": …}`, with what was found out beside it. What stops a command
before it has an answer (exit code 2) is a line on stderr in any case.
"""

from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from polycopy.cli.core.naming import No
from polycopy.cli.core.page import Page
from polycopy.cli.core.words import command
from polycopy.cli.ports import Terminal, World
from polycopy.cli.service.program import Program


@dataclass(frozen=True, kw_only=True)
class Call:
    """`stack` is the folder that the operator named, if he did."""

    program: Program
    stack: Path | None
    as_json: bool

    @property
    def world(self) -> World:
        return self.program.world

    @property
    def terminal(self) -> Terminal:
        return self.program.world.terminal

    @property
    def folder(self) -> str:
        """The stack's, as text; "" where he named none."""
        return str(self.stack or "")

    def to_type(self, words: str) -> str:
        """A command that goes on in the same stack."""
        return command(words, self.folder)

    def answer(self, command: Coroutine[Any, Any, bool]) -> None:
        """Run the command; what stops it as a "no" is told as one."""
        self.program.answer(self._told(command))

    async def _told(self, command: Coroutine[Any, Any, bool]) -> bool:
        try:
            return await command
        except No as no:
            return self.no(no.error, no.hint)

    def show(self, found: object, *pages: Page) -> bool:
        """What was asked for; the answer is yes."""
        if self.as_json:
            self.terminal.put(found)
        else:
            for page in pages:
                self.terminal.show(page)
        return True

    def done(self, told: object, line: str) -> bool:
        """What was done; the answer is yes."""
        self.terminal.note(line)
        return self.show(told)

    def no(self, error: str, hint: str = "", told: msgspec.Struct | None = None) -> bool:
        """Why not, what to do, and what was found out all the same; the answer is no."""
        self.terminal.note(": ".join(filter(None, (error, hint))))
        return self.no_more(error, hint, told)

    def no_more(self, error: str, hint: str = "", told: msgspec.Struct | None = None) -> bool:
        """As `no`, where people were told already."""
        if self.as_json:
            found: dict[str, Any] = msgspec.structs.asdict(told) if told else {}
            self.terminal.put({"error": error, "hint": hint} | found)
        return False
