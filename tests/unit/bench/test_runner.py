"""The benchmarks' runner, with a benchmark that measures nothing."""

import json

import pytest

from tests.bench.figures import Result, p99, paired, ratio, result
from tests.bench.runner import main, table

AGREED = ["name", "value", "unit", "target", "ok", "ratio_to"]


def trivial() -> Result:
    return result("trivial", 2.00004, "ms", target=3, ratio_to=0.5, also={"baseline": "nothing"})


def test_the_last_line_of_a_benchmark_is_one_object_with_the_agreed_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["trivial"], {"trivial": trivial}) == 0

    told = json.loads(capsys.readouterr().out.splitlines()[-1])

    assert list(told)[: len(AGREED)] == AGREED
    assert (told["name"], told["value"], told["ok"], told["ratio_to"]) == (
        "trivial",
        2.0,
        True,
        0.5,
    )


def test_an_unknown_name_is_one_line_that_says_which_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["trivial", "nothing"], {"trivial": trivial}) == 2

    told = capsys.readouterr()

    assert told.out == ""
    assert told.err == "bench: no benchmark is called nothing; there are: trivial\n"


@pytest.mark.parametrize(
    ("value", "unit", "target", "met"),
    [
        (5.0, "ms", 5, True),
        (5.1, "ms", 5, False),
        (5.0, "events/s", 5, True),
        (4.9, "events/s", 5, False),
        (4.9, "events/s", None, True),
    ],
)
def test_a_target_in_ms_is_a_most_and_one_a_second_a_least(
    value: float, unit: str, target: float | None, *, met: bool
) -> None:
    assert result("x", value, unit, target=target).ok is met
    assert not result("x", value, unit, target=target, also_ok=False).ok


def test_the_table_has_a_line_for_each_benchmark() -> None:
    _, first, second = table([trivial(), result("other", 70_000, "events/s")]).splitlines()

    assert first.split() == ["trivial", "2", "ms", "≤", "3", "yes", "0.5", "×", "nothing"]
    assert second.split() == ["other", "70,000", "events/s", "–", "yes", "–"]


def test_work_and_baseline_take_turns_and_the_first_round_does_not_count() -> None:
    turns: list[str] = []

    def done(turn: str) -> int:
        turns.append(turn)
        return 1

    found = paired(lambda: done("work"), lambda: done("baseline"), rounds=2)

    assert turns == ["work", "baseline"] * 3
    assert found.per_second > 0


def test_a_ratio_is_the_median_of_the_rounds_own() -> None:
    assert ratio([1, 20, 3], [2, 20, 2]) == 1.0
    assert p99(range(200)) == 198
