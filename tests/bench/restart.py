"""The fold of an account from its first event, in events a second: an executor that starts again.

200,000 events: 50,000 orders of 200 tokens from request to confirmation. Measured is all that the
executor does with a message once it is there: headers and body to an event, and the event into the
ledger. The way from the server is not in it, and there are no snapshots yet. Target: a million
events in 30 s. Baseline: the same messages decoded, nothing folded.
"""

import gc
from collections.abc import Iterator, Sequence

from polycopy.executor.core import ledger
from polycopy.runtime.nats_wire import recorded
from polycopy.schemas.envelope import to_headers
from polycopy.schemas.event import encode
from polycopy.schemas.orders import OrderEvent
from tests.bench import lives
from tests.bench.figures import Result, paired, result
from tests.support.trading import ACCOUNT

NAME = "restart"
_TARGET_PER_S = 33_333
_EVENTS = 200_000
_ROUNDS = 3

Message = tuple[str, dict[str, str], bytes]


def measure() -> Result:
    messages = list(_messages())
    gc.freeze()  # A real start does not keep the messages: the collector must not look at ours.
    found = paired(lambda: _folded(messages), lambda: _decoded(messages), rounds=_ROUNDS)
    return result(
        NAME,
        found.per_second,
        "events/s",
        target=_TARGET_PER_S,
        ratio_to=found.ratio,
        also={
            "baseline": "the same messages decoded and not folded",
            "baseline_per_s": found.baseline_per_second,
            "s_for_a_million": 1_000_000 / found.per_second,
            "events": len(messages),
            "cpu_share": found.cpu_share,
        },
    )


def _messages() -> Iterator[Message]:
    """The account's messages as the server holds them."""
    for version, event in enumerate(_events(), start=1):
        new = lives.order_draft(ACCOUNT, event, version)
        yield new.subject, to_headers(new.envelope), encode(event)


def _events() -> Iterator[OrderEvent]:
    yield from lives.opening(ACCOUNT)
    for number in range(_EVENTS // lives.EVENTS_A_LIFE):
        yield from lives.life(ACCOUNT, number)


def _folded(messages: Sequence[Message]) -> int:
    state = ledger.initial(ACCOUNT)
    for sequence, message in enumerate(messages, start=1):
        state = ledger.evolve(state, recorded(*message, sequence))
    assert (state.account.version, state.account.anomalies) == (len(messages), 0)
    return len(messages)


def _decoded(messages: Sequence[Message]) -> int:
    for sequence, message in enumerate(messages, start=1):
        recorded(*message, sequence)
    return len(messages)
