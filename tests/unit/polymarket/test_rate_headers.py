"""What headers say of rate limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.rate_headers import RateNotice, read_rate_headers

NAMES = (
    "Poly-RateLimit-Remaining",
    "Poly-RateLimit-Reset",
    "Poly-RateLimit-Tier",
    "Poly-RateLimit-Warning",
    "Retry-After",
)


def test_everything_that_the_venue_says_is_read() -> None:
    told = dict(zip(NAMES, ("-2", "1784913054", "Standard", "true", "3"), strict=True))

    notice = read_rate_headers(told | {"Content-Type": "application/json"})

    assert notice == RateNotice(
        remaining=-2, reset_s=1_784_913_054, tier="standard", warned=True, retry_after_s=3
    )
    assert notice.of_the_signer


def test_names_are_read_in_every_case() -> None:
    told = {"poly-ratelimit-remaining": " 7 ", "RETRY-AFTER": "2"}

    assert read_rate_headers(told) == RateNotice(remaining=7, retry_after_s=2)


@pytest.mark.parametrize(
    ("written", "left", "wait"),
    [("3.5", 3, 4), ("3.0", 3, 3), ("0.2", 0, 1), ("3.", 3, 3), ("-1.5", -2, 0)],
)
def test_parts_are_rounded_to_the_careful_side(written: str, left: int, wait: int) -> None:
    notice = read_rate_headers({NAMES[0]: written, NAMES[4]: written})

    assert (notice.remaining, notice.retry_after_s) == (left, wait)


@pytest.mark.parametrize(
    "written", ["", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "inf", "nan", "1e9", "٣", "9" * 40]
)
def test_what_cannot_be_read_was_not_said(written: str) -> None:
    notice = read_rate_headers(dict.fromkeys((NAMES[0], NAMES[1], NAMES[4]), written))

    assert notice == RateNotice()
    assert not notice.of_the_signer


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(), st.text()))
def test_no_header_is_too_strange(headers: dict[str, str]) -> None:
    assert read_rate_headers(headers).retry_after_s >= 0
