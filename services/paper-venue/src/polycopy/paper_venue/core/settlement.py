"""When a trade comes nearer to the chain: MATCHED, MINED at half the time, CONFIRMED at the end."""

from polycopy.paper_venue.core.facts import TradeStatus


def schedule(settle_ms: int) -> tuple[tuple[TradeStatus, int], ...]:
    """Each step and its delay after the match in milliseconds; both 0: at once, in order."""
    return ((TradeStatus.MINED, settle_ms // 2), (TradeStatus.CONFIRMED, settle_ms))
