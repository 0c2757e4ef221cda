"""What the doctor says of the sources of leader trades."""

import pytest

from polycopy.cli.core.doctor import source_finding


@pytest.mark.parametrize(
    ("told", "is_warning", "says"),
    [
        ({"rtds": "live", "poll": "live"}, False, "rtds live, poll live"),
        (
            {"rtds": "away", "poll": "live"},
            True,
            "rtds away, poll live: polycopy feed gaps tells what was missed and found",
        ),
        ({}, True, "every source of leader trades is switched off: nothing is heard"),
    ],
)
def test_a_source_that_is_away_is_a_warning(
    told: dict[str, str], *, is_warning: bool, says: str
) -> None:
    finding = source_finding(told)
    assert (finding.warning, finding.says) == (is_warning, says)
    assert finding.ok
