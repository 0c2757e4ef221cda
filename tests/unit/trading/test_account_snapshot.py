"""An account as bytes: whatever its history was, it comes back as it was and goes on the same."""

import msgspec
import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from polycopy.schemas.money import LIMIT
from polycopy.trading.account import evolve, fold
from polycopy.trading.account_snapshot import decode, encode
from polycopy.trading.account_state import KEPT_MS, Account
from tests.support import trading as make
from tests.support.dice import ACCOUNTS, Dice
from tests.support.order_dice import order_event
from tests.support.trading import ACCOUNT, OPENING

NAME = ACCOUNTS[0]
MANY = 450
"""More than a piece holds, twice."""


def again(account: Account) -> Account:
    return decode(list(encode(account)))


@forall(st.lists(st.integers(0, 2**160), max_size=60), st.integers(0, 60))
def test_a_restored_account_is_the_account_and_goes_on_as_it(numbers: list[int], cut: int) -> None:
    events = [order_event(Dice(number), NAME) for number in numbers]
    whole = fold(NAME, events)
    before = fold(NAME, events[:cut])

    restored = again(before)

    assert restored == before
    for event in events[cut:]:
        restored = evolve(restored, event)
    assert restored == whole
    assert again(whole) == whole


def test_an_account_of_many_orders_is_made_of_small_pieces() -> None:
    account = fold(ACCOUNT, make.many_orders(MANY))

    pieces = list(encode(account))

    assert decode(pieces) == account
    assert len(account.orders) == MANY
    assert len(pieces) > 2 * MANY // 200
    assert max(map(len, pieces)) < 300_000


def test_a_restored_account_forgets_the_same_at_the_same_event() -> None:
    late = [
        msgspec.structs.replace(make.requested(f"late{number}"), requested_at_ms=2 * KEPT_MS)
        for number in range(20)
    ]
    events = [*make.many_orders(990), *late]
    restored = again(fold(ACCOUNT, events[:2_000]))

    for event in events[2_000:]:
        restored = evolve(restored, event)

    assert restored == fold(ACCOUNT, events)
    assert len(restored.orders) < 500


def test_the_request_of_an_order_without_an_answer_is_kept_with_all_its_bytes() -> None:
    account = fold(ACCOUNT, [*OPENING, make.requested("a")])

    [order] = again(account).orders.values()

    assert order.request == make.requested("a")


def test_equal_ids_are_one_text_again() -> None:
    restored = again(fold(ACCOUNT, make.many_orders(2)))
    first, second = restored.orders.values()
    [key] = first.fills

    assert first.token_id is second.token_id
    assert key[1] is first.venue_order_id
    for order in (first, second):
        assert restored.venue_ids[order.venue_order_id] is order.order_id
        assert restored.lots[order.order_id].trade_id is order.trade_id


def test_sums_beyond_64_bits_are_refused_and_not_cut() -> None:
    account = msgspec.structs.replace(fold(ACCOUNT, OPENING), realised_micros=LIMIT**2)

    with pytest.raises(OverflowError):
        list(encode(account))


@pytest.mark.parametrize("pieces", [[], [b""], [b"\xc1"], [b"\x80"], [b"\x81\xa7account\x07"]])
def test_what_is_no_account_is_refused(pieces: list[bytes]) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(pieces)


def test_the_pieces_of_which_one_is_damaged_are_refused() -> None:
    first, *rest = encode(fold(ACCOUNT, make.many_orders(2)))

    with pytest.raises(msgspec.DecodeError):
        decode([first, rest[0][:-1], *rest[1:]])
