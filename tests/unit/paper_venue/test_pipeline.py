"""A request's way in: the edge, the mode, the key, the limit, the engine."""

import msgspec
import pytest

from polycopy.paper_venue.core.clob.modes import VenueMode
from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.paper_venue.core.limits.signer_limits import Limiting
from polycopy.paper_venue.core.protocol.messages import Answer, Headers
from polycopy.paper_venue.core.scenarios.commands import (
    ClearFaults,
    Mode,
    RestartEngine,
    SetFault,
    SetWallet,
)
from tests.support.visitor import AT, NOW_S, ONE, Visitor, error, headers, struck, visitor


def test_without_anything_on_an_order_is_taken_and_told_of_its_limit() -> None:
    anna = visitor()

    answer = anna.post()

    assert answer.status == 200
    assert headers(answer) == {
        "Poly-RateLimit-Remaining": "59",
        "Poly-RateLimit-Reset": str(NOW_S),
        "Poly-RateLimit-Tier": "standard",
    }


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        (VenueMode.POST_ONLY, 503),
        (VenueMode.CANCEL_ONLY, 503),
        (VenueMode.DISABLED, 503),
        (VenueMode.RESTARTING, 425),
    ],
)
def test_a_mode_turns_orders_away_before_anybody_asks_for_a_key(
    mode: VenueMode, status: int
) -> None:
    anna = visitor()
    anna.pipeline.modes.set(mode, AT)

    assert anna.post().status == status
    stranger = anna.request("POST", "/order", Headers(), b"{}")
    assert anna.through(stranger).status == status
    assert anna.open_orders() == 0


def test_makers_rest_in_post_only_mode_and_a_batch_is_answered_leg_by_leg() -> None:
    anna = visitor()
    anna.pipeline.modes.set(VenueMode.POST_ONLY, AT)

    assert anna.post(post_only=True).status == 200
    parts = (anna.order(), anna.order(post_only=True), anna.order())
    answer = anna.ask("POST", "/orders", b"[" + b",".join(parts) + b"]")

    taker, maker, other = msgspec.json.decode(answer.body)
    assert taker == other
    assert taker["success"]
    assert (taker["orderID"], taker["status"]) == ("", "")
    assert taker["errorMsg"].startswith("post-only mode")
    assert (maker["success"], maker["status"]) == (True, "live")
    assert anna.open_orders() == 2


def test_a_batch_without_a_single_maker_does_nothing_in_post_only_mode() -> None:
    anna = visitor()
    anna.pipeline.modes.set(VenueMode.POST_ONLY, AT)

    answer = anna.ask("POST", "/orders", b"[" + anna.order() + b"]")

    assert answer.status == 200
    assert [leg["orderID"] for leg in msgspec.json.decode(answer.body)] == [""]
    assert anna.open_orders() == 0


def test_a_batch_that_is_none_is_refused_in_post_only_mode_as_in_any() -> None:
    anna = visitor()
    anna.pipeline.modes.set(VenueMode.POST_ONLY, AT)
    many = b"[" + b",".join(anna.order() for _ in range(16)) + b"]"

    assert error(anna.ask("POST", "/orders", b"{broken")) == "Invalid order payload"
    assert "max allowed: 15" in error(anna.ask("POST", "/orders", many))


def test_a_signer_who_is_too_fast_is_told_to_wait_and_nothing_is_done() -> None:
    anna = visitor(Limiting.ENFORCED)
    for _ in range(60):
        assert anna.post().status == 200

    refused = anna.post()

    assert (refused.status, error(refused)) == (429, "Too Many Requests")
    assert headers(refused) == {
        "Poly-RateLimit-Remaining": "0",
        "Poly-RateLimit-Reset": str(NOW_S + 1),
        "Poly-RateLimit-Tier": "standard",
        "Retry-After": "1",
    }
    assert anna.open_orders() == 60
    anna.at_us += ONE
    assert anna.post().status == 200


def test_a_warning_venue_turns_nobody_away_and_says_what_it_would_have_done() -> None:
    anna = visitor()
    warned = [headers(anna.post()).get("Poly-RateLimit-Warning") for _ in range(62)]

    assert warned == [None] * 60 + ["true"] * 2
    assert anna.open_orders() == 62


def test_a_venue_without_limits_tells_nothing_of_them() -> None:
    anna = visitor(Limiting.OFF)

    assert anna.post().headers == ()


def test_cancelling_everything_costs_one_and_one_for_each_order() -> None:
    anna = visitor(Limiting.ENFORCED)
    for _ in range(5):
        anna.post()

    answer = anna.ask("DELETE", "/cancel-all")

    assert headers(answer)["Poly-RateLimit-Remaining"] == str(120 - 1 - 5)
    assert "Poly-RateLimit-Tier" not in headers(anna.ask("GET", "/data/orders"))


def test_the_tier_can_be_asked_for_and_set() -> None:
    anna = visitor()
    anna.pipeline.signers.put(anna.key.address, "gold")

    told = msgspec.json.decode(anna.ask("GET", "/v1/user/rate-limit-tier").body)

    assert told["tier"] == "gold"
    assert headers(anna.post())["Poly-RateLimit-Tier"] == "gold"


def test_a_director_turns_modes_faults_and_tiers() -> None:
    anna = visitor()
    pipeline = anna.pipeline
    fault = Fault(kind=FaultKind.ERROR_BEFORE, on="POST", name="down")

    pipeline.steer(SetFault(fault=fault), AT)
    assert anna.post().status == 500
    pipeline.steer(ClearFaults(), AT)
    pipeline.steer(Mode(mode="disabled", for_ms=1_000), AT)
    assert anna.post().status == 503
    pipeline.steer(RestartEngine(), AT)
    assert anna.post().status == 425
    pipeline.steer(Mode(mode="open"), AT)
    pipeline.steer(SetWallet(wallet=anna.key.address, tier="gold"), AT)
    pipeline.steer(SetWallet(wallet=anna.key.address), AT)
    assert headers(anna.post())["Poly-RateLimit-Tier"] == "gold"


def test_a_venue_that_forgets_keeps_nothing_but_its_faults() -> None:
    anna = visitor(Limiting.ENFORCED)
    anna.pipeline.faults.set(struck(FaultKind.GEOBLOCKED))
    anna.ask("POST", "/v1/heartbeats", b"{}")
    for _ in range(60):
        anna.post()
    anna.pipeline.modes.set(VenueMode.DISABLED, AT)

    anna.pipeline.forget()

    assert anna.pipeline.heartbeats.next_deadline_us() is None
    assert headers(anna.post())["Poly-RateLimit-Remaining"] == "59"
    assert len(anna.pipeline.faults.snapshot()) == 1


def test_endpoints_of_the_way_itself_need_a_key_and_their_method() -> None:
    anna = visitor()

    assert anna.through(anna.request("POST", "/v1/heartbeats", Headers())).status == 401
    assert anna.ask("GET", "/v1/heartbeats").status == 405
    assert anna.ask("POST", "/heartbeats").status == 200


def test_the_edge_keeps_whoever_is_too_many_and_turns_away_whoever_would_wait_too_long() -> None:
    anna = visitor(Limiting.ENFORCED, edge_wait_ms_max=10_000)
    update = anna.signed("GET", "/balance-allowance/update")

    entered = [anna.pipeline.enter(update) for _ in range(101)]

    assert entered[:100] == [0] * 50 + [10_000] * 50
    turned = entered[100]
    assert isinstance(turned, Answer)
    assert (turned.status, headers(turned)) == (429, {"Retry-After": "20"})


def test_silence_after_heartbeats_cancels_the_orders_of_that_key_only() -> None:
    anna = visitor()
    berta = Visitor(anna.pipeline, number=6)
    berta.sign_in()
    for trader in (anna, berta):
        assert trader.post().status == 200
    assert anna.ask("POST", "/v1/heartbeats", b'{"heartbeat_id":""}').status == 200

    anna.pipeline.fall_silent(AT + 9 * ONE)
    assert anna.open_orders() == 1
    anna.pipeline.fall_silent(AT + 10 * ONE)

    assert (anna.open_orders(), berta.open_orders()) == (0, 1)
