"""How every service starts and ends.

Exit codes: 0 ended as asked, 1 a bug, 2 wrong usage, wrong settings, or a Halt: one line on stderr
for each fault, saying what to change. 3 the same where something does not answer: whoever keeps
services running starts it again, and not after a 2.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NoReturn, TypeVar

from polycopy.runtime.config import ConfigFault, Settings, others_can_read
from polycopy.runtime.errors import Away, Halt
from polycopy.runtime.logs import configure, get_logger

_CLEAN_UP_S_MAX = 10.0
_FINE, _BUG, _REFUSED, _AWAY = 0, 1, 2, 3

S = TypeVar("S", bound=Settings)

_logger = get_logger("polycopy.process")


def start(
    name: str, load: Callable[[Mapping[str, str]], S], run: Callable[[S], Awaitable[None]]
) -> NoReturn:
    """Run a service until SIGTERM or SIGINT, which cancel `run` and let it clean up.

    With `--check` the settings are looked at and nothing is started.
    """
    arguments = sys.argv[1:]
    if arguments not in ([], ["--check"]):
        _say(name, f"unknown arguments {' '.join(arguments)}: only --check is understood")
        sys.exit(_REFUSED)
    try:
        settings = load(os.environ)
    except ConfigFault as fault:
        for line in str(fault).splitlines():
            _say(name, line)
        sys.exit(_REFUSED)
    if arguments:
        _say(name, "the settings are fine")
        sys.exit(_FINE)
    configure(name, settings.log_level)
    _warn_of_open_secrets(os.environ)
    sys.exit(_run(name, settings, run))


def _warn_of_open_secrets(environ: Mapping[str, str]) -> None:
    """No refusal: what an orchestrator mounts can often be read by all."""
    for key, path in sorted(environ.items()):
        if key.startswith("POLYCOPY_") and key.endswith("_FILE") and others_can_read(Path(path)):
            _logger.warning("a secret can be read by others than its owner", setting=key, path=path)


def _run(name: str, settings: S, run: Callable[[S], Awaitable[None]]) -> int:
    gc.freeze()  # What was imported stays: looking at it again stopped everything for 0.1 s.
    try:
        asyncio.run(_until_told(run(settings)))
    except Exception as error:
        halt = _halt_in(error)
        if halt is None:
            _logger.exception("bug")
            return _BUG
        _say(name, str(halt))
        return _AWAY if isinstance(halt, Away) else _REFUSED
    return _FINE


async def _until_told(running: Awaitable[None]) -> None:
    """Wait for the service, and cancel it when told to end."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for order in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(order, told.set)
    service = asyncio.ensure_future(running)
    order_to_end = asyncio.ensure_future(told.wait())
    await asyncio.wait({service, order_to_end}, return_when=asyncio.FIRST_COMPLETED)
    order_to_end.cancel()
    if not service.done():
        _logger.info("ending")
        service.cancel()
        await asyncio.wait({service}, timeout=_CLEAN_UP_S_MAX)
        if not service.done():
            _logger.error("the service does not end; leaving it", waited_s=_CLEAN_UP_S_MAX)
            os._exit(_BUG)
    if not service.cancelled():
        service.result()


def _halt_in(error: BaseException) -> Halt | None:
    """The Halt itself, or the first one that task groups wrapped up."""
    if isinstance(error, Halt):
        return error
    if isinstance(error, BaseExceptionGroup):
        return next((halt for one in error.exceptions if (halt := _halt_in(one))), None)
    return None


def _say(name: str, line: str) -> None:
    print(f"{name}: {line}", file=sys.stderr)  # noqa: T201 - what an operator reads first
