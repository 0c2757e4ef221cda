"""Where money leaves its looks for the forward tests."""

import asyncio

from polycopy.executor.service.looks import Looks, Seen, Shelf


def looks() -> Looks:
    async def look() -> Seen:
        return Seen()

    return Looks(look)


async def put(shelf: Shelf, sequence: int, left: Looks) -> None:
    shelf.hold(sequence, left)
    await shelf.move_past(sequence)


async def test_a_forward_test_waits_until_money_has_passed() -> None:
    shelf, first = Shelf(), looks()
    taking = asyncio.create_task(shelf.take(7))
    await put(shelf, 5, looks())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not taking.done()
    await put(shelf, 7, first)
    assert await taking is first
    assert await shelf.take(6) is None, "money passed it and left nothing"


async def test_who_waited_in_vain_waits_no_more_until_money_moves() -> None:
    shelf, later = Shelf(), looks()
    assert await shelf.take(7, wait_s=0.001) is None
    async with asyncio.timeout(1):
        assert await shelf.take(8) is None
    taking = asyncio.create_task(shelf.take(10))
    await put(shelf, 9, looks())
    assert await taking is None
    waiting = asyncio.create_task(shelf.take(11))
    await put(shelf, 11, later)
    assert await waiting is later


async def test_no_more_than_a_thousand_are_kept() -> None:
    shelf = Shelf()
    for sequence in range(1, 1_102):
        await put(shelf, sequence, looks())
    assert await shelf.take(101) is None
    assert await shelf.take(102) is not None


async def test_a_signal_that_comes_again_finds_the_looks_that_money_had_at_it() -> None:
    shelf, first = Shelf(), looks()
    assert shelf.hold(7, first) is first
    assert shelf.hold(7, looks()) is first
