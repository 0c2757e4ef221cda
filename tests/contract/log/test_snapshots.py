"""What every store of snapshots promises (`polycopy.runtime.log.Snapshots`)."""

import asyncio
from collections.abc import Iterator

import pytest

from polycopy.runtime.errors import Permanent
from polycopy.runtime.log import SNAPSHOT_BYTES_MAX
from polycopy.runtime.memory_log import MemoryLog
from polycopy.runtime.nats_log import NatsLog
from tests.contract.log.conftest import OpenAgain

AnyLog = MemoryLog | NatsLog
LONG = [bytes([number]) * 100_000 for number in range(40)]
"""More than the server takes in one message, several times."""


def broken_off(*pieces: bytes) -> Iterator[bytes]:
    yield from pieces
    raise OverflowError("a sum beyond 64 bits")


async def test_there_is_nothing_under_a_new_name(log: AnyLog) -> None:
    assert await log.snapshots.get("executor.main") is None


@pytest.mark.parametrize("pieces", [[], [b""], [b"a", b"", b"bc"], LONG], ids=len)
async def test_what_was_put_is_there_for_everybody(
    log: AnyLog, open_again: OpenAgain, pieces: list[bytes]
) -> None:
    await log.snapshots.put("executor.main", pieces)
    other = await open_again()
    assert await other.snapshots.get("executor.main") == b"".join(pieces)


async def test_the_last_one_put_counts_however_long_those_before_were(log: AnyLog) -> None:
    for pieces in (LONG, [b"second"], [b"third"], LONG[:9], [b"fifth"]):
        await log.snapshots.put("executor.main", pieces)
        assert await log.snapshots.get("executor.main") == b"".join(pieces)


async def test_every_name_has_its_own(log: AnyLog) -> None:
    await log.snapshots.put("executor.main", [b"one"])
    await log.snapshots.put("executor.main-2", [b"two"])
    await log.snapshots.put("status-sync.main", [b"three"])
    names = ("executor.main", "executor.main-2", "status-sync.main")
    assert [await log.snapshots.get(name) for name in names] == [b"one", b"two", b"three"]


async def test_the_old_one_stays_where_the_new_one_cannot_be_finished(log: AnyLog) -> None:
    await log.snapshots.put("executor.main", [b"old"])
    with pytest.raises(OverflowError):
        await log.snapshots.put("executor.main", broken_off(*LONG))
    assert await log.snapshots.get("executor.main") == b"old"
    await log.snapshots.put("executor.main", [b"new"])
    assert await log.snapshots.get("executor.main") == b"new"


async def test_one_that_is_too_long_is_refused(log: AnyLog) -> None:
    await log.snapshots.put("executor.main", [b"old"])
    mebibyte = bytes(2**20)
    with pytest.raises(Permanent):
        await log.snapshots.put("executor.main", [mebibyte] * (SNAPSHOT_BYTES_MAX // 2**20 + 2))
    assert await log.snapshots.get("executor.main") == b"old"


async def test_of_two_that_are_put_at_once_the_later_one_is_there(log: AnyLog) -> None:
    await asyncio.gather(
        log.snapshots.put("executor.main", LONG), log.snapshots.put("executor.main", [b"later"])
    )
    assert await log.snapshots.get("executor.main") == b"later"


async def test_others_have_their_turn_after_every_piece(log: AnyLog) -> None:
    turns: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(50):
            asyncio.get_running_loop().call_soon(turns.append, number)
            yield b"x"
            assert turns[-1] == number

    await log.snapshots.put("executor.main", pieces())
    assert turns == list(range(50))


async def test_snapshots_are_not_in_the_log(log: AnyLog) -> None:
    await log.snapshots.put("executor.main", LONG)
    assert await log.end() == 1
    assert len(await log.read([">"])) == 1
