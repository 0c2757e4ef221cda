"""stream-ingest's core as its service drives it, with a list for a log."""

import msgspec
from immutables import Map

from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.subjects import subject_of
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest.core import recall, saying, trades
from polycopy.stream_ingest.core.reports import Frame, Report
from polycopy.stream_ingest.core.trades import Said, State
from tests.support.rtds_frames import CONDITION, TOKEN, TRADED_AT_S, TRANSACTION, WALLET

AT_MS = TRADED_AT_S * 1000
RECEIVED_AT_MS = AT_MS + 2_000


class Teller:
    """`log` may be another teller's: two processes side by side."""

    def __init__(
        self,
        *wallets: Wallet,
        since_ms: int = 0,
        groups_max: int = trades.GROUPS_MAX,
        asked: bool = False,
        log: list[Recorded] | None = None,
    ) -> None:
        self.log: list[Recorded] = [] if log is None else log
        state = trades.initial(groups_max=groups_max, asked=asked)
        self.state = trades.follow(state, dict.fromkeys(wallets or (WALLET,), since_ms))
        self.unread: list[Unreadable] = []
        self.doubts: list[Wallet] = []

    def feed(self, *items: Frame | Report, now_ms: int = 0) -> list[Said]:
        """What is said of them, each in the log before the next is looked at."""
        said: list[Said] = []
        for item in items:
            report = trades.read(self.state, item) if isinstance(item, Frame) else item
            if report is not None:
                said += self._report(report, now_ms or report.received_at_ms)
        return said

    def sizes(self, *items: Frame | Report) -> list[int]:
        said = self.feed(*items)
        return [event.size_micros for event in said if isinstance(event, TradeObserved)]

    def say(self, *keys: str, now_ms: int) -> list[Said]:
        """What is due of these groups."""
        said: list[Said] = []
        for key in keys:
            while (event := saying.due(self.state, key, now_ms)) is not None:
                if self._append(event):
                    said.append(event)
        return said

    def tick(self, now_ms: int) -> list[Said]:
        """What is due because time has passed."""
        return self.say(*self.state.pending, now_ms=now_ms)

    def restarted(self, *, groups_max: int = trades.GROUPS_MAX) -> "Teller":
        """Another one, who knows what the log holds."""
        asked = self.state.asked
        other = Teller(groups_max=groups_max, asked=asked, log=self.log)
        other.state = msgspec.structs.replace(other.state, wallets=self.state.wallets)
        other.catch_up()
        return other

    def catch_up(self) -> None:
        """Fold the whole log."""
        for recorded in self.log:
            self.state = trades.evolve(self.state, recorded)

    def _report(self, report: Report, now_ms: int) -> list[Said]:
        self.state = recall.attend(self.state, report)
        for keys in recall.lookups(self.state, report).values():
            self.state = recall.recall(self.state, self.log, keys)
        heard = trades.hear(self.state, report)
        self.state = heard.state
        self.unread += heard.unread
        self.doubts += heard.doubts
        return self.say(*heard.touched, now_ms=now_ms)

    def _append(self, event: Said) -> bool:
        """As a log with expectations does it: who does not know the wallet's last event, reads."""
        known = self.state.versions.get(event.wallet, 0)
        if any(one.sequence > known and one.event.wallet == event.wallet for one in self.log):  # type: ignore[attr-defined]
            self.catch_up()
            return False
        subject = subject_of(event)
        origin = Origin(source="stream-ingest", time_ms=0, causation_id=event.transaction_hash)
        new = draft(event, subject=subject, origin=origin, key=str(len(self.log)))
        recorded = Recorded(
            sequence=len(self.log) + 1, subject=subject, envelope=new.envelope, event=event
        )
        self.log.append(recorded)
        self.state = trades.evolve(self.state, recorded)
        return True


def heard(raw: bytes, *, slot: int = 1, session: str = "1-0", at_ms: int = RECEIVED_AT_MS) -> Frame:
    return Frame(raw, slot, session, at_ms)


def row(**changes: object) -> LeaderRow:
    """A row of the Data API."""
    return msgspec.structs.replace(_ROW, **changes)


def poll(*rows: LeaderRow, walk: str = "1", at_ms: int = RECEIVED_AT_MS) -> Report:
    """What one walk over the Data API's pages brought."""
    return Report(source="poll", session=walk, received_at_ms=at_ms, rows=rows)


def logs(*rows: LeaderRow, session: str = "c", at_ms: int = RECEIVED_AT_MS) -> Report:
    """Logs of the chain; those without a place get the number of their row."""
    placed = tuple(
        msgspec.structs.replace(one, kind="logs", condition_id="", place=one.place or str(number))
        for number, one in enumerate(rows)
    )
    return Report(source="chain", session=session, received_at_ms=at_ms, rows=placed)


def final_sizes(said: list[Said]) -> dict[str, int]:
    return {
        trades.key_of(event): event.size_micros
        for event in said
        if isinstance(event, TradeObserved)
    }


def knowing(state: State) -> State:
    """The market of the token of `row` is known."""
    return msgspec.structs.replace(state, conditions=Map({TOKEN: CONDITION}))


_ROW = LeaderRow(
    kind="v2",
    transaction_hash=TRANSACTION,
    wallet=WALLET,
    token_id=TOKEN,
    condition_id=CONDITION,
    side=Side.BUY,
    size_micros=10_000_000,
    price_micros=520_000,
    traded_at_ms=AT_MS,
)
