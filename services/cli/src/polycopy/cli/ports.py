"""What the program wants from the outside world."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from polycopy.cli.core.doctor import Finding
from polycopy.cli.core.page import Page
from polycopy.cli.core.plan import Process, Servers
from polycopy.cli.core.rows import OrderRow, ReadModel
from polycopy.cli.core.runs import Run
from polycopy.cli.core.venue import Journal, LeaderTransaction, VenueStatus, VenueUrls
from polycopy.runtime.clock import Clock
from polycopy.runtime.log import Log


class Bar(Protocol):
    """A progress bar."""

    def advance(self, done: int, note: str) -> None: ...


class Terminal(Protocol):
    """Answers go to stdout, everything else to stderr."""

    def show(self, page: Page) -> None: ...

    def put(self, value: object) -> None:
        """One JSON value on stdout."""

    def note(self, line: str) -> None: ...

    def tell_times(self, clock: Clock) -> None:
        """From now on each note begins with the local time, and with the date where that is new."""

    async def confirm(self, question: str) -> bool:
        """Whether the operator says yes. Raises Halt where there is nobody to be asked."""

    def bar(self, title: str, total: int) -> AbstractContextManager[Bar]: ...

    def waiting(self, words: str) -> AbstractContextManager[None]:
        """Shows that something is waited for, and since when, as long as the block lasts; nothing
        where nobody looks."""


class PaperVenue(Protocol):
    """The control port of a running paper venue. Raises Transient where it does not answer."""

    async def status(self) -> VenueStatus: ...

    async def next(self) -> LeaderTransaction: ...

    async def journal(self) -> Journal: ...


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A process that is gone for good, in one line. Without a needed one nothing can go on."""

    line: str
    needed: bool


class Died(Exception):  # noqa: N818 - the word says it
    """A needed process ended by itself. The text is one line with its last words."""


class Supervisor(Protocol):
    """Runs processes of ours until its block ends, then stops them, the last started first."""

    async def start(self, processes: Sequence[Process]) -> None:
        """Returns when all are ready. Raises Halt with the last words of one that is not."""

    async def start_venue(self, process: Process) -> VenueUrls:
        """The venue, when it has told its URLs. It is never restarted: it would forget what it
        saw."""

    def watch(self, changed: Callable[[Mapping[str, int]], None]) -> None:
        """Call `changed` with all process ids now and after every restart."""

    def health_ports(self) -> Mapping[str, int]:
        """Where each service that was started tells how it is."""

    async def lost(self) -> Loss:
        """Waits until a process cannot be kept running; told once for each."""

    def restarts(self) -> Mapping[str, int]: ...


class Programs(Protocol):
    """Programs of ours that end by themselves."""

    async def run(self, arguments: Sequence[str], settings: Mapping[str, str]) -> str:
        """`python -m <arguments>`; what it wrote to stdout. Raises Halt with its last words."""

    async def faults(self, process: Process) -> list[str]:
        """What that service says of its settings, a line for each fault; it is not started."""


class Rows(Protocol):
    """The read models. Raises Transient where the database does not answer."""

    async def checkpoint(self) -> int:
        """The sequence up to which the log is projected; 0 where nothing is."""

    async def read(self) -> ReadModel: ...

    async def orders(
        self,
        *,
        strategy_id: str | None = None,
        account: str | None = None,
        states: Sequence[str] | None = None,
        limit: int | None,
    ) -> list[OrderRow]:
        """The newest first, refused ones too."""

    async def digests(self, schema: str = "") -> Mapping[str, str]:
        """A digest of every table's content, by table; of the live schema by default."""

    async def drop(self, schema: str) -> None: ...


class Runs(Protocol):
    """What tells other commands that a stack runs: a file in its folder, for us alone."""

    def write(self, run: Run) -> None: ...

    def remove(self, stack: str) -> None: ...

    def starting(self, stack: Path) -> AbstractContextManager[None]:
        """Tell other commands, as long as the block lasts and until there is a run, that the
        stack's servers are being started."""

    def is_starting(self, stack: Path) -> bool: ...

    def find(self, stack: Path | None) -> Run | None:
        """The run of that stack, or the newest one; None where none runs."""


class Keyring(Protocol):
    """Secret files of a stack."""

    def signing_key(self, stack: Path) -> Path:
        """The file of the stack's own key, which may not be there yet."""

    def make(self, path: Path) -> None:
        """A new signing key in a file readable by us alone; nothing where there is one."""

    def forget(self, path: Path) -> None:
        """Away with a file; it may be missing."""

    def has(self, path: Path) -> bool: ...

    def others_can_read(self, path: Path) -> bool:
        """Whether somebody else than its owner can; False for a file that is not there."""

    def faults(self, stack: Path) -> list[str]:
        """What is wrong with the files that are there."""


class Machine(Protocol):
    """What this process stands on."""

    @property
    def pid(self) -> int: ...

    @property
    def user(self) -> str:
        """Who runs this process."""

    def is_alive(self, pid: int) -> bool: ...

    def new_stack(self) -> Path:
        """A folder that nobody had before. Raises Halt where none can be made."""

    def make_stack(self, stack: Path) -> None:
        """Make the folder where it is missing. Raises Halt where it cannot be one."""

    def holds_stack(self, folder: Path) -> bool:
        """Whether a stack was started in this folder before."""

    async def remove_stack(self, stack: Path) -> None:
        """Away with a stopped stack, wherever its data lie."""

    def become(self, process: Process) -> NoReturn:
        """Replace this program by one of ours, with the same terminal."""

    def findings(self) -> list[Finding]:
        """What the doctor says about Python, the servers' wheels, and room for the log."""

    async def notes_of(self, health_port: int) -> Mapping[str, str]:
        """What the service there has to say to an operator. Raises Transient."""

    async def venue_time_s(self, clob: str) -> int:
        """Whole seconds by the clock of the venue at that address, or of the real one for an empty
        address. Raises Transient."""


@dataclass(frozen=True, kw_only=True)
class RunningServers:
    """`ended` waits until a server ends by itself, and says so in one line. The operator's own
    servers are not ours to watch: it waits for ever."""

    servers: Servers
    ended: Callable[[], Awaitable[str]]


OpenServers = Callable[[Path], AbstractAsyncContextManager[RunningServers]]


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything outside."""

    home: Path
    """Where stacks are kept that were not put elsewhere. It is absolute."""
    given: Mapping[str, str]
    """The operator's settings of the services."""
    own_servers: Servers | None
    """Those that the operator runs; None where the stack has embedded ones."""
    machine: Machine
    clock: Clock
    terminal: Terminal
    programs: Programs
    runs: Runs
    keyring: Keyring
    open_embedded: OpenServers
    """Servers in a folder, which is made where it is missing."""
    open_servers: OpenServers
    """The operator's servers, or embedded ones."""
    open_log: Callable[[Servers], AbstractAsyncContextManager[Log]]
    create_log: Callable[[Servers], AbstractAsyncContextManager[Log]]
    open_rows: Callable[[str], AbstractAsyncContextManager[Rows]]
    open_supervisor: Callable[[Path], AbstractAsyncContextManager[Supervisor]]
    open_venue: Callable[[VenueUrls], AbstractAsyncContextManager[PaperVenue]]

    @property
    def main_stack(self) -> Path:
        """The stack of `polycopy up` where none is named."""
        return self.home / "main"

    def known_servers(self, stack: Path | None) -> Servers | None:
        """Those that the environment names, where no stack is; or those of the running stack."""
        if stack is None and self.own_servers is not None:
            return self.own_servers
        run = self.runs.find(stack)
        return run.servers if run else None
