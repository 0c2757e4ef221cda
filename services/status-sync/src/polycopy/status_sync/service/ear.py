"""Reports become events here, whoever brings them."""

from collections.abc import Sequence

from polycopy.polymarket.reports import TradeReport
from polycopy.runtime import crash_points
from polycopy.runtime.clock import Clock
from polycopy.runtime.logs import get_logger
from polycopy.schemas.ids import Wallet
from polycopy.status_sync.core import hearing, lost
from polycopy.status_sync.core.external import Ours, external
from polycopy.status_sync.core.hearing import Hearing
from polycopy.status_sync.core.lost import Doubts
from polycopy.status_sync.core.reading import USER_SOCKET
from polycopy.status_sync.core.reconcile import Report, last_words, reconcile, sighted, strangers
from polycopy.status_sync.core.rows import parts_unread
from polycopy.status_sync.service.scribe import NAME, Scribe

_logger = get_logger(NAME)


class Ear:
    """Takes in what the venue says, and notes what it proves: of the socket, that it hears; of an
    order that was denied, that it is there."""

    def __init__(self, scribe: Scribe, *, owner: str, clock: Clock) -> None:
        self._scribe = scribe
        self._owner = owner
        self._clock = clock
        self.hearing = Hearing()
        self.doubts = Doubts()

    async def hear(self, reports: Sequence[Report], source: str) -> list[str]:
        """Append what the reports add; the types of the events. Raises Transient."""
        crash_points.reach("status-sync.report-heard")
        scribe, at_ms = self._scribe, self._clock.now_ms()
        async with scribe.lock:
            if strangers(scribe.account, reports):
                await scribe.catch_up()  # The venue can be faster than our own follower.
            self._note(reports, source, at_ms)
            self._warn(reports, source)
            scribe.remember(last_words(scribe.account, reports))
            said = await scribe.say(
                lambda held: reconcile(held, reports, source=source, at_ms=at_ms)
            )
            return said + await scribe.say(
                lambda held: external(
                    held.account, self._ours(), reports, source=source, at_ms=at_ms
                )
            )

    def _note(self, reports: Sequence[Report], source: str, at_ms: int) -> None:
        ledger = self._scribe.ledger
        note = hearing.heard if source == USER_SOCKET else hearing.found
        self.hearing = note(self.hearing, ledger, reports, at_ms)
        self.doubts = lost.seen(self.doubts, sighted(ledger.account, reports))

    def _warn(self, reports: Sequence[Report], source: str) -> None:
        trades = [report for report in reports if isinstance(report, TradeReport)]
        for row in parts_unread(self._scribe.account, trades):
            _logger.error("unreadable", source=source, row=row.name, reason=row.why)

    def _ours(self) -> Ours:
        known = self._scribe.account.venue_account
        return Ours(api_key=self._owner, wallet=known.wallet if known else Wallet(""))
