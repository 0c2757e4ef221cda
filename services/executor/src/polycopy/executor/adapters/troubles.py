"""What went wrong between us and the venue, for whoever reads our log."""

from polycopy.executor.core.outcomes import Outcome
from polycopy.runtime.logs import get_logger

_logger = get_logger("executor")


def warn(outcome: Outcome) -> None:
    """One line for a request that got no answer, or one that a venue in trouble gives."""
    if outcome.is_trouble:
        _logger.warning(
            "the venue is in trouble",
            request=outcome.name,
            http_status=outcome.http_status or None,
            took_ms=outcome.took_ms,
        )
