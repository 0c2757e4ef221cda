"""What the doctor says of the sources of leader trades."""

from polycopy.cli.core.doctor import source_finding


def test_sources_that_live_are_good() -> None:
    finding = source_finding({"rtds": "live", "poll": "live"})
    assert (finding.ok, finding.warning, finding.says) == (True, False, "rtds live, poll live")


def test_a_source_that_is_silent_is_a_warning_that_says_what_to_do() -> None:
    finding = source_finding({"rtds": "silent", "poll": "live"})
    assert (finding.ok, finding.warning) == (True, True)
    assert finding.says.startswith("rtds silent, poll live: polycopy feed list tells since when")


def test_with_none_that_lives_nothing_is_heard() -> None:
    finding = source_finding({"rtds": "silent", "poll": "away"})
    assert finding.ok is False
    assert finding.says.startswith("rtds silent, poll away: no leader is heard")
