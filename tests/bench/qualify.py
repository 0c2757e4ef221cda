"""One leader trade against 100 strategies, in milliseconds.

Measured is what the qualifier does between a message and its append: decide, draft, encode, fold.
Half of the strategies copy in proportion and half a fixed amount; some follow another wallet, some
want cheap shares only, so that every kind of answer occurs. Every fourth event is the growth of the
trade before it. The log is not in it.
"""

import gc
import random
import time
from statistics import median
from typing import Any

from polycopy.qualifier import core
from polycopy.qualifier.core import Evaluate, State
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import FixedSizing, ProportionalSizing
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.event import encode
from polycopy.schemas.ids import EventId, TransactionHash
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.signals import TradeEvaluated
from polycopy.schemas.subjects import subject_of
from tests.bench.figures import Result, p99, result
from tests.unit.qualifier import makers

NAME = "qualify"
_TARGET_MS = 1.0
_STRATEGIES = 100
_TRADES = 5_000
_WARM_UP = 200
_GROWS_EVERY = 4


def measure() -> Result:
    chance = random.Random(NAME)
    state = _strategies()
    commands = [_command(number, chance) for number in range(_TRADES)]
    times_ms: list[float] = []
    qualified = 0
    gc.collect()
    for command in commands:
        began_s = time.perf_counter()
        state, event = _handled(state, command)
        times_ms.append(1000 * (time.perf_counter() - began_s))
        qualified += sum(decision.qualified for decision in event.decisions)
    kept = times_ms[_WARM_UP:]
    also: dict[str, float | str] = {
        "p99_ms": p99(kept),
        "trades": len(kept),
        "qualified_share": qualified / (_TRADES * _STRATEGIES),
    }
    return result(NAME, median(kept), "ms", target=_TARGET_MS, also=also)


def _strategies() -> State:
    created = []
    for place in range(_STRATEGIES):
        in_proportion = ProportionalSizing(ratio_ppm=10_000 * (1 + place % 10))
        fixed = FixedSizing(notional_micros=(2 + place % 20) * MICROS)
        limits: dict[str, Any] = {
            "sizing": in_proportion if place % 2 else fixed,
            "targets": (makers.OTHER,) if place % 10 == 3 else (),
            "price_max_micros": 400_000 if place % 5 == 2 else 950_000,
        }
        created.append(makers.created(f"strategy-{place}", sequence=1 + place, **limits))
    return core.fold(created)


def _command(number: int, chance: random.Random) -> Evaluate:
    """The number of a trade's event decides which trade it is, and whether it is new."""
    grown = number % _GROWS_EVERY == _GROWS_EVERY - 1
    shares = 50 + chance.randrange(2000)
    first = number - 1 if grown else number
    trade = makers.trade(
        3_000 + shares if grown else shares,
        100_000 + 10_000 * (first % 80),
        increase=1_000 + shares if grown else None,
        transaction_hash=TransactionHash(f"0x{first:064x}"),
        side=Side.SELL if first % 3 == 0 else Side.BUY,
    )
    return Evaluate(
        trade_id=EventId(f"{number:032x}"),
        sequence=1_000 + number,
        trade=trade,
        at_ms=makers.NOW_MS + number,
    )


def _handled(state: State, command: Evaluate) -> tuple[State, TradeEvaluated]:
    [event] = core.decide(state, command)
    origin = Origin(source=NAME, time_ms=command.at_ms, causation_id=command.trade_id)
    new = draft(event, subject=subject_of(event), origin=origin)
    encode(new.event)
    stored = Recorded(
        sequence=command.sequence, subject=new.subject, envelope=new.envelope, event=event
    )
    return core.evolve(state, stored), event
