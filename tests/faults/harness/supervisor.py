"""Keeps services running as an orchestrator would, and breaks them when told to."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import psutil  # type: ignore[import-untyped]

from polycopy.runtime.crash_points import ENVIRONMENT_KEY
from tests.faults.harness.watching import PATIENCE_S
from tests.support.nursery import Child, Nursery

_POLL_S = 0.01
_REFUSED_TO_RUN = 2
_NAP_S = 0.2
"""Before a service is started again that has ended by itself; one that was killed comes at once."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How a service is started."""

    module: str
    settings: Mapping[str, str]

    def altered(self, what: str, *, clock: Path | None = None) -> "Recipe":
        """With one of the alterations of `tests.support.altered`. `clock`: a file with the
        milliseconds by which its clock is ahead, read anew at each look."""
        more = {"ALTERED": what, "ALTERED_MODULE": self.module}
        if clock is not None:
            more["ALTERED_CLOCK"] = str(clock)
        return Recipe(module="tests.support.altered", settings={**self.settings, **more})


class End(msgspec.Struct, frozen=True, kw_only=True):
    """A process of a service ended with that code (negative: signal)."""

    name: str
    code: int


class Supervisor:
    """Made by `supervising`. A service is started again whenever it ends, but for one that says
    that it must not run, such as an executor that another one replaced."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self._nursery = nursery
        self._folder = folder
        self._children: dict[str, Child] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self.ends: list[End] = []

    async def start(
        self, name: str, recipe: Recipe, *, crash_at: Sequence[str] = (), kept: bool = True
    ) -> None:
        """Returns when its process has begun. `crash_at`: of the first process, of the one after
        it, and so on; those behind have none. Not `kept`: it has one life."""
        crashes = iter(crash_at)
        await self._begin(name, recipe, next(crashes, ""))
        if kept:
            self._keepers[name] = asyncio.create_task(self._keep(name, recipe, crashes))

    def kill(self, name: str) -> None:
        """SIGKILL; it comes back."""
        self._children[name].signal(signal.SIGKILL)

    def signal(self, name: str, number: signal.Signals) -> None:
        self._children[name].signal(number)

    async def ended(self, name: str) -> int:
        """The code with which the process that runs now ends. TimeoutError where it does not."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._children[name].wait()

    async def heard(self, end: End) -> None:
        """Returns when a process ended like that. TimeoutError where none does."""
        async with asyncio.timeout(PATIENCE_S):
            while end not in self.ends:  # noqa: ASYNC110 - looked at, not told
                await asyncio.sleep(_POLL_S)

    async def paused(self, name: str) -> None:
        """Returns when its process stands still, by SIGSTOP. TimeoutError where it does not."""
        async with asyncio.timeout(PATIENCE_S):
            while psutil.Process(self._children[name].pid).status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110
                await asyncio.sleep(_POLL_S)

    async def stop(self, name: str) -> None:
        """Kill it, and leave it dead."""
        keeper = self._keepers.pop(name, None)
        if keeper is not None:
            keeper.cancel()
        self.kill(name)
        await self._children[name].wait()

    async def stop_all(self) -> None:
        for name in tuple(self._children):
            await self.stop(name)

    def gave_up(self) -> dict[str, str]:
        """Services that nobody starts again, with their last words."""
        return {
            name: self.said(name).strip().rpartition("\n")[2]
            for name, keeper in self._keepers.items()
            if keeper.done()
        }

    def said(self, name: str) -> str:
        """All that its processes wrote to stderr."""
        path = self._log(name).with_suffix(".err")
        return path.read_text() if path.exists() else ""

    def _log(self, name: str) -> Path:
        return self._folder / name

    async def _begin(self, name: str, recipe: Recipe, crash_at: str) -> None:
        crash = {ENVIRONMENT_KEY: crash_at} if crash_at else {}
        self._children[name] = await self._nursery.start(
            recipe.module, {**recipe.settings, **crash}, self._log(name)
        )

    async def _keep(self, name: str, recipe: Recipe, crashes: Iterator[str]) -> None:
        while True:
            code = await self._children[name].wait()
            self.ends.append(End(name=name, code=code))
            if code == _REFUSED_TO_RUN:
                return
            if code > 0:
                await asyncio.sleep(_NAP_S)
            await self._begin(name, recipe, next(crashes, ""))


@asynccontextmanager
async def supervising(nursery: Nursery, folder: Path) -> AsyncIterator[Supervisor]:
    """Nothing is left running."""
    supervisor = Supervisor(nursery, folder)
    try:
        yield supervisor
    finally:
        await supervisor.stop_all()
