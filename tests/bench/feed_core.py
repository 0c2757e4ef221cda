"""stream-ingest's core as its service drives it; what is said is in the log at once."""

from collections.abc import Sequence

from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.ids import EventId, Wallet
from polycopy.stream_ingest.core import recall, saying, settling, trades
from polycopy.stream_ingest.core.reports import RTDS, Frame
from polycopy.stream_ingest.core.trades import State

_ENVELOPE = Envelope(
    event_id=EventId("0" * 32), event_type="", source="bench", time_ms=0, aggregate=""
)
_SOURCES = frozenset({RTDS})


def following(wallets: Sequence[Wallet]) -> State:
    """As where the Data API is asked too: then repeated frames are told by their bytes."""
    state = trades.follow(trades.initial(asked=True), dict.fromkeys(wallets, 0))
    assert len(state.wallets) == len(wallets)
    return state


class Core:
    """`said` counts the events, each of which has the next sequence."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.said = 0

    def feed(self, frame: Frame) -> None:
        report = trades.read(self.state, frame)
        if report is None:
            return
        if self.state.horizon_ms >= 0:
            self.state = recall.attend(self.state, report)
        assert not recall.lookups(self.state, report), "a trade came again when it was forgotten"
        heard = trades.hear(self.state, report)
        assert not heard.unread, heard.unread
        self.state = heard.state
        for key in heard.touched:
            self._say(key, frame.received_at_ms)

    def tick(self, now_ms: int) -> None:
        """As the settler does it."""
        for key in settling.ripe(self.state, now_ms):
            self._say(key, now_ms)
            self.state, _ = settling.counted(self.state, key, now_ms, _SOURCES, _always)
            assert settling.correction(self.state, key, now_ms, _SOURCES, _always) is None
            self.state = settling.put_away(self.state, key, now_ms)

    def tidy(self, now_ms: int) -> None:
        self.state = settling.tidied(self.state, now_ms)

    def _say(self, key: str, now_ms: int) -> None:
        while (event := saying.due(self.state, key, now_ms)) is not None:
            self.said += 1
            recorded = Recorded(sequence=self.said, subject="", envelope=_ENVELOPE, event=event)
            self.state = trades.evolve(self.state, recorded)
        assert saying.nameless(self.state, key) is None


def _always(*_: object) -> bool:
    return True
