"""A venue out of a scenario and what it plays."""

from polycopy.paper_venue.core.clob.desk import Desk
from polycopy.paper_venue.core.clob.pipeline import Pipeline
from polycopy.paper_venue.core.control import terms
from polycopy.paper_venue.core.control.journal import Journal
from polycopy.paper_venue.core.engine import exchange
from polycopy.paper_venue.core.faults.fault_book import FaultBook
from polycopy.paper_venue.core.scenarios.scenario import Credit, Scenario
from polycopy.paper_venue.core.sources.script import Script
from polycopy.paper_venue.ports import Clock
from polycopy.paper_venue.service.venue import PaperVenue


def venue_of(
    scenario: Scenario, script: Script, clock: Clock, after: PaperVenue | None = None
) -> PaperVenue:
    """With the books of its opening, and without a director. `after`: the venue whose journal it
    writes on in. No id comes twice there: the n-th load has its own. API keys stay the same."""
    said = scenario.venue
    mined = said.credit is Credit.MINED
    journal = Journal() if after is None else after.journal
    seed = f"{scenario.seed}#{journal.loads}" if journal.loads else scenario.seed
    fresh = exchange.initial(seed, script.markets, credit_when_mined=mined)
    faults = FaultBook(scenario.seed)
    newcomers = terms.newcomers(said)
    desk = Desk(
        fresh,
        newcomers=newcomers,
        attempts=journal.orders,
        mishaps=faults,
        key_seed=scenario.seed,
    )
    return PaperVenue(
        desk,
        script,
        clock,
        Pipeline(desk, faults, limiting=said.rate_limits),
        terms=terms.settlement_terms(said),
        start_us=terms.started_us(said, clock.now_us()),
        journal=journal,
    )
