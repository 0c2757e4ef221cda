"""What the doctor says: one line a check, and what to do where something is wrong."""

import shlex
from collections.abc import Mapping, Sequence

import msgspec

from polycopy.cli.core.account_report import AccountReport, OpenOrder, Switch
from polycopy.cli.core.account_view import dispute_advice, dispute_words, switch_words
from polycopy.cli.core.exits import Kept, summary
from polycopy.cli.core.page import Column, Table, Tone
from polycopy.cli.core.words import cents, counted, handle, shares
from polycopy.schemas.control import TradingState


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`ok` None: it could not be checked, and that is no fault. Otherwise `says` ends with what to
    do where it is one. `warning`: nothing is broken, and yet the operator should know."""

    name: str
    ok: bool | None
    says: str
    warning: bool = False


def good(name: str, says: str) -> Finding:
    return Finding(name=name, ok=True, says=says)


def bad(name: str, says: str) -> Finding:
    return Finding(name=name, ok=False, says=says)


def warn(name: str, says: str) -> Finding:
    return Finding(name=name, ok=True, says=says, warning=True)


def unchecked(name: str, says: str) -> Finding:
    return Finding(name=name, ok=None, says=says)


def is_well(findings: Sequence[Finding]) -> bool:
    return all(finding.ok is not False for finding in findings)


def view(findings: Sequence[Finding]) -> Table:
    words = {True: "ok", False: "bad", None: "–"}
    return Table(
        columns=(Column("check"), Column(""), Column("what")),
        rows=tuple((f.name, "warn" if f.warning else words[f.ok], f.says) for f in findings),
        tones=tuple(map(_tone, findings)),
    )


def _tone(finding: Finding) -> Tone:
    if finding.ok is False:
        return Tone.BAD
    return Tone.WARN if finding.warning else Tone.PLAIN


def source_finding(told: Mapping[str, str]) -> Finding:
    """Of the sources of leader trades: `told` says of each whether it is `live`, or `silent` or
    `away`."""
    says = ", ".join(f"{name} {state}" for name, state in told.items())
    advice = "polycopy feed list tells since when; what was missed is looked for when it is back"
    if not any(state == "live" for state in told.values()):
        return bad("sources", f"{says}: no leader is heard; {advice}")
    if all(state == "live" for state in told.values()):
        return good("sources", says)
    return warn("sources", f"{says}: {advice}")


def account_findings(reports: Sequence[AccountReport], switches: Sequence[Switch]) -> list[Finding]:
    """A warning for each thing that keeps an account from trading as it should; one good line where
    there is none. `switches`: the last word about each account, and about all of them."""
    found = [_switched(one) for one in switches if one.state is not TradingState.ACTIVE]
    for one in reports:
        name = f"account {one.account}"
        if one.caught_up is False and one.epoch:
            found.append(warn(name, f"behind ({one.behind_reason}): no entries until all is read"))
        if uncertain := [order for order in one.open_orders if order.doubtful]:
            found.append(warn(name, _uncertain(uncertain)))
        if one.lost_orders:
            ids = ", ".join(handle(order.order_id) for order in one.lost_orders[:_SHOWN])
            lost = counted(len(one.lost_orders), "lost order")
            found.append(warn(name, f"{lost} ({ids}): polycopy order reconcile ID"))
        found += [
            warn(
                name,
                f"disputed: {dispute_words(dispute, one.market_of(dispute.token_id))}; "
                f"{dispute_advice(dispute)}",
            )
            for dispute in one.disputes
        ]
    told = f"{len(reports)}: trading, nothing lost, nothing disputed" if reports else "none yet"
    return found or [good("accounts", told)]


def _uncertain(orders: Sequence[OpenOrder]) -> str:
    pusd = sum(order.locked_micros for order in orders)
    size = sum(order.locked_size_micros for order in orders)
    parts = [cents(pusd)] * bool(pusd) + [shares(size)] * bool(size)
    locked = f" with {' and '.join(parts)} locked" if parts else ""
    ids = ", ".join(handle(order.order_id) for order in orders[:_SHOWN])
    return (
        f"{counted(len(orders), 'uncertain order')}{locked} ({ids}): the venue is asked for each; "
        "polycopy order reconcile ID tells what it says"
    )


def exit_findings(kept: Sequence[Kept]) -> list[Finding]:
    """A warning for each account that keeps what a leader sold; none is no finding."""
    advice = "not tried again: wait for the leader's next sale, or sell at the venue yourself"
    return [
        warn(
            f"account {name}", f"{summary([one for one in kept if one.account == name])}: {advice}"
        )
        for name in sorted({one.account for one in kept})
    ]


def open_secret(path: str) -> Finding:
    return warn("keys", open_secret_words(path))


def open_secret_words(path: str) -> str:
    """Of a key, or credentials, that others than the owner can read."""
    return f"{path} can be read by others than its owner: chmod 600 {shlex.quote(path)}"


def _switched(one: Switch) -> Finding:
    name = f"account {one.account}" if one.account else "all accounts"
    option = f" --account {one.account}" if one.account else ""
    return warn(name, f"trading is {switch_words(one)}; polycopy resume{option} ends that")


_SHOWN = 3
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
