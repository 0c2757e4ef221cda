"""What a scenario plays: its source, and the markets that it changes or adds."""

import random
from pathlib import Path

from polycopy.paper_venue.adapters.files import recorded, resolved_markets
from polycopy.paper_venue.core.control.staging import Dice, Staged
from polycopy.paper_venue.core.scenarios.scenario import RESOLVED, SEEDED, Scenario
from polycopy.paper_venue.core.sources.ladders import SeededRecording
from polycopy.paper_venue.core.sources.leaders import Leaders
from polycopy.paper_venue.core.sources.recordings import Replay
from polycopy.paper_venue.core.sources.script import Chance, Script
from polycopy.runtime.errors import Halt


def dice(seed: str) -> Dice:
    """Chance by a name, from the seed alone."""
    return lambda name: _chance(f"{name} {seed}")


def staged(scenario: Scenario, folder: Path, start_s: int) -> Staged:
    """The source with what the scenario makes of it. Halt with everything that does not fit."""
    return fitted(_script(scenario, folder), scenario, start_s)


def fitted(script: Script, scenario: Scenario, start_s: int) -> Staged:
    """The same for a source that is there already."""
    try:
        return Staged(script, scenario, dice(scenario.seed), start_s)
    except ValueError as error:
        raise Halt(f"SCENARIO: {error}") from error


def _script(scenario: Scenario, folder: Path) -> Script:
    source, seed = scenario.source, scenario.seed
    chance = _chance(f"leaders {seed}")
    trades, leaders = source.trades, source.leaders
    try:
        if source.name == RESOLVED:
            return Leaders(resolved_markets(), chance, seed=seed, trades=trades, leaders=leaders)
        if source.name == SEEDED:
            made_up = SeededRecording(chance, markets=source.markets)
            return Leaders(made_up, chance, seed=seed, trades=trades, leaders=leaders)
        path = folder / source.name
        note = f"recording {path.name}; books are made up around its prices"
        return Replay(recorded(path), chance, trades=trades, source_note=note)
    except ValueError as error:
        raise Halt(f"SOURCE {source.name}: {error}") from error


def _chance(seed: str) -> Chance:
    return random.Random(seed)  # noqa: S311 - a play, not a secret
