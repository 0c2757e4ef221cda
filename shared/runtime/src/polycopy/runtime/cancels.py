"""Cancels that must not get lost.

`asyncio.wait_for` of Python 3.11 returns its result and forgets the cancel where both come in the
same turn of the loop, and nats-py waits with it. Whoever awaits such code counts before and heeds
after it.
"""

import asyncio


def count() -> int:
    """How often the task that runs was told to end."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def heed(before: int) -> None:
    """Raises CancelledError where a cancel came since then."""
    if count() > before:
        raise asyncio.CancelledError
