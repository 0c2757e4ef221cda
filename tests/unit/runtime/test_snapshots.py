"""A snapshot is used where everything fits, and is otherwise as if it were not there."""

import types
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given as forall
from hypothesis import strategies as st
from structlog.testing import capture_logs

from polycopy.runtime.errors import Halt, Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.memory_log import MemoryLog
from polycopy.runtime.snapshots import (
    Fold,
    Keeper,
    Label,
    Unusable,
    fingerprint,
    sealed,
    unsealed,
)
from polycopy.schemas.ids import EventId, LogId
from tests.support.log_events import ALL_FEEDS, feed

NAME = "counter.main"
EVERY = 10
MOVED = f"the log has another event at sequence {EVERY + 1}, or none"
LABEL = Label(name=NAME, log_id=LogId("0" * 32), fingerprint="this build")


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A fold that counts."""

    sequence: int = 0
    event_id: EventId = EventId("")
    events: int = 0


def encode(state: Counted) -> Iterable[bytes]:
    yield msgspec.msgpack.encode(state.events)
    yield msgspec.msgpack.encode((state.sequence, state.event_id))


def decode(pieces: Iterable[bytes]) -> Counted:
    events, place = (msgspec.msgpack.decode(piece) for piece in pieces)
    return Counted(events=events, sequence=place[0], event_id=place[1])


FOLD = Fold(fingerprint="this build", encode=encode, decode=decode)


def keeper(log: MemoryLog, name: str = NAME, fold: Fold[Counted] = FOLD) -> Keeper[Counted]:
    return Keeper(log, name, fold, every_events=EVERY)


async def grown(log: MemoryLog, count: int) -> Counted:
    """The fold of a log with that many more events."""
    for _ in range(count):
        await log.append(feed(await log.end()))
    found = await log.read([ALL_FEEDS])
    return Counted(
        sequence=found[-1].sequence, event_id=found[-1].envelope.event_id, events=len(found)
    )


async def offered(to: Keeper[Counted], state: Counted) -> None:
    """Offered, and written down where it was due."""
    to.offer(state)
    if to.keeping is not None:
        await to.keeping


async def why_not(to: Keeper[Counted]) -> str:
    """Why no snapshot is used, in the one line that is logged."""
    with capture_logs() as lines:
        assert await to.restore() is None
    [line] = lines
    return str(line.get("why", line["event"]))


async def kept(log: MemoryLog, count: int = EVERY) -> Counted:
    state = await grown(log, count)
    await offered(keeper(log), state)
    assert NAME in log.snapshots.kept
    return state


async def test_a_state_is_found_again_by_the_next_process() -> None:
    log = MemoryLog()
    state = await kept(log)
    assert await keeper(log).restore() == state


async def test_a_young_fold_is_not_kept() -> None:
    log = MemoryLog()
    await offered(keeper(log), await grown(log, EVERY - 1))
    assert not log.snapshots.kept
    assert await why_not(keeper(log)) == "no snapshot"


async def test_the_next_one_is_due_after_as_many_events_again() -> None:
    log = MemoryLog()
    first = await kept(log)
    later = keeper(log)
    assert await later.restore() == first
    await offered(later, await grown(log, EVERY - 1))
    assert await keeper(log).restore() == first
    second = await grown(log, 1)
    await offered(later, second)
    assert await keeper(log).restore() == second


async def test_only_one_is_written_at_a_time() -> None:
    log = MemoryLog()
    one, state = keeper(log), await grown(log, EVERY)
    one.offer(state)
    first = one.keeping
    one.offer(msgspec.structs.replace(state, events=10 * EVERY))
    assert one.keeping is first
    assert first is not None
    await first
    assert await keeper(log).restore() == state


async def test_a_snapshot_of_another_build_is_not_used() -> None:
    log = MemoryLog()
    await kept(log)
    fold = msgspec.structs.replace(FOLD, fingerprint="another build")
    assert await why_not(keeper(log, fold=fold)) == "another build made it"


async def test_a_snapshot_of_another_log_is_not_used() -> None:
    log, other = MemoryLog(), MemoryLog(log_id="1" * 32)
    await kept(log)
    await kept(other)
    log.snapshots.kept = other.snapshots.kept
    assert await why_not(keeper(log)) == f"it is of another log ({'1' * 32})"


async def test_a_snapshot_under_another_name_is_not_used() -> None:
    log = MemoryLog()
    await kept(log)
    log.snapshots.kept["counter.other"] = log.snapshots.kept[NAME]
    assert await why_not(keeper(log, "counter.other")) == f"it is that of {NAME}"


async def test_a_snapshot_of_events_that_the_log_lost_is_not_used() -> None:
    log, older = MemoryLog(), MemoryLog()
    await kept(log, EVERY)
    await grown(older, EVERY - 1)
    older.snapshots.kept = log.snapshots.kept
    assert await why_not(keeper(older)) == MOVED


async def test_a_snapshot_that_ends_with_another_event_is_not_used() -> None:
    log, other = MemoryLog(), MemoryLog()
    await kept(log)
    for number in range(2 * EVERY):
        await other.append(feed(1000 + number))
    other.snapshots.kept = log.snapshots.kept
    assert await why_not(keeper(other)) == MOVED


@pytest.mark.parametrize("at", [0, 10, -33, -32, -1])
async def test_a_damaged_snapshot_is_not_used(at: int) -> None:
    log = MemoryLog()
    await kept(log)
    damaged = bytearray(log.snapshots.kept[NAME])
    damaged[at] ^= 1
    log.snapshots.kept[NAME] = bytes(damaged)
    assert await why_not(keeper(log)) == "it was damaged"


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 100])
async def test_a_snapshot_that_was_cut_is_not_used(length: int) -> None:
    log = MemoryLog()
    await kept(log)
    log.snapshots.kept[NAME] = log.snapshots.kept[NAME][:length]
    assert await why_not(keeper(log)) == "it was damaged"


async def test_a_snapshot_that_cannot_be_read_back_is_not_used() -> None:
    def forgetful(pieces: Iterable[bytes]) -> Counted:
        raise KeyError(f"a bug after {len(list(pieces))} pieces")

    log = MemoryLog()
    await kept(log)
    fold = Fold(fingerprint=FOLD.fingerprint, encode=encode, decode=forgetful)
    assert await why_not(keeper(log, fold=fold)) == "'a bug after 2 pieces'"


async def test_one_that_cannot_be_written_is_given_up_until_the_next_is_due() -> None:
    tries: list[int] = []

    def too_large(state: Counted) -> Iterable[bytes]:
        tries.append(state.events)
        raise OverflowError("a sum beyond 64 bits")

    log = MemoryLog()
    fold = Fold(fingerprint=FOLD.fingerprint, encode=too_large, decode=decode)
    one = keeper(log, fold=fold)
    for _ in range(2 * EVERY + 1):
        await offered(one, await grown(log, 1))
    assert tries == [EVERY, 2 * EVERY]
    assert not log.snapshots.kept


class Away(MemoryLog):
    """A log that answers only about itself."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self._fault = fault

    async def at(self, sequence: int) -> Recorded | None:
        assert sequence
        raise self._fault


async def test_a_log_that_does_not_answer_now_is_asked_from_zero() -> None:
    log, away = MemoryLog(), Away(Transient("later"))
    await kept(log)
    away.snapshots.kept = log.snapshots.kept
    assert await why_not(keeper(away)) == "later"


async def test_a_log_that_must_not_be_used_is_not_used() -> None:
    log, away = MemoryLog(), Away(Halt("the log was replaced"))
    await kept(log)
    away.snapshots.kept = log.snapshots.kept
    with pytest.raises(Halt):
        await keeper(away).restore()


@forall(st.lists(st.binary(max_size=300), max_size=30), st.integers(1, 200))
def test_sealed_pieces_come_back_as_they_were(pieces: list[bytes], times: int) -> None:
    pieces = [piece * times for piece in pieces]
    assert list(unsealed(b"".join(sealed(LABEL, pieces)), LABEL)) == pieces


@forall(st.binary(max_size=200))
def test_any_other_bytes_are_refused_before_they_are_looked_at(anything: bytes) -> None:
    with pytest.raises(Unusable):
        unsealed(anything, LABEL)


def test_a_fingerprint_is_that_of_every_line_of_a_package_and_of_nothing_else(
    tmp_path: Path,
) -> None:
    (tmp_path / "inner").mkdir()
    for file in ("__init__.py", "fold.py", "inner/deep.py"):
        (tmp_path / file).write_text("x = 1\n")
    package = types.ModuleType("package")
    package.__file__ = str(tmp_path / "__init__.py")
    module = types.ModuleType("fold")
    module.__file__ = str(tmp_path / "fold.py")

    whole, part = fingerprint(package), fingerprint(module)
    assert (fingerprint(package), fingerprint(module)) == (whole, part)
    assert len({whole, part, fingerprint(package, module)}) == 3

    (tmp_path / "fold.pyc").write_bytes(b"no source")
    (tmp_path / "inner" / "deep.py").write_text("x = 2\n")
    assert fingerprint(package) != whole
    assert fingerprint(module) == part
