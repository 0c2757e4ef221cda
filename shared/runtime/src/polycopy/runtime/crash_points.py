"""Places where a test may kill a service, by name.

They stand in the product because a crash is only tested where it happens: in the very code that
trades, between two of its own lines, in a process that SIGKILL ends with nothing cleaned up. A
double with other lines would prove something about the double. Where POLYCOPY_CRASH_AT is not set
a point costs one comparison.

    POLYCOPY_CRASH_AT=executor.sent        at the first time that it is reached
    POLYCOPY_CRASH_AT=executor.sent:3      at the third
"""

import os
import signal
from functools import cache
from types import MappingProxyType

from polycopy.runtime.errors import Halt

ENVIRONMENT_KEY = "POLYCOPY_CRASH_AT"

POINTS = MappingProxyType(
    {
        "executor.decided": "an order or its refusal is decided, and not in the log",
        "executor.request-stored": "the request is in the log, and its bytes have not left",
        "executor.sent": "the venue answered, or did not, and nothing of it is in the log",
        "executor.outcome-stored": "what the answer proves is in the log",
        "status-sync.report-heard": "reports were heard or read, and nothing of them is in the log",
        "status-sync.event-stored": "an event that they made is in the log",
    }
)


class CrashPoints:
    """Counts down to one of them. `wanted`: a name, or a name and `:` and how often it is reached;
    empty: none. Raises Halt for anything else: a misspelt point would crash nothing."""

    def __init__(self, wanted: str) -> None:
        name, _, times = wanted.partition(":")
        self._left = 0
        self._name = name
        if not wanted:
            return
        if name not in POINTS or not (times or "1").isdecimal() or times == "0":
            raise Halt(
                f"{ENVIRONMENT_KEY} is {wanted!r} and must be one of {', '.join(POINTS)}, "
                "or one of them with :N for the N-th time"
            )
        self._left = int(times or "1")

    def reach(self, name: str) -> bool:
        """Whether this is the place and the time."""
        if name != self._name:
            return False
        self._left -= 1
        return self._left == 0


def reach(name: str) -> None:
    """Nothing happens, or nothing of this process ever happens again."""
    if _of_this_process().reach(name):
        os.kill(os.getpid(), signal.SIGKILL)


@cache
def _of_this_process() -> CrashPoints:
    return CrashPoints(os.environ.get(ENVIRONMENT_KEY, ""))
