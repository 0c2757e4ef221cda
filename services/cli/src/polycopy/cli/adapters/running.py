"""Runs a coroutine to its end, and cancels it on the first Ctrl-C or SIGTERM."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

_STOPPED = (signal.SIGINT, signal.SIGTERM)


def run_stoppable(command: Coroutine[Any, Any, bool]) -> bool:
    """The command's answer; False for one that was stopped, after it has cleaned up."""
    return asyncio.run(_run(command))


async def _run(command: Coroutine[Any, Any, bool]) -> bool:
    task = asyncio.ensure_future(command)
    loop = asyncio.get_running_loop()
    for number in _STOPPED:
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return False
    finally:
        for number in _STOPPED:
            loop.remove_signal_handler(number)
