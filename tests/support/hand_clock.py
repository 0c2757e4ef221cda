"""A clock that stands until a test moves it."""


class HandClock:
    """Implements Clock."""

    def __init__(self, now_ms: int = 1_795_000_000_000) -> None:
        self.at_ms = now_ms

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic_s(self) -> float:
        return self.at_ms / 1_000

    def advance(self, by_ms: int) -> None:
        self.at_ms += by_ms
