"""What an answer proves, and what it does not."""

import msgspec
import pytest

from polycopy.executor.adapters.answers import answer_of
from polycopy.executor.core import answers
from polycopy.executor.core.answers import Answer, NotSent, Placed, Rejected, Unknown
from polycopy.executor.core.breaker import Trouble
from polycopy.executor.core.outcomes import Outcome
from polycopy.schemas.accounts import BalanceDisputed
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    OrderCancelled,
    OrderEvent,
    OrderFailed,
    OrderFilled,
    OrderPlaced,
    OrderUncertain,
)
from polycopy.schemas.terms import FailureCode, UncertainCode
from polycopy.trading import account as accounts
from polycopy.trading.account_state import Account
from tests.support.trading import ACCOUNT, ONE, OPENING, confirmed, filled, requested, seen

REQUEST = requested(lock=10 * ONE)
BEFORE = accounts.fold(ACCOUNT, [*OPENING, REQUEST])
REJECTED = Rejected(code=FailureCode.BALANCE_OR_ALLOWANCE, http_status=400, answer="no")


def effects(account: Account, answer: Answer) -> list[OrderEvent]:
    return answers.effects(account, REQUEST, answer, sent_at_ms=2_000, at_ms=2_005)


def after(account: Account, *given: Answer) -> Account:
    for answer in given:
        for event in effects(account, answer):
            account = accounts.evolve(account, event)
    return account


def test_an_order_that_the_venue_knows_is_placed() -> None:
    [placed] = effects(BEFORE, Placed(status="matched", answer="{}"))

    assert isinstance(placed, OrderPlaced)
    assert (placed.status, placed.sent_at_ms, placed.placed_at_ms) == ("matched", 2_000, 2_005)


def test_a_proven_rejection_gives_the_money_back() -> None:
    [failed] = effects(BEFORE, REJECTED)

    assert isinstance(failed, OrderFailed)
    assert accounts.evolve(BEFORE, failed).locked_micros == 0


def test_what_is_unknown_keeps_its_lock() -> None:
    [uncertain] = effects(BEFORE, Unknown(code=UncertainCode.TIMEOUT))

    assert isinstance(uncertain, OrderUncertain)
    assert accounts.evolve(BEFORE, uncertain).locked_micros == 10 * ONE


def test_what_did_not_leave_is_owed_as_before() -> None:
    assert effects(BEFORE, NotSent(detail="rate limit", retry_after_s=3)) == []


@pytest.mark.parametrize("code", FailureCode)
def test_after_an_unknown_no_rejection_of_the_same_bytes_proves_anything(
    code: FailureCode,
) -> None:
    uncertain = after(BEFORE, answers.INTERRUPTED)

    assert effects(uncertain, msgspec.structs.replace(REJECTED, code=code)) == []


@pytest.mark.parametrize(
    "adopting", [Placed(status="live"), Placed(status="duplicated", adopted="duplicated")]
)
def test_after_an_unknown_the_venue_s_word_that_it_has_the_order_settles_it(
    adopting: Placed,
) -> None:
    uncertain = after(BEFORE, answers.INTERRUPTED, REJECTED)

    [placed] = effects(uncertain, adopting)

    assert isinstance(placed, OrderPlaced)


@pytest.mark.parametrize(
    "answer",
    [Placed(status="live"), REJECTED, answers.INTERRUPTED, Placed(status="matched", done=True)],
)
def test_the_same_answer_twice_says_nothing_new(answer: Answer) -> None:
    assert effects(after(BEFORE, answer), answer) == []


def test_an_answer_that_tells_everything_fills_and_ends_the_order() -> None:
    fill = seen(size=8 * ONE, notional=4 * ONE)
    everything = Placed(status="matched", fills=(fill,), done=True)

    events = effects(BEFORE, everything)

    assert isinstance(events[-1], OrderCancelled)
    account = after(BEFORE, everything)
    order = account.orders[REQUEST.order_id]
    assert (order.filled_size_micros, account.locked_micros) == (8 * ONE, 0)
    assert all(one.confirmed for one in order.fills.values())


def test_a_crash_between_two_of_the_effects_is_made_good() -> None:
    everything = Placed(
        status="matched",
        fills=(
            seen(trade="t1", size=8 * ONE, notional=4 * ONE),
            seen(trade="t2", size=12 * ONE, notional=6 * ONE),
        ),
        done=True,
    )
    events = effects(BEFORE, everything)
    assert isinstance(events[-2], OrderFilled)

    for said in range(len(events)):
        account = accounts.fold(ACCOUNT, [*OPENING, REQUEST, *events[:said]])
        rest = effects(account, everything)
        assert accounts.fold(ACCOUNT, [*OPENING, REQUEST, *events[:said], *rest]) == after(
            BEFORE, everything
        )


def test_an_order_is_sent_only_while_its_price_is_fresh() -> None:
    at_ms = REQUEST.requested_at_ms
    assert answers.may_send(REQUEST, at_ms + 60_000, 60_000)
    assert not answers.may_send(REQUEST, at_ms + 60_001, 60_000)


def test_no_order_is_sent_by_a_clock_that_went_back_behind_its_request() -> None:
    at_ms = REQUEST.requested_at_ms
    assert answers.may_send(REQUEST, at_ms - 1_000, 60_000)
    assert not answers.may_send(REQUEST, at_ms - 1_001, 60_000)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (
            200,
            {"success": True, "errorMsg": "", "orderID": "0xa", "status": "live"},
            Placed(status="live"),
        ),
        (
            400,
            {"error": "order 0xa is invalid. Duplicated."},
            Placed(status="duplicated", adopted="duplicated"),
        ),
        (
            400,
            {"error": "not enough balance / allowance"},
            Rejected(code=FailureCode.BALANCE_OR_ALLOWANCE, http_status=400, answer=""),
        ),
        (
            425,
            {"error": "Too Early"},
            Unknown(
                code=UncertainCode.RESTARTING,
                detail="Too Early",
                http_status=425,
                retry_after_s=30,
            ),
        ),
        (
            429,
            {"error": "Too Many Requests"},
            Unknown(
                code=UncertainCode.RATE_LIMITED,
                detail="Too Many Requests",
                http_status=429,
                retry_after_s=30,
            ),
        ),
        (
            503,
            {"error": "post-only mode", "code": "post_only_mode"},
            Rejected(code=FailureCode.NOT_ACCEPTED, http_status=503, answer="", retry_after_s=30),
        ),
        (
            500,
            {"error": "could not run the execution"},
            Unknown(
                code=UncertainCode.SERVER_ERROR,
                detail="could not run the execution",
                http_status=500,
                retry_after_s=30,
            ),
        ),
    ],
)
def test_the_venue_s_words_are_understood(
    status: int, body: dict[str, object], expected: Answer
) -> None:
    raw = msgspec.json.encode(body)

    answer = answer_of(REQUEST, status, raw, retry_after_s=30)

    if isinstance(expected, Placed | Rejected):
        expected = msgspec.structs.replace(expected, answer=raw.decode())
    assert answer == expected


def test_another_id_than_ours_is_not_our_order() -> None:
    body = b'{"success":true,"errorMsg":"","orderID":"0xother","status":"matched"}'

    answer = answer_of(REQUEST, 200, body)

    assert isinstance(answer, Unknown)
    assert answer.code is UncertainCode.UNRECOGNISED


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (FailureCode.NOT_ACCEPTED, Trouble.CLOSED),
        (FailureCode.CONFIGURATION, Trouble.CLOSED),
        (FailureCode.BALANCE_OR_ALLOWANCE, Trouble.STALE_BALANCE),
        (FailureCode.NO_MATCH, None),
        (FailureCode.TICK_SIZE, None),
    ],
)
def test_a_reject_of_any_order_is_no_sign_of_a_venue_that_is_well(
    code: FailureCode, expected: Trouble | None
) -> None:
    rejected = Rejected(code=code, http_status=400, answer="")
    assert answers.trouble(BEFORE, REQUEST.order_id, rejected) is expected


def test_a_venue_that_does_not_count_shares_yet_whose_purchase_is_not_settled_is_well() -> None:
    bought = [*OPENING, requested("buy"), filled("buy", "t1")]
    sale = requested("sale", side=Side.SELL)
    unsettled = accounts.fold(ACCOUNT, [*bought, sale])
    settled = accounts.fold(ACCOUNT, [*bought, confirmed("buy", "t1"), sale])

    assert answers.trouble(unsettled, sale.order_id, REJECTED) is None
    assert answers.trouble(settled, sale.order_id, REJECTED) is Trouble.STALE_BALANCE


def test_a_venue_that_is_known_to_have_fewer_shares_is_well() -> None:
    bought = [*OPENING, requested("buy"), filled("buy", "t1"), confirmed("buy", "t1")]
    sale = requested("sale", side=Side.SELL)
    dispute = BalanceDisputed(
        account=ACCOUNT, token_id=sale.token_id, expected_micros=1, venue_micros=0, checked_at_ms=1
    )
    of_money = msgspec.structs.replace(dispute, token_id=TokenId(""))

    for told, expected in ((dispute, None), (of_money, Trouble.STALE_BALANCE)):
        account = accounts.fold(ACCOUNT, [*bought, told, sale])
        assert answers.trouble(account, sale.order_id, REJECTED) is expected


@pytest.mark.parametrize("http_status", [0, 429, 500, 503])
def test_a_request_that_a_person_should_hear_of_is_told_from_the_rest(http_status: int) -> None:
    assert Outcome(name="orders", http_status=http_status, took_ms=1).is_trouble
    assert not Outcome(name="orders", http_status=400, took_ms=1).is_trouble
