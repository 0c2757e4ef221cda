"""What the answer to a cancel says about each order: `DELETE /order` and `DELETE /orders`.

A 200 comes also where nothing was cancelled; the reasons are the venue's own words, matched by
substring. Words that say two things prove neither: "order can't be found - already canceled or
matched" has been seen for orders that were filled, and for orders that were still live. So an order
that the answer does not name, or not in known words, is UNKNOWN. No verdict says what was matched
before.
Source: the venue's OpenAPI document, and what users report.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from polycopy.polymarket import wire
from polycopy.schemas.ids import VenueOrderId
from polycopy.schemas.terms import CancelVerdict

_OK = 200
_WORDS_MAX = 500
_KNOWN: tuple[tuple[str, CancelVerdict], ...] = (
    ("order not found", CancelVerdict.NOT_FOUND),
    ("already canceled", CancelVerdict.NOT_FOUND),
    ("already matched", CancelVerdict.MATCHED),
    ("or matched", CancelVerdict.MATCHED),
    ("order is in pending/delayed status", CancelVerdict.PENDING),
)
_GONE = re.compile(
    r"(?:(?:the )?order )?(?:(?:can't be|was not|not) found )?(?:- |or )?"
    r"already canceled or matched\.?"
)
"""The whole of the words: a page of a gateway that holds them is none of the venue's answers."""


class CancelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one order after its cancel, and the words that say so."""

    verdict: CancelVerdict
    answer: str = ""


def read_cancel(
    http_status: int, body: bytes, asked: Sequence[VenueOrderId]
) -> dict[VenueOrderId, CancelAnswer]:
    """An answer for every order that was asked about. Never raises."""
    if http_status != _OK:
        return unknown(asked, f"status {http_status}: {body[:_WORDS_MAX].decode(errors='replace')}")
    said: dict[str, list[CancelAnswer]] = {}
    try:
        for order, answer in _said(wire.an_object(wire.document(body))):
            said.setdefault(order, []).append(answer)
    except wire.MisfitError as error:
        return unknown(asked, f"{error}: {body[:_WORDS_MAX].decode(errors='replace')}")
    return {order: _together(said.get(order.lower(), [])) for order in asked}


def says_gone(answer: str) -> bool:
    """Whether the venue answered that it has no such order to cancel, and not why. Its verdict is
    UNKNOWN."""
    return _GONE.fullmatch(answer.strip().lower()) is not None


def unknown(asked: Sequence[VenueOrderId], why: str) -> dict[VenueOrderId, CancelAnswer]:
    """Nothing is known of any of them."""
    answer = CancelAnswer(verdict=CancelVerdict.UNKNOWN, answer=why[:_WORDS_MAX])
    return dict.fromkeys(asked, answer)


def _said(source: wire.Object) -> Iterator[tuple[str, CancelAnswer]]:
    """Each order that is named, in lower case. Raises wire.MisfitError."""
    for order in wire.a_list(source.get("canceled"), "canceled"):
        if isinstance(order, str):
            yield order.lower(), CancelAnswer(verdict=CancelVerdict.CANCELLED)
    kept = wire.an_object(source.get("not_canceled") or {}, "not_canceled")
    for order in kept:
        words = wire.note(kept, order)[:_WORDS_MAX]
        yield order.lower(), CancelAnswer(verdict=_verdict(words), answer=words)


def _together(answers: Sequence[CancelAnswer]) -> CancelAnswer:
    if len({answer.verdict for answer in answers}) == 1:
        return answers[0]
    words = "; ".join(answer.answer or answer.verdict for answer in answers)
    why = f"two things at once: {words}" if answers else "the answer does not name it"
    return CancelAnswer(verdict=CancelVerdict.UNKNOWN, answer=why[:_WORDS_MAX])


def _verdict(words: str) -> CancelVerdict:
    lowered = words.lower()
    verdicts = {verdict for known, verdict in _KNOWN if known in lowered}
    return verdicts.pop() if len(verdicts) == 1 else CancelVerdict.UNKNOWN
