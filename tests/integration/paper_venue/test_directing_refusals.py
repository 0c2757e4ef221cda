"""What a director cannot have, and why; and wallets that he makes."""

from typing import Any

import pytest

from polycopy.paper_venue.core.signing.wallets import wallet_of
from polycopy.polymarket.order_hash import POLY_1271
from tests.support.directing import BOOK, STANDING, Control, buys, directing
from tests.support.paper_venue import Key

ONE = 1_000_000
WALLET = "0x1ead000000000000000000000000000000000001"
OWNED = Key(31).address


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ({"do": "set_market", "market": "x"}, "no market has the slug"),
        ({"do": "resolve", "market": "x", "payouts": [1, 0]}, "no market has the slug"),
        ({"do": "put_book", "market": "x"}, "no market has the slug"),
        ({"do": "take", "market": "x", "side": "BUY", "size": 1, "price": 0.5}, "no market has"),
        ({"do": "cancel_orders", "market": "x"}, "no market has the slug"),
        ({"do": "split", "market": "x", "wallet": WALLET, "size": 1}, "no market has the slug"),
        ({"do": "redeem", "market": "x", "wallet": WALLET}, "no market has the slug"),
        ({"do": "redeem", "market": "mine", "wallet": WALLET}, "mine is not resolved"),
        (
            {"do": "set_wallet", "wallet": WALLET, "shares": {"x": [1, 0]}},
            "no market has the slug",
        ),
        (
            {"do": "set_wallet", "wallet": OWNED, "owner": WALLET},
            f"{OWNED} belongs to {OWNED} already",
        ),
        ({"do": "merge", "market": "mine", "wallet": OWNED, "size": 1}, "has not enough for that"),
        ({"do": "split", "market": "mine", "wallet": OWNED, "size": 10**8}, "has not enough"),
        (
            {"do": "add_market", "market": {"slug": "new", "bids": [[0.505, 1]]}},
            "not on the tick 0.01: 0.505",
        ),
        ({"do": "next", "count": 7}, "the source has no more trades"),
    ],
)
async def test_what_cannot_be_done_is_told_and_stands_in_the_journal(
    command: dict[str, Any], words: str
) -> None:
    async with directing(STANDING + BOOK) as control:
        await control.trader(31)
        status, answer = await control.do(command)
        assert status == 409
        assert words in answer["error"]
        (done,) = await control.journal("commands")
        assert words in done["error"]
        assert done["by"] == "control"


async def test_one_trade_is_brought_to_its_end_and_no_further() -> None:
    async with directing(STANDING + BOOK) as control:
        anna = await control.trader()
        for salt in (1, 2):
            await anna.post(buys(control, salt))
        first = (await control.journal("fills"))[0]
        settle = {"do": "settle", "trade_id": first["venue_trade_id"], "status": "FAILED"}
        assert (await control.do(settle))[0] == 200
        status, answer = await control.do(settle)
        assert (status, "is FAILED already" in answer["error"]) == (409, True)
        again, other = await control.journal("fills")
        assert (again["status"], other["status"]) == ("FAILED", "MATCHED")


async def funds(control: Control, wallet: str) -> tuple[int, str, int]:
    account = control.running.venue.desk.exchange.accounts[wallet]  # type: ignore[index]
    return account.cash_micros, account.holder, account.signature_type


async def test_a_deposit_wallet_has_its_owner_and_its_money_before_it_trades() -> None:
    owner = Key(32).address
    deposit = wallet_of(owner, POLY_1271)
    async with directing(STANDING + BOOK) as control:
        await control.done("set_wallet", wallet=deposit, owner=owner, cash=42, allowance=40)
        assert await funds(control, deposit) == (42 * ONE, owner, POLY_1271)
        trader = await control.trader(32)
        path = "/balance-allowance?asset_type=COLLATERAL&signature_type=3"
        status, told = await trader.signed("GET", path)
        assert (status, told["balance"]) == (200, str(42 * ONE))


async def test_a_wallet_of_no_known_kind_is_taken_for_a_deposit_wallet() -> None:
    async with directing(STANDING + BOOK) as control:
        await control.done("set_wallet", wallet=WALLET, owner=OWNED, legacy=False)
        assert await funds(control, WALLET) == (10_000 * ONE, OWNED, POLY_1271)
