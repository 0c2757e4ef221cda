"""The `polycopy` command: puts the world together and runs one command in it."""

import os
import sys
from functools import partial

from polycopy.cli.adapters import interrupts, stacks  # noqa: F401 - the first acts when loaded
from polycopy.cli.adapters.event_log import open_log
from polycopy.cli.adapters.key_files import KeyFiles
from polycopy.cli.adapters.machine import LocalMachine
from polycopy.cli.adapters.paper_venue import open_venue
from polycopy.cli.adapters.processes import ModulePrograms, open_supervisor
from polycopy.cli.adapters.read_model import open_rows
from polycopy.cli.adapters.run_files import RunFiles
from polycopy.cli.adapters.running import run_stoppable
from polycopy.cli.adapters.terminal import RichTerminal
from polycopy.cli.config import CliSettings, load
from polycopy.cli.ports import World
from polycopy.cli.service.app import run
from polycopy.cli.service.program import Program
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.config import ConfigFault
from polycopy.runtime.logs import configure


def world(settings: CliSettings, clock: SystemClock) -> World:
    terminal = RichTerminal()
    return World(
        home=settings.home.absolute(),
        given=settings.given,
        own_servers=settings.servers,
        machine=LocalMachine(settings.home),
        clock=clock,
        terminal=terminal,
        programs=ModulePrograms(),
        runs=RunFiles(settings.home),
        keyring=KeyFiles(),
        open_embedded=stacks.open_servers,
        open_servers=partial(stacks.open_servers, own=settings.servers),
        open_log=partial(open_log, clock=clock),
        create_log=partial(open_log, clock=clock, create=True),
        open_rows=open_rows,
        open_supervisor=partial(open_supervisor, clock=clock, say=terminal.note),
        open_venue=open_venue,
    )


def main() -> None:
    """Exits with the command's code. What the libraries log is not for who runs a command."""
    configure("polycopy", "error")
    try:
        settings = load(os.environ)
    except ConfigFault as fault:
        print(f"polycopy: {fault}", file=sys.stderr)
        sys.exit(2)
    sys.exit(run(Program(world=world(settings, SystemClock()), run=run_stoppable), sys.argv[1:]))


if __name__ == "__main__":
    main()
