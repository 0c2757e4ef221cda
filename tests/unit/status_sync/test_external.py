"""Orders of our wallet that our log never requested."""

import msgspec
import pytest

from polycopy.polymarket.reports import OrderReport, OrderStatus, TradeReport
from polycopy.schemas.accounts import ExternalOrderSeen
from polycopy.schemas.ids import Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderEvent
from polycopy.status_sync.core.external import Ours, external
from polycopy.status_sync.core.reconcile import Report
from polycopy.trading.account_state import Account
from tests.support.trading import CONDITION, ONE, OPENING, TOKEN, requested, venue_id
from tests.unit.status_sync.test_reconcile import OTHER_TOKEN, after, learn, maker, report, trade

WALLET = Wallet("0x" + "a1" * 20)
OURS = Ours(api_key="key", wallet=WALLET)
STRANGER = {"owner": "other", "maker_address": "0x" + "b2" * 20}
AT_MS = 5_000


def seen(account: Account, *reports: Report, ours: Ours = OURS) -> list[OrderEvent]:
    return external(account, ours, reports, source="test", at_ms=AT_MS)


def shown(name: str = "z", **more: object) -> OrderReport:
    told = report(OrderStatus.LIVE, name=name)
    return msgspec.structs.replace(told, **{"owner": "key", **more})


def matched(**more: object) -> TradeReport:
    return msgspec.structs.replace(trade(taker="z"), **more)


def named(said: list[OrderEvent]) -> list[str]:
    assert all(isinstance(event, ExternalOrderSeen) for event in said)
    return [event.venue_order_id for event in said]  # type: ignore[union-attr]  # see above


def test_an_order_that_the_log_does_not_know_is_recorded_as_it_was_shown() -> None:
    account = after(*OPENING).account

    assert seen(account, shown()) == [
        ExternalOrderSeen(
            account=account.account,
            venue_order_id=venue_id("z"),
            condition_id=CONDITION,
            token_id=TOKEN,
            side=Side.BUY,
            size_micros=20 * ONE,
            price_micros=500_000,
            seen_in="test",
            seen_at_ms=AT_MS,
        )
    ]


def test_it_is_recorded_once() -> None:
    held = after(*OPENING)
    said = seen(held.account, shown(), shown(), matched(owner="key"))
    assert len(said) == 1

    assert seen(learn(held, said).account, shown(), matched(owner="key")) == []


def test_our_own_orders_are_not_external() -> None:
    account = after(*OPENING, requested()).account

    assert seen(account, shown("a"), matched(taker_order_id=venue_id("a"), owner="key")) == []


@pytest.mark.parametrize(
    "whose", [{"owner": "key"}, {"owner": "other", "maker_address": WALLET}], ids=["key", "wallet"]
)
def test_a_taker_is_ours_by_the_key_or_by_the_wallet(whose: dict[str, str]) -> None:
    account = after(*OPENING).account

    assert named(seen(account, matched(**whose))) == [venue_id("z")]
    assert seen(account, matched(**STRANGER)) == []
    assert seen(account, shown(**STRANGER)) == []


def test_each_leg_is_judged_by_its_own_owner_and_tells_its_own_token() -> None:
    legs = (
        msgspec.structs.replace(
            maker("x", 3 * ONE, 480_000, token=OTHER_TOKEN, side=Side.BUY), maker_address=WALLET
        ),
        msgspec.structs.replace(maker("y", ONE, 490_000), **STRANGER),
        maker("w", ONE, 490_000),
    )

    [said] = seen(after(*OPENING).account, matched(**STRANGER, maker_orders=legs))

    assert isinstance(said, ExternalOrderSeen)
    assert (said.venue_order_id, said.token_id, said.side) == (
        venue_id("x"),
        OTHER_TOKEN,
        Side.BUY,
    )
    assert (said.size_micros, said.price_micros) == (3 * ONE, 480_000)


def test_where_nobody_told_whose_a_part_is_it_is_not_ours() -> None:
    account = after(*OPENING).account

    assert seen(account, matched(owner="", maker_address=""), ours=Ours(api_key="")) == []


def forgetful(before_ms: int) -> Account:
    return msgspec.structs.replace(after(*OPENING).account, forgotten_before_ms=before_ms)


def test_what_the_account_may_have_forgotten_is_not_judged() -> None:
    account = forgetful(10_000_000)

    assert seen(account, matched(owner="key", matched_at_ms=10_059_999)) == []
    assert len(seen(account, matched(owner="key", matched_at_ms=10_060_000))) == 1
    ended = OrderStatus.CANCELED
    assert seen(account, shown(status=ended, created_at_ms=9_000_000)) == []
    assert len(seen(account, shown(status=ended, created_at_ms=11_000_000))) == 1


def test_an_order_that_is_still_in_the_book_was_not_forgotten() -> None:
    assert len(seen(forgetful(10_000_000), shown(created_at_ms=9_000_000))) == 1
