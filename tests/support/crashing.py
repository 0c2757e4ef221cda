"""A crash before and after every step of a service, one after the other."""

import asyncio
import inspect
from typing import Any


class Crash(asyncio.CancelledError):
    """As if the process were gone: nothing that handles errors may catch it."""


class Steps:
    """Counts steps, and crashes at the one with the number `fatal` (from 1) or of that name."""

    def __init__(self, fatal: int | str = 0) -> None:
        self.fatal = fatal
        self.names: list[str] = []

    def take(self, name: str) -> None:
        self.names.append(name)
        if self.fatal in (len(self.names), name):
            raise Crash(name)


class Crashing:
    """Anything, with a step before and after each of its awaitable methods."""

    def __init__(self, inner: Any, steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._inner, name)
        if not inspect.iscoroutinefunction(attribute):
            return attribute

        async def step(*args: Any, **kwargs: Any) -> Any:
            self._steps.take(f"before {name}")
            result = await attribute(*args, **kwargs)
            self._steps.take(f"after {name}")
            return result

        return step
