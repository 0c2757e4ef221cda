"""Subject filters, as NATS reads them: `*` is one token, `>` is all that follow."""

from collections.abc import Sequence

from polycopy.schemas.subjects import EVENT_SUBJECTS


def check_filters(filters: Sequence[str]) -> tuple[str, ...]:
    """The filters, if there is one and no two of them overlap; otherwise ValueError.

    The server refuses overlapping filters.
    """
    if not filters:
        raise ValueError("no filter")
    for number, one in enumerate(filters):
        for other in filters[number + 1 :]:
            if overlap(one, other):
                raise ValueError(f"filters overlap: {one} and {other}")
    return tuple(filters)


def matches(subject_filter: str, subject: str) -> bool:
    """Whether a subject (without wildcards) falls under a filter."""
    wanted, found = subject_filter.split("."), subject.split(".")
    for number, word in enumerate(wanted):
        if word == ">":
            return len(found) > number
        if number >= len(found) or word not in {"*", found[number]}:
            return False
    return len(wanted) == len(found)


def overlap(one: str, other: str) -> bool:
    """Whether some subject falls under both filters."""
    left, right = one.split("."), other.split(".")
    for mine, theirs in zip(left, right, strict=False):
        if ">" in {mine, theirs}:
            return True
        if mine != theirs and "*" not in {mine, theirs}:
            return False
    return len(left) == len(right)


def covers_all(filters: Sequence[str]) -> bool:
    """Whether no event of the log is left out."""
    return ">" in filters or set(EVENT_SUBJECTS) <= set(filters)
