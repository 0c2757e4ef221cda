"""A clock that is wrong, and steps while services run by it."""

from pathlib import Path


class SteppingClock:
    """What the clock of a service with the alteration `clock` is ahead of the machine's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.step_to(0)

    def step_to(self, ahead_ms: int) -> None:
        """All at once, as far as any reader can see."""
        new = self.path.with_suffix(".new")
        new.write_text(str(ahead_ms))
        new.replace(self.path)
