"""Every word that says why something was not done is explained, in one place."""

from enum import StrEnum

import pytest

from tests.support.contract_files import REASONS
from tests.support.reason_codes import CODES, meanings, reasons_text


@pytest.mark.parametrize("codes", [codes for codes, _ in CODES])
def test_every_code_says_what_it_means(codes: type[StrEnum]) -> None:
    assert [code for code, meaning in meanings(codes).items() if not meaning] == []
    assert list(meanings(codes)) == list(codes)


def test_no_two_codes_of_a_set_mean_the_same() -> None:
    for codes, _ in CODES:
        told = list(meanings(codes).values())
        assert len(set(told)) == len(told)


def test_the_table_of_reasons_is_current() -> None:
    assert REASONS.read_text() == reasons_text()
