"""Which side failed.

Transient   the world is slow or away: redeliver later, bounded
Permanent   this message can never succeed: park it with the reason
Halt        go no further: the log is not what it was, or its settings endanger money
Away        a Halt that another start may heal: what the service needs does not answer
anything else is our own bug
"""


class Transient(Exception):  # noqa: N818 - the word says it
    """The world is slow or away. `after_s` is how long to wait before the next try."""

    def __init__(self, message: str, *, after_s: float = 1.0) -> None:
        super().__init__(message)
        self.after_s = after_s


class Permanent(Exception):  # noqa: N818 - the word says it
    """This message can never succeed."""


class Halt(Exception):  # noqa: N818 - the word says it
    """The service must not go on. The text says in one line what to change."""


class Away(Halt):
    """What the service cannot begin without does not answer now. Start it again."""


class Unreadable(Halt):
    """The message at `sequence` of the log is no event. Whoever folds the log must stop at it."""

    def __init__(self, message: str, *, sequence: int) -> None:
        super().__init__(message)
        self.sequence = sequence


class Conflict(Exception):  # noqa: N818 - the word says it
    """Somebody else appended to the aggregate first: fold what is new and decide again."""
