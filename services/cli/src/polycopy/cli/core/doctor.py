"""What the doctor says: one line a check, and what to do where something is wrong."""

from collections.abc import Sequence

import msgspec

from polycopy.cli.core.page import Column, Table


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`ok` None: it could not be checked, and that is no fault. Otherwise `says` ends with what to
    do where it is one."""

    name: str
    ok: bool | None
    says: str


def good(name: str, says: str) -> Finding:
    return Finding(name=name, ok=True, says=says)


def bad(name: str, says: str) -> Finding:
    return Finding(name=name, ok=False, says=says)


def unchecked(name: str, says: str) -> Finding:
    return Finding(name=name, ok=None, says=says)


def is_well(findings: Sequence[Finding]) -> bool:
    return all(finding.ok is not False for finding in findings)


def view(findings: Sequence[Finding]) -> Table:
    words = {True: "ok", False: "bad", None: "–"}
    return Table(
        columns=(Column("check"), Column(""), Column("what")),
        rows=tuple((f.name, words[f.ok], f.says) for f in findings),
    )


CLOCK_OFF_MS_MAX = 1_000


def clock_finding(ours_ms: int, venue_s: int, round_trip_ms: int) -> Finding:
    """The venue tells whole seconds, so up to a second is no difference."""
    off_ms = 0
    if ours_ms < venue_s * 1_000 - round_trip_ms:
        off_ms = ours_ms - venue_s * 1_000
    if ours_ms > (venue_s + 1) * 1_000 + round_trip_ms:
        off_ms = ours_ms - (venue_s + 1) * 1_000
    if abs(off_ms) > CLOCK_OFF_MS_MAX:
        return bad("clock", f"{off_ms} ms off the venue's: let NTP set this machine's clock")
    return good("clock", "agrees with the venue's")
