"""What the loops came to, for people and for whoever reads the last line."""

from collections.abc import Sequence

import msgspec

from tests.faults.harness.laws import Verdict


class Loop(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one. `deaths`: how often each service ended."""

    seed: str
    verdict: Verdict
    deaths: dict[str, int]
    seconds: float


def failed(seed: str, error: Exception) -> Loop:
    """A loop that did not come to its end, which is a fault like any other."""
    verdict = Verdict(
        faults={"E2": [f"the loop broke off: {error!r}"]},
        orders=0,
        fills=0,
        lost=0,
        doubled=0,
        stuck=1,
    )
    return Loop(seed=seed, verdict=verdict, deaths={}, seconds=0.0)


def line_of(loop: Loop) -> str:
    """One loop."""
    verdict = loop.verdict
    deaths = ", ".join(f"{name} died {n}×" for name, n in sorted(loop.deaths.items())) or "no death"
    return (
        f"seed {loop.seed}: {verdict.orders} orders, {verdict.fills} fills, {deaths}, "
        f"{loop.seconds:.1f} s, {'ok' if verdict.holds else 'BROKEN'}"
    )


def last_line(loops: Sequence[Loop], *, tested: bool) -> tuple[str, bool]:
    """The sum of all loops, and whether it is as it must be. `tested`: the fault tests passed."""
    verdicts = [loop.verdict for loop in loops]
    lost, doubled, stuck = (
        sum(getattr(verdict, name) for verdict in verdicts) for name in ("lost", "doubled", "stuck")
    )
    fine = tested and all(verdict.holds for verdict in verdicts)
    line = (
        f"loops={len(loops)} orders={sum(one.orders for one in verdicts)} "
        f"fills={sum(one.fills for one in verdicts)} lost={lost} doubled={doubled} stuck={stuck} "
        f"invariants={'ok' if fine else 'broken'}"
    )
    return line, fine
