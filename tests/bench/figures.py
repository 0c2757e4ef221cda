"""What a benchmark tells, and how it gets there from its samples."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

import msgspec

ROUNDS = 7
_DIGITS = 4


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One line of JSON. `unit`: `ms` or `s`, of which less is better, or `…/s`, of which more is.

    `ok`: the target is met, or there is none. `ratio_to`: value ÷ baseline, both of this run; what
    the baseline is stands in `also`, with whatever else was seen.
    """

    name: str
    value: float
    unit: str
    target: float | None
    ok: bool
    ratio_to: float | None
    also: Mapping[str, float | str] = {}


class Paired(msgspec.Struct, frozen=True, kw_only=True):
    """Medians of rounds in which the work and its baseline took turns: things a second.

    `ratio` is the median of the rounds' own ratios. `cpu_share`: of the time that the work took,
    the part in which this process had the processor; far below 1, others had it.
    """

    per_second: float
    baseline_per_second: float
    ratio: float
    cpu_share: float


def result(
    name: str,
    value: float,
    unit: str,
    *,
    target: float | None = None,
    ratio_to: float | None = None,
    also: Mapping[str, float | str] | None = None,
    also_ok: bool = True,
) -> Result:
    """`also_ok`: whether what else has a target meets it."""
    met = target is None or (value >= target if more_is_better(unit) else value <= target)
    return Result(
        name=name,
        value=rounded(value),
        unit=unit,
        target=target,
        ok=met and also_ok,
        ratio_to=None if ratio_to is None else rounded(ratio_to),
        also={key: _short(one) for key, one in (also or {}).items()},
    )


def more_is_better(unit: str) -> bool:
    return unit.endswith("/s")


def paired(work: Callable[[], int], baseline: Callable[[], int], *, rounds: int = ROUNDS) -> Paired:
    """Both say how many things they did. The first round of each is for the caches."""
    rates: list[float] = []
    baseline_rates: list[float] = []
    cpu_shares: list[float] = []
    for number in range(rounds + 1):
        rate, cpu_share = _rate(work)
        baseline_rate, _ = _rate(baseline)
        if number:
            rates.append(rate)
            baseline_rates.append(baseline_rate)
            cpu_shares.append(cpu_share)
    return Paired(
        per_second=median(rates),
        baseline_per_second=median(baseline_rates),
        ratio=ratio(rates, baseline_rates),
        cpu_share=median(cpu_shares),
    )


def ratio(values: Sequence[float], baselines: Sequence[float]) -> float:
    """The median of the ratios of each round: what slows a whole round down falls out."""
    return median(value / base for value, base in zip(values, baselines, strict=True))


def p99(samples: Sequence[float]) -> float:
    """The sample that one in a hundred is above."""
    return sorted(samples)[len(samples) * 99 // 100]


def rounded(value: float) -> float:
    """Four digits: no figure of a noisy machine has more."""
    return float(f"{value:.{_DIGITS}g}")


def _short(figure: float | str) -> float | str:
    return rounded(figure) if isinstance(figure, float) else figure


def _rate(work: Callable[[], int]) -> tuple[float, float]:
    """Things a second, and the share of that time in which we had the processor."""
    gc.collect()
    began_s, cpu_began_s = time.perf_counter(), time.process_time()
    done = work()
    seconds, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_began_s
    return done / seconds, cpu_s / seconds
