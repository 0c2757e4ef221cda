"""The search for the block of a time, and the pieces of a walk over blocks."""

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket import chain_blocks, wire
from polycopy.polymarket.chain_blocks import Block
from polycopy.polymarket.chain_spans import Spans
from tests.support.chain_frames import BLOCK, BLOCK_S, block


def test_a_block_is_read() -> None:
    assert chain_blocks.read(block()) == Block(BLOCK, BLOCK_S * 1000)


@pytest.mark.parametrize(
    "strange", [None, 7, {}, {"number": "0x1"}, block(at_s=0), block(at_s=1 << 60)]
)
def test_what_is_no_block_is_refused(strange: wire.Json) -> None:
    with pytest.raises(wire.MisfitError):
        chain_blocks.read(strange)


STEPS = st.lists(st.sampled_from([0, 1, 2, 2, 2, 3, 600]), min_size=1, max_size=300)


@given(STEPS, st.integers(0, 700), st.integers(0, 80))
def test_the_search_ends_near_the_time_whatever_the_times_are(
    steps: list[int], at: int, slack: int
) -> None:
    times = [1000 * (sum(steps[:end]) + 1) for end in range(len(steps))]
    at_ms = min(1000 * at, times[-1])
    low, high = Block(0, times[0]), Block(len(times) - 1, times[-1])
    for tries in range(3 * len(times).bit_length() + 2):
        number = chain_blocks.probe(low, high, at_ms, slack_blocks=slack, tries=tries)
        if number is None:
            break
        assert low.number < number < high.number
        if times[number] < at_ms:
            low = Block(number, times[number])
        else:
            high = Block(number, times[number])
    first = bisect_left(times, at_ms)
    assert low.number <= first <= high.number
    assert high.number - low.number <= max(slack, 1)


def test_a_chain_of_even_times_is_searched_in_a_few_steps() -> None:
    head = Block(90_000_000, 2_000 * 90_000_000)
    at_ms = head.at_ms - 3 * 86_400_000 - 1
    number = chain_blocks.first_guess(head, at_ms, tries=0)
    low, high, tries = Block(number, 2_000 * number), head, 0
    while number := chain_blocks.probe(low, high, at_ms, slack_blocks=64, tries=tries) or 0:
        tries += 1
        found = Block(number, 2_000 * number)
        low, high = (found, high) if found.at_ms < at_ms else (low, found)
    assert low.at_ms < at_ms <= high.at_ms
    assert tries <= 4


def test_the_guesses_go_back_to_the_first_block() -> None:
    head = Block(1_000, 2_000_000)
    guesses = [chain_blocks.first_guess(head, 1_900_000, tries=tries) for tries in range(6)]
    assert guesses == [934, 868, 736, 472, 0, 0]


@given(st.integers(0, 500), st.integers(0, 400), st.integers(1, 600), st.integers(1, 600))
def test_every_block_is_asked_for_once_whatever_the_node_refuses(
    first: int, more: int, size: int, limit: int
) -> None:
    """The node answers up to `limit` blocks, and of every third block only alone."""
    last = first + more - 1
    spans = Spans(first, last, size=size, size_max=600)
    answered, refused = list[int](), 0
    while (piece := spans.piece()) is not None:
        blocks = range(piece[0], piece[1] + 1)
        assert 1 <= len(blocks) <= 600
        if len(blocks) > limit or (len(blocks) > 1 and blocks.stop % 3 == 0):
            refused += 1
            assert spans.refused()
        else:
            answered += blocks
            spans.answered()
    assert answered == list(range(first, last + 1))
    assert refused <= more + size.bit_length()
    spans.answered()


def test_less_than_a_block_cannot_be_asked_for() -> None:
    spans = Spans(7, 9, size=2, size_max=100)
    assert spans.refused()
    assert (spans.piece(), spans.size) == ((7, 7), 1)
    assert not spans.refused()


def test_the_pieces_grow_again_while_nothing_is_refused() -> None:
    spans = Spans(0, 10_000, size=10, size_max=15)
    for _ in range(31):
        spans.answered()
    assert spans.size == 10
    spans.answered()
    assert spans.size == 15
