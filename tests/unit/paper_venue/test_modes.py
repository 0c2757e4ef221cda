"""The modes of the exchange: who is told what, and when they end."""

from typing import Any

import msgspec
import pytest

from polycopy.paper_venue.core.clob.modes import Modes, Phase, VenueMode, is_post_only, refused
from polycopy.paper_venue.core.protocol.messages import Answer

SECOND = 1_000_000
AT = 1_795_000_000 * SECOND
TAKER, MAKER = b'{"order":{},"orderType":"GTC"}', b'{"order":{},"postOnly":true}'
CANCELS = ("/order", "/orders", "/cancel-all", "/cancel-market-orders")


def asked(
    mode: VenueMode, method: str, path: str, body: bytes = TAKER, ends_in_s: int = 0
) -> Answer | None:
    ends_at_us = AT + ends_in_s * SECOND if ends_in_s else 0
    return refused(Phase(mode=mode, ends_at_us=ends_at_us), method, path, body, AT)


def body(answer: Answer | None) -> Any:
    assert answer is not None
    return msgspec.json.decode(answer.body)


@pytest.mark.parametrize("mode", list(VenueMode))
def test_reading_goes_on_in_every_mode(mode: VenueMode) -> None:
    for path in ("/book", "/data/orders", "/data/order/0x1", "/time", "/balance-allowance"):
        assert asked(mode, "GET", path) is None


@pytest.mark.parametrize("path", CANCELS)
def test_cancels_work_with_makers_only_and_with_cancels_only(path: str) -> None:
    for mode in (VenueMode.OPEN, VenueMode.POST_ONLY, VenueMode.CANCEL_ONLY):
        assert asked(mode, "DELETE", path) is None
    assert asked(VenueMode.DISABLED, "DELETE", path) is not None
    assert asked(VenueMode.RESTARTING, "DELETE", path) is not None


def test_a_restarting_engine_answers_too_early_and_how_long_to_wait() -> None:
    answer = asked(VenueMode.RESTARTING, "POST", "/order", ends_in_s=90)

    assert answer is not None
    assert answer.status == 425
    assert answer.headers == (("Retry-After", "90"),)


def test_post_only_mode_says_so_in_body_and_header() -> None:
    answer = asked(VenueMode.POST_ONLY, "POST", "/order", ends_in_s=79)

    assert answer is not None
    assert answer.status == 503
    assert answer.headers == (("Retry-After", "79"),)
    assert body(answer) == {
        "error": "post-only mode: only post-only orders and cancels are allowed",
        "code": "post_only_mode",
        "retry_after_seconds": 79,
    }


def test_post_only_mode_without_an_end_names_none() -> None:
    answer = asked(VenueMode.POST_ONLY, "POST", "/order")

    assert answer is not None
    assert answer.headers == ()
    assert "retry_after_seconds" not in body(answer)


def test_makers_and_bodies_that_cannot_be_read_pass_post_only_mode() -> None:
    assert asked(VenueMode.POST_ONLY, "POST", "/order", MAKER) is None
    assert asked(VenueMode.POST_ONLY, "POST", "/order", b"{broken") is None
    assert asked(VenueMode.POST_ONLY, "POST", "/orders", b"[]") is None
    assert is_post_only(MAKER)
    assert not is_post_only(TAKER)


def test_cancel_only_and_disabled_have_their_own_words() -> None:
    for path in ("/order", "/orders"):
        answer = asked(VenueMode.CANCEL_ONLY, "POST", path, MAKER)
        assert "cancel-only" in body(answer)["error"]
        assert answer is not None
        assert answer.status == 503
    off = asked(VenueMode.DISABLED, "POST", "/order", MAKER)
    assert body(off) == {"error": "Trading is currently disabled. Check polymarket.com for updates"}


def test_a_restart_is_too_early_first_then_for_makers_and_then_over() -> None:
    modes = Modes()
    modes.restart(AT, restarting_ms=90_000, post_only_ms=120_000)

    def mode(after_s: int) -> VenueMode:
        return modes.at(AT + after_s * SECOND).mode

    assert [mode(0), mode(89)] == [VenueMode.RESTARTING] * 2
    assert [mode(90), mode(209)] == [VenueMode.POST_ONLY] * 2
    assert mode(210) is VenueMode.OPEN


def test_a_phase_of_no_length_is_left_out() -> None:
    modes = Modes()
    modes.restart(AT, restarting_ms=0, post_only_ms=1_000)

    assert modes.at(AT).mode is VenueMode.POST_ONLY


def test_a_mode_lasts_so_long_or_until_the_next_word() -> None:
    modes = Modes()
    modes.set(VenueMode.DISABLED, AT)
    assert modes.at(AT + 10**12).mode is VenueMode.DISABLED

    modes.set(VenueMode.CANCEL_ONLY, AT, for_ms=1_000)
    assert modes.at(AT + SECOND - 1).mode is VenueMode.CANCEL_ONLY
    assert modes.at(AT + SECOND).mode is VenueMode.OPEN

    modes.restart(AT, restarting_ms=1_000, post_only_ms=1_000)
    modes.set(VenueMode.OPEN, AT)
    assert modes.at(AT).mode is VenueMode.OPEN


def test_the_seconds_to_wait_are_never_none_while_there_is_an_end() -> None:
    phase = Phase(mode=VenueMode.POST_ONLY, ends_at_us=AT)

    assert phase.left_s(AT - 1) == 1
    assert phase.left_s(AT - SECOND) == 1
    assert phase.left_s(AT - SECOND - 1) == 2
