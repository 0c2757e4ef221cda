"""Groups that were dropped from the table are still in the log: here they come back.

Before a report is heard, `attend` keeps what the table has of it, `lookups` says what it may have
dropped, and `recall` folds that.
"""

from collections.abc import Iterable

import msgspec

from polycopy.polymarket.leader_rows import ActivityRow, LeaderRow
from polycopy.runtime.log import Recorded
from polycopy.schemas.ids import Wallet
from polycopy.schemas.trades import (
    ActivityObserved,
    TradeCorrected,
    TradeObserved,
    TradeRehashed,
)
from polycopy.stream_ingest.core import groups, trades
from polycopy.stream_ingest.core.reports import Report
from polycopy.stream_ingest.core.trades import State

MARGIN_MS = 60_000
"""Sources tell the time of one trade so differently: the match or the block, and clocks."""


def attend(state: State, report: Report) -> State:
    """Keep the groups of a report that is about to be heard."""
    keys = (groups.key_of(row) for row in report.rows if isinstance(row, LeaderRow | ActivityRow))
    held = {key: None for key in keys if key in state.groups}
    return msgspec.structs.replace(state, pending=state.pending.update(held)) if held else state


def lookups(state: State, report: Report) -> dict[Wallet, frozenset[str]]:
    """Groups of the report that may have been dropped, by wallet: their events are to be folded
    (`recall`) before the report is heard."""
    if state.horizon_ms < 0:
        return {}
    found: dict[Wallet, frozenset[str]] = {}
    for row in report.rows:
        if not isinstance(row, LeaderRow | ActivityRow) or not trades.is_wanted(state, row):
            continue
        if groups.time_of(row) > state.horizon_ms + MARGIN_MS:
            continue
        key = groups.key_of(row)
        if key not in state.groups:
            found[row.wallet] = found.get(row.wallet, frozenset()) | {key}
    return found


def recall(state: State, history: Iterable[Recorded], keys: frozenset[str]) -> State:
    """Fold of a wallet's whole history only what is about these groups."""
    waiting = state.pending.update(dict.fromkeys(keys))
    state = msgspec.structs.replace(state, pending=waiting)
    for recorded in history:
        event = recorded.event
        if isinstance(event, TradeObserved | ActivityObserved | TradeCorrected):
            if trades.key_of(event) in keys:
                state = trades.evolve(state, recorded)
        elif isinstance(event, TradeRehashed) and keys & {
            trades.key_of(event),
            trades.key_of(event, event.rehashed_as),
        }:
            state = trades.evolve(state, recorded)
    return state
