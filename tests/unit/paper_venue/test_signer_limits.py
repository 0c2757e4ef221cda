"""Token buckets: what a signer may do, to the microsecond."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.limits.signer_limits import (
    STANDARD,
    TIERS,
    Cost,
    Rate,
    SignerLimits,
    Tier,
    Which,
    cost,
)

SECOND = 1_000_000
AT = 1_795_000_000 * SECOND
ANNA = "0xa"


def limits(tier: str = "standard") -> SignerLimits:
    made = SignerLimits()
    made.put(ANNA, tier)
    return made


def orders(tokens: int) -> Cost:
    return Cost(Which.ORDERS, tokens)


def cancels(tokens: int) -> Cost:
    return Cost(Which.CANCELS, tokens)


def test_the_tiers_are_those_of_the_venues_page() -> None:
    assert [(tier.name, tier.orders, tier.cancels) for tier in TIERS] == [
        ("standard", Rate(40, 60), Rate(80, 120)),
        ("copper", Rate(60, 90), Rate(120, 180)),
        ("bronze", Rate(80, 120), Rate(160, 240)),
        ("silver", Rate(200, 300), Rate(400, 600)),
        ("gold", Rate(400, 600), Rate(800, 1200)),
        ("platinum", Rate(450, 675), Rate(900, 1350)),
        ("diamond", Rate(525, 787), Rate(1050, 1575)),
        ("elite", Rate(600, 900), Rate(1200, 1800)),
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "/order", b"{}", Cost(Which.ORDERS, 1)),
        ("POST", "/orders", b"[{},{},{}]", Cost(Which.ORDERS, 3)),
        ("DELETE", "/order", b"{}", Cost(Which.CANCELS, 1)),
        ("DELETE", "/orders", b'["0x1","0x2"]', Cost(Which.CANCELS, 2)),
        ("DELETE", "/cancel-all", b"", Cost(Which.CANCELS, 1, each=True)),
        ("DELETE", "/cancel-market-orders", b"{}", Cost(Which.CANCELS, 1, each=True)),
        ("POST", "/orders", b"[]", None),
        ("POST", "/orders", b"{broken", None),
        ("GET", "/data/orders", b"", None),
    ],
)
def test_a_request_costs_what_the_venue_says(
    method: str, path: str, body: bytes, expected: Cost | None
) -> None:
    assert cost(method, path, body) == expected


def test_a_burst_is_let_through_and_then_the_rate() -> None:
    signer = limits()

    let = [not signer.spend(ANNA, orders(1), AT).short for _ in range(61)]
    assert let == [True] * 60 + [False]

    refused = signer.spend(ANNA, orders(1), AT + 24_999)
    assert (refused.short, refused.remaining, refused.retry_after_s) == (True, 0, 1)
    assert not signer.spend(ANNA, orders(1), AT + 25_000).short


def test_orders_and_cancels_do_not_share_a_bucket_and_signers_neither() -> None:
    signer = limits()
    signer.spend(ANNA, orders(60), AT)

    assert signer.spend(ANNA, orders(1), AT).short
    assert not signer.spend(ANNA, cancels(120), AT).short
    assert not signer.spend("0xb", orders(60), AT).short


def test_a_batch_goes_through_whole_or_takes_nothing() -> None:
    signer = limits()
    signer.spend(ANNA, orders(50), AT)

    refused = signer.spend(ANNA, orders(15), AT)

    assert refused.short
    assert refused.remaining == 10
    assert refused.retry_after_s == 1
    assert refused.reset_s == AT // SECOND + 1
    assert not signer.spend(ANNA, orders(10), AT).short


def test_a_cost_above_the_burst_never_passes_and_names_no_time_to_wait() -> None:
    signer = limits()

    for later in (0, SECOND, 3600 * SECOND):
        spent = signer.spend(ANNA, orders(61), AT + later)
        assert (spent.short, spent.retry_after_s, spent.remaining) == (True, 0, 60)


def test_what_a_cancel_all_has_cancelled_is_owed_below_zero_and_blocks_the_next() -> None:
    signer = limits("gold")
    signer.spend(ANNA, cancels(1), AT)

    owed = signer.owe(ANNA, 1_300, AT)

    assert owed.remaining == -101
    assert signer.spend(ANNA, cancels(1), AT).short
    assert not signer.spend(ANNA, cancels(1), AT + 102 * SECOND // 800).short


def test_the_highest_tiers_owe_nothing() -> None:
    signer = limits("elite")
    signer.spend(ANNA, cancels(1), AT)

    assert signer.owe(ANNA, 9_999, AT).remaining == 0


def test_the_tier_is_told_with_what_it_lacks_to_the_next() -> None:
    signer = limits("gold")

    told = signer.told("0xA")

    assert (told["tier"], told["period"]) == ("gold", 30)
    assert signer.told("0xnobody")["next_tier_threshold"] == 30_000
    with pytest.raises(ValueError, match="one of standard, copper"):
        signer.put(ANNA, "wood")


def test_a_clock_that_goes_back_gives_nothing_twice() -> None:
    signer = limits()
    signer.spend(ANNA, orders(60), AT)

    assert signer.spend(ANNA, orders(1), AT - SECOND).short
    assert signer.spend(ANNA, orders(40), AT + SECOND - 1).short
    assert not signer.spend(ANNA, orders(40), AT + SECOND).short


HISTORY = st.lists(
    st.tuples(st.integers(0, 2 * SECOND), st.integers(1, 40)), min_size=1, max_size=60
)


@given(st.sampled_from(TIERS), HISTORY)
def test_no_span_lets_more_through_than_burst_and_rate(
    tier: Tier, history: list[tuple[int, int]]
) -> None:
    signer = limits(tier.name)
    at_us = AT
    passed: list[tuple[int, int]] = []
    for pause_us, tokens in history:
        at_us += pause_us
        if not signer.spend(ANNA, orders(tokens), at_us).short:
            passed.append((at_us, tokens))

    for first, (start_us, _) in enumerate(passed):
        total = 0
        for end_us, tokens in passed[first:]:
            total += tokens
            allowed = tier.orders.burst * SECOND + tier.orders.per_s * (end_us - start_us)
            assert total * SECOND <= allowed


@given(HISTORY)
def test_refilling_is_exact_however_it_is_cut(history: list[tuple[int, int]]) -> None:
    """A bucket that is looked at often holds what one holds that is looked at once."""
    watched, left = limits(), limits()
    for signer in (watched, left):
        signer.spend(ANNA, orders(60), AT)
    at_us = AT
    for pause_us, _ in history:
        at_us += pause_us
        watched.spend(ANNA, orders(1_000), at_us)

    assert watched.spend(ANNA, orders(1_000), at_us).remaining == min(
        (at_us - AT) * STANDARD.orders.per_s // SECOND, STANDARD.orders.burst
    )
    assert left.spend(ANNA, orders(1_000), at_us) == watched.spend(ANNA, orders(1_000), at_us)


@given(HISTORY)
def test_whoever_waits_as_told_is_let_through(history: list[tuple[int, int]]) -> None:
    signer = limits()
    at_us = AT
    for pause_us, tokens in history:
        at_us += pause_us
        spent = signer.spend(ANNA, orders(tokens), at_us)
        if spent.short:
            at_us += spent.retry_after_s * SECOND
            assert not signer.spend(ANNA, orders(tokens), at_us).short
