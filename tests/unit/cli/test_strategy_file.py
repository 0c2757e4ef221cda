"""A strategy file is read whole, with every fault, and without floats."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.cli.core.strategy_file import StrategyFault, parse, wallet_from
from polycopy.schemas.control import FixedSizing, ProportionalSizing, VenueName
from polycopy.schemas.money import LIMIT, MICROS, Side, decimal_text

ROOT = Path(__file__).parents[3]
MINIMAL = """
name = "careful"
account = "forward"
venue = "paper"
capital = 1000
[sizing]
mode = "fixed"
notional = "5"
"""


def faults_of(text: str) -> str:
    with pytest.raises(StrategyFault) as raised:
        parse(text)
    return str(raised.value)


def test_the_example_of_the_repository_is_a_strategy_with_the_defaults_it_shows() -> None:
    example = parse((ROOT / "deploy/strategies/example.toml").read_text())
    minimal = parse(MINIMAL)
    for name in (
        "sides",
        "targets",
        "price_min_micros",
        "price_max_micros",
        "leader_notional_min_micros",
        "trade_age_ms_max",
        "slippage_micros_max",
        "order_notional_min_micros",
        "order_notional_max_micros",
    ):
        assert getattr(example, name) == getattr(minimal, name), name


def test_a_minimal_file_has_what_it_says_and_limits_that_are_on() -> None:
    strategy = parse(MINIMAL)
    assert strategy.strategy_id == "careful"
    assert strategy.venue is VenueName.PAPER
    assert strategy.sizing == FixedSizing(notional_micros=5 * MICROS)
    assert strategy.capital_micros == 1_000 * MICROS
    assert strategy.sides == (Side.BUY, Side.SELL)
    assert (strategy.price_min_micros, strategy.price_max_micros) == (50_000, 950_000)


@pytest.mark.parametrize("written", ["0.02", '"0.02"', "2e-2"])
def test_a_number_is_decimal_text_however_it_is_written(written: str) -> None:
    text = MINIMAL.replace('mode = "fixed"', 'mode = "proportional"')
    strategy = parse(text.replace('notional = "5"', f"ratio = {written}"))
    assert strategy.sizing == ProportionalSizing(ratio_ppm=20_000)


@given(st.integers(min_value=0, max_value=MICROS))
def test_every_price_of_six_decimals_is_read_exactly(price_micros: int) -> None:
    text = f"price_min = 0\nprice_max = {decimal_text(price_micros)}\n{MINIMAL}"
    assert parse(text).price_max_micros == price_micros


def test_every_fault_has_a_line() -> None:
    text = MINIMAL.replace("1000", "-5").replace('"paper"', '"moon"')
    text = f'price_max = 1.5\nprize_min = 0.1\ntargets = ["0xab"]\n{text}'
    assert [line.split(":")[0] for line in faults_of(text).splitlines()] == [
        "venue",
        "capital",
        "targets.0",
        "price_max",
        "prize_min",
    ]
    both = "price_min = 0.9\nprice_max = 0.1\norder_notional_min = 9\norder_notional_max = 8"
    assert len(faults_of(f"{both}\n{MINIMAL}").splitlines()) == 2
    assert len(faults_of(f'"a\\nb" = 1\n{MINIMAL}').splitlines()) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("price_min = 0.9\nprice_max = 0.1", "price_min is above price_max"),
        ("order_notional_min = 9\norder_notional_max = 8", "order_notional_min is above"),
        ("price_min = 0.1234567", "more than six decimals"),
        ("price_min = nan", "not a finite number"),
        ("price_min = true", "not a number"),
        ("price_min = [1]", "not a number"),
        ("sides = []", "sides"),
        ('sides = ["BUY", "SELL", "BUY"]', "sides: a side is listed twice"),
        ("trade_age_s_max = 0", "trade_age_s_max: must be more than 0 and at most 2592000"),
        ("trade_age_s_max = 2592001", "trade_age_s_max: must be more than 0 and at most 2592000"),
        ("= 5", "not TOML"),
    ],
)
def test_a_fault_is_told_in_words(line: str, words: str) -> None:
    assert words in faults_of(f"{line}\n{MINIMAL}")


AMOUNTS = ("capital", "notional", "leader_notional_min", "order_notional_min", "order_notional_max")


def with_amounts(written: str) -> str:
    """A file with this for every amount in it."""
    text = MINIMAL.replace("1000", written).replace('"5"', written)
    return "".join(f"{key} = {written}\n" for key in AMOUNTS[2:]) + text


def test_an_amount_above_a_billion_is_a_fault_and_all_such_are_told_at_once() -> None:
    message = faults_of(f"trade_age_s_max = 0\n{with_amounts('1000000000.000001')}")
    for key in AMOUNTS:
        assert f"{key}: must not be more than 1000000000 (one billion)" in message
    assert "trade_age_s_max: " in message


def test_a_thousand_of_the_largest_amount_fit_into_what_an_account_can_hold() -> None:
    strategy = parse(f"trade_age_s_max = 2592000\n{with_amounts('1000000000')}")
    assert strategy.capital_micros == 10**9 * MICROS
    assert 1_000 * strategy.capital_micros <= LIMIT


def test_a_missing_key_is_named() -> None:
    message = faults_of('name = "careful"')
    for key in ("account", "venue", "capital", "sizing"):
        assert f"{key}: missing" in message


def test_the_key_of_another_sizing_is_unknown() -> None:
    assert "sizing.ratio: unknown key" in faults_of(f"{MINIMAL}\nratio = 0.1")


@pytest.mark.parametrize("name", ["a b", "a.b", "", ">", "*"])
def test_a_name_that_no_subject_can_hold_is_refused(name: str) -> None:
    assert "name: " in faults_of(MINIMAL.replace("careful", name))


def test_a_wallet_is_kept_in_lower_case() -> None:
    assert wallet_from("0x" + "AB" * 20) == "0x" + "ab" * 20


@given(st.text(max_size=200))
def test_no_text_fails_otherwise_than_by_a_fault(text: str) -> None:
    with contextlib.suppress(StrategyFault):
        parse(text)


def test_a_share_above_the_leaders_own_size_is_a_slip() -> None:
    text = MINIMAL.replace('mode = "fixed"', 'mode = "proportional"')
    faults = faults_of(text.replace('notional = "5"', "ratio = 2"))
    assert "ratio: must not be more than 1, the leader's own size; 0.02 is 2 %" in faults
