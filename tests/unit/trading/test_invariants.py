import msgspec
import pytest

from polycopy.schemas.orders import ExecutorEpochStarted, OrderEvent
from polycopy.trading.account import fold
from polycopy.trading.invariants import Broken, check, faults
from tests.support.trading import ACCOUNT, DEPOSITED, EPOCH, ONE, OPENING, filled, requested


def test_nothing_is_broken_in_an_ordinary_history() -> None:
    assert check(ACCOUNT, [*OPENING, requested(), filled()]) == []


def test_epochs_must_rise_by_one() -> None:
    skipped = ExecutorEpochStarted(account=ACCOUNT, epoch=3, instance="x")
    assert check(ACCOUNT, [*OPENING, skipped, skipped]) == [
        Broken(law="E1", index=2, detail="epoch 3 after 1")
    ]
    assert check(ACCOUNT, [EPOCH, EPOCH])[0].detail == "epoch 1 after 1"


def test_a_request_must_lie_in_an_epoch() -> None:
    assert check(ACCOUNT, [DEPOSITED, requested()]) == [
        Broken(law="E1", index=1, detail="order a requested in no epoch")
    ]


@pytest.mark.parametrize(
    ("field", "micros", "broken"),
    [
        ("free_micros", 989 * ONE, [("C1", "accounted for 999000000, deposited 1000000000")]),
        ("fees_micros", ONE, [("C1", "accounted for 1001000000, deposited 1000000000")]),
        ("realised_micros", -ONE, [("C1", "accounted for 1001000000, deposited 1000000000")]),
        (
            "locked_micros",
            9 * ONE,
            [
                ("C1", "accounted for 999000000, deposited 1000000000"),
                ("C2", "locked 9000000, open orders need 10000000"),
            ],
        ),
    ],
)
def test_a_state_that_does_not_add_up_is_found(
    field: str, micros: int, broken: list[tuple[str, str]]
) -> None:
    account = fold(ACCOUNT, [*OPENING, requested()])
    assert list(faults(account)) == []
    assert list(faults(msgspec.structs.replace(account, **{field: micros}))) == broken


def test_a_law_is_reported_at_its_first_place_only() -> None:
    lonely: list[OrderEvent] = [DEPOSITED, requested(), requested("b")]
    assert [one.index for one in check(ACCOUNT, lonely)] == [1]
