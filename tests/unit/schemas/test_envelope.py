import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas import ids
from polycopy.schemas.catalog import EVENT_TYPES
from polycopy.schemas.control import LogCreated, TargetAdded
from polycopy.schemas.envelope import Origin, draft, from_headers, to_headers
from polycopy.schemas.ids import AccountId, LogId, Wallet
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.subjects import (
    account_filter,
    aggregate_of,
    guard_of,
    order_subject,
    subject_of,
    trades_filter,
)
from tests.support.event_makers import make, members

ORIGIN = Origin(source="cli", time_ms=1_795_327_986_814, causation_id="start")
WALLET = Wallet("0x" + "ab" * 20)
words = st.text(st.characters(codec="utf-8", exclude_characters="\x1f"), max_size=4)
own_named = [kind for kind in EVENT_TYPES.values() if kind not in members(OrderEvent)]


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_an_envelope_survives_its_headers(time_ms: int) -> None:
    event = TargetAdded(wallet=WALLET)
    origin = Origin(source="cli", time_ms=time_ms, causation_id="start")
    new = draft(event, subject=subject_of(event), origin=origin, aggregate_version=3)
    assert from_headers(to_headers(new.envelope)) == new.envelope


def test_the_message_id_is_the_event_id() -> None:
    event = LogCreated(log_id=LogId("a"))
    headers = to_headers(draft(event, subject=subject_of(event), origin=ORIGIN).envelope)
    assert headers["Nats-Msg-Id"] == headers["ce-id"]
    assert headers["ce-time"] == "2026-11-22T06:13:06.814Z"
    assert headers["ce-type"] == "polycopy.log.created.v1"


def test_an_event_without_a_cause_before_it_is_its_own_correlation() -> None:
    event = TargetAdded(wallet=WALLET)
    envelope = draft(event, subject=subject_of(event), origin=ORIGIN).envelope
    assert envelope.correlation_id == envelope.event_id


def test_a_missing_header_is_named() -> None:
    with pytest.raises(ValueError, match="ce-id"):
        from_headers({})


@given(st.tuples(words, words, words), st.tuples(words, words, words))
def test_ids_are_equal_exactly_where_what_they_identify_is(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert (ids.derive(*one) == ids.derive(*other)) == (one == other)


def test_an_id_part_cannot_pretend_to_be_two() -> None:
    with pytest.raises(ValueError, match=r"U\+001F"):
        ids.derive("a\x1fb")


@pytest.mark.parametrize("kind", own_named)
def test_every_event_that_names_its_aggregate_has_a_subject(kind: type) -> None:
    subject = subject_of(make(kind, full=True))  # type: ignore[arg-type]
    assert subject.count(".") >= 2


@pytest.mark.parametrize("kind", members(OrderEvent))
def test_every_order_event_is_guarded_by_its_account(kind: type) -> None:
    subject = order_subject(AccountId("main"), make(kind, full=True))  # type: ignore[arg-type]
    assert guard_of(subject) == account_filter(AccountId("main")) == "orders.main.*"
    assert aggregate_of(subject) == "orders.main"


def test_control_is_guarded_by_kind_and_id_trades_by_wallet_and_feeds_are_not() -> None:
    assert guard_of("control.target.0xab.added") == "control.target.0xab.*"
    assert guard_of("trades.0xab.observed") == trades_filter(Wallet("0xab")) == "trades.0xab.*"
    assert guard_of("feeds.rtds.lost") is None


@pytest.mark.parametrize("account", ["", "a.b", "a b", "*", ">", "ü"])
def test_what_cannot_be_a_token_is_refused(account: str) -> None:
    with pytest.raises(ValueError, match="subject token"):
        account_filter(AccountId(account))
