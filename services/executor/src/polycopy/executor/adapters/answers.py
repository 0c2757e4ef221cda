"""The venue's answer to `POST /order` in the executor's words."""

from polycopy.executor.core.answers import Answer, Placed, Rejected, Unknown
from polycopy.polymarket import post_answer
from polycopy.polymarket.post_answer import classify_post
from polycopy.schemas.orders import OrderRequested
from polycopy.schemas.terms import FailureCode, UncertainCode


def answer_of(
    request: OrderRequested, status: int, body: bytes, *, retry_after_s: int = 0
) -> Answer:
    """What the venue's answer to the request's bytes proves."""
    text = body.decode(errors="replace")
    match classify_post(status, body, retry_after_s=retry_after_s):
        case post_answer.Placed() as placed if placed.venue_order_id != request.venue_order_id:
            return Unknown(
                code=UncertainCode.UNRECOGNISED,
                detail=f"the venue names the order {placed.venue_order_id}: {text}",
                http_status=status,
            )
        case post_answer.Placed() as placed:
            return Placed(status=placed.status, answer=text)
        case post_answer.Duplicated():
            return Placed(status="duplicated", answer=text, adopted="duplicated")
        case post_answer.Rejected() as rejected:
            return Rejected(code=rejected.code, http_status=status, answer=text)
        case post_answer.NotAccepted() as closed:
            return Rejected(
                code=FailureCode.NOT_ACCEPTED,
                http_status=status,
                answer=text,
                retry_after_s=closed.retry_after_s,
            )
        case post_answer.Unknown() as unknown:
            return Unknown(
                code=unknown.code,
                detail=unknown.detail,
                http_status=status,
                retry_after_s=unknown.retry_after_s,
            )
