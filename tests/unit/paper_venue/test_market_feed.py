"""Whoever only listens to the market channel has all of the venue's book."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from polycopy.paper_venue.core.protocol import book_body
from polycopy.schemas.money import Side, micros
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import ANNA, BERT, CENT, NO, YES, Play
from tests.support.market_ear import MarketEar
from tests.support.market_listening import TOKENS, Listening, shown

STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("place"),
            st.sampled_from((ANNA, BERT)),
            st.sampled_from(list(Side)),
            st.integers(1, 99),
            st.integers(1, 300),
            st.sampled_from((OrderType.GTC, OrderType.GTC, OrderType.FAK, OrderType.FOK)),
            st.sampled_from(TOKENS),
        ),
        st.tuples(st.just("cancel"), st.sampled_from((ANNA, BERT)), st.integers(1, 20)),
        st.tuples(st.just("ladder"), st.integers(2, 97), st.integers(0, 200), st.integers(0, 200)),
        st.tuples(st.just("strangers"), st.integers(1, 99), st.sampled_from(TOKENS)),
        st.tuples(st.just("tick"), st.sampled_from((CENT, CENT // 10))),
        st.tuples(st.just("join"), st.sampled_from(TOKENS)),
        st.tuples(st.just("leave"), st.sampled_from(TOKENS)),
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_who_only_listens_always_has_the_venue_s_book_and_its_hash(
    steps: list[tuple[Any, ...]],
) -> None:
    listening = Listening()
    listening.join("both", YES, NO)
    for step in steps:
        before = {name: len(ear.told) for name, ear in listening.ears.items()}
        listening.perform(step)

        for name, ear in listening.ears.items():
            for token in ear.books:
                assert ear.ladder(token) == shown(listening.play, token)
            if name == "both":
                check_hashes(listening.play, ear, ear.told[before[name] :])


def check_hashes(play: Play, ear: MarketEar, told: list[dict[str, Any]]) -> None:
    """Every hash of a batch is that of the book after it, and so are the best prices."""
    for message in told:
        for part in message.get("price_changes", [message]):
            if "hash" not in part:
                continue
            rest = book_body.book(play.exchange, part["asset_id"])
            assert rest is not None
            own = ear.hash_of(part["asset_id"], rest, message["timestamp"])
            assert part["hash"] == own == rest["hash"]
            if "best_bid" in part:
                best = micros(part["best_bid"]), micros(part["best_ask"])
                assert best == ear.best(part["asset_id"])
