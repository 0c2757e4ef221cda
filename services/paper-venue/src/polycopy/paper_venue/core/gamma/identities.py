"""Ids that the oracle has for a market: functions of the condition, in the shapes of the venue."""

from polycopy.paper_venue.core import identity
from polycopy.schemas.ids import ConditionId

_BYTE = 2


def question_id(condition_id: ConditionId) -> str:
    return "0x" + identity.digest("question", condition_id)


def request_id(condition_id: ConditionId) -> str:
    """The outcome's byte, the last, is zero."""
    return _cut(identity.digest("request", condition_id), 1)


def neg_risk_market_id(event_slug: str) -> str:
    """One for all markets of an event; its question's byte is zero."""
    return _cut(identity.digest("neg risk", event_slug), 1)


def onchain_event_id(event_slug: str) -> str:
    """Protocol V2: the lowest three bytes are zero."""
    return _cut(identity.digest("event", event_slug), 3)


def _cut(digits: str, zero_bytes: int) -> str:
    return "0x" + digits[: -_BYTE * zero_bytes] + "00" * zero_bytes
