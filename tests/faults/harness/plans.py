"""What one loop of kill -9 does, from its seed alone."""

import random
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from polycopy.runtime.crash_points import POINTS
from tests.faults.harness import EXECUTOR, STATUS_SYNC
from tests.support.nats_proxy import Loss


class Blow(StrEnum):
    """What happens at a moment."""

    KILL_EXECUTOR = "kill executor"
    KILL_STATUS_SYNC = "kill status-sync"
    KILL_BOTH = "kill both"
    END_EXECUTOR = "tell executor to end"
    END_STATUS_SYNC = "tell status-sync to end"
    CUT = "cut the connections to the log"
    CRASH_SERVER = "kill nats-server"
    SWITCH = "throw the kill switch, or take it back"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`blows`: with the seconds that pass before each. `crash_at`: by service, for its first
    process, the next, and so on. `faults`: of the venue, as its control port takes them. `losses`:
    on the way to the log, with their chances."""

    seed: str
    signals: int
    per_second: float
    blows: tuple[tuple[float, Blow], ...]
    crash_at: Mapping[str, tuple[str, ...]]
    faults: tuple[Mapping[str, Any], ...] = ()
    losses: Mapping[Loss, float] = {}


_OF_THE_VENUE: tuple[Mapping[str, Any], ...] = (
    {"kind": "lost_after", "on": "POST /order", "probability": 0.1},
    {"kind": "lost_before", "on": "POST /order", "probability": 0.1},
    {"kind": "error_after", "on": "POST /order", "probability": 0.1},
    {"kind": "error_before", "on": "POST /order", "probability": 0.1},
    {"kind": "slow_answer", "on": "POST /order", "probability": 0.05, "delay_ms": 1_200},
    {"kind": "missing_keys", "on": "POST /order", "probability": 0.1, "keys": ["status"]},
    {"kind": "garbage", "on": "POST /order", "probability": 0.1, "status": 502},
    {"kind": "error_before", "on": "GET /data", "probability": 0.2, "status": 503},
    {"kind": "null_answer", "on": "GET /data/order", "probability": 0.2},
    {"kind": "duplicated", "on": "order", "probability": 0.1},
    {"kind": "unmatched", "on": "order", "probability": 0.15},
    {"kind": "unmatched", "on": "order", "probability": 0.15, "delay_ms": 150},
    {"kind": "delayed", "on": "order", "probability": 0.1, "delay_ms": 150},
    {"kind": "killed_with_fill", "on": "order", "probability": 0.05, "fraction": 0.4},
    {"kind": "settle_failed", "on": "trade", "probability": 0.1},
    {"kind": "settle_retried", "on": "trade", "probability": 0.2},
    {"kind": "gap", "on": "user", "probability": 0.2},
    {"kind": "duplicate", "on": "user", "probability": 0.3},
    {"kind": "reorder", "on": "user", "probability": 0.3, "delay_ms": 100},
    {"kind": "disconnect", "on": "user", "probability": 0.05},
    {"kind": "stall", "on": "user", "times": 1},
)
_FAULTS_MAX = 3
_OFTEN_KILLED = 3
"""How much likelier than any other blow the death of one service is."""
_BLOWS = (
    *(_OFTEN_KILLED * (Blow.KILL_EXECUTOR, Blow.KILL_STATUS_SYNC)),
    Blow.KILL_BOTH,
    Blow.END_EXECUTOR,
    Blow.END_STATUS_SYNC,
    Blow.CUT,
    Blow.CRASH_SERVER,
    Blow.SWITCH,
)


def plan(seed: str) -> Plan:
    """At random times in one loop of two, at named points too in the other."""
    chance = random.Random(f"plan {seed}")
    blows = [(chance.uniform(0.0, 0.8), chance.choice(_BLOWS)) for _ in range(chance.randint(2, 4))]
    at_points = {name: _points(chance, name) for name in (EXECUTOR, STATUS_SYNC)}
    return Plan(
        seed=seed,
        signals=chance.randint(25, 50),
        per_second=chance.uniform(20, 50),
        blows=tuple(blows),
        crash_at=at_points if chance.random() < 1 / 2 else {},
        faults=tuple(chance.sample(_OF_THE_VENUE, k=chance.randint(0, _FAULTS_MAX))),
        losses={loss: 0.1 for loss in Loss if chance.random() < 1 / 4},
    )


def _points(chance: random.Random, service: str) -> tuple[str, ...]:
    names = [name for name in POINTS if name.startswith(service)]
    return tuple(
        f"{chance.choice(names)}:{chance.randint(1, 8)}" for _ in range(chance.randint(1, 3))
    )
