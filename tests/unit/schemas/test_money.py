from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas.money import Rounding, decimal_text, micros, notional_down, notional_up

amounts = st.integers(min_value=-(10**18), max_value=10**18)
sizes = st.integers(min_value=0, max_value=10**12)
prices = st.integers(min_value=0, max_value=10**6)


@given(amounts)
def test_text_and_micros_lead_to_each_other(value: int) -> None:
    assert micros(decimal_text(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6))
def test_rounding_down_never_grows_a_number(number: Decimal) -> None:
    text = f"{number:f}"[:60]
    assert abs(Decimal(micros(text, Rounding.DOWN))) <= abs(Decimal(text)) * 10**6


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "-inf", "1" * 99, "1e30", "0x10"])
def test_what_is_no_usable_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|range"):
        micros(text)


def test_a_seventh_decimal_needs_a_rounding() -> None:
    with pytest.raises(ValueError, match="more than six decimals"):
        micros("0.62000007")
    with pytest.raises(ValueError, match="more than six decimals"):
        micros("123456789.000000" + "0" * 25 + "1")
    assert micros("0.62000007", Rounding.HALF_EVEN) == 620_000
    assert micros("0.0000019", Rounding.DOWN) == 1


@given(sizes, prices)
def test_the_two_notionals_enclose_the_true_one(size: int, price: int) -> None:
    assert notional_down(size, price) * 10**6 <= size * price <= notional_up(size, price) * 10**6
    assert notional_up(size, price) - notional_down(size, price) <= 1
