"""Which wallets a key may trade for, and what they are said to have."""

from typing import Any

import pytest

from polycopy.paper_venue.core.signing.wallets import wallet_of
from polycopy.schemas.ids import TokenId
from polycopy.schemas.terms import OrderType
from tests.support.paper_venue import Running, Trader, Wish

ONE = 1_000_000


def token(venue: Running, index: int = 0) -> TokenId:
    return venue.script.markets[0].tokens[index].token_id


def resting(venue: Running, salt: int = 1, shares: int = 10) -> Wish:
    """A BUY at 2 cents, which meets nobody."""
    return Wish(
        token_id=token(venue),
        order_type=OrderType.GTC,
        maker_amount=shares * 20_000,
        taker_amount=shares * ONE,
        salt=salt,
    )


def _fields(wish: Wish) -> dict[str, Any]:
    return {name: getattr(wish, name) for name in wish.__struct_fields__}


async def test_a_deposit_wallet_trades_its_own_paper_money(
    venue: Running, anna: Trader, bert: Trader
) -> None:
    wish = Wish(**{**_fields(resting(venue)), "deposit_wallet": wallet_of(anna.key.address, 3)})

    assert (await anna.post(wish))[0] == 200
    status, answer = await bert.post(Wish(**{**_fields(wish), "salt": 2}))

    assert (status, answer["error"]) == (
        400,
        "the order signer address has to be the address of the API KEY",
    )
    for signature_type, balance in (("0", "0"), ("1", "0"), ("3", "1000000000")):
        query = f"asset_type=COLLATERAL&signature_type={signature_type}"
        _, held = await anna.signed("GET", f"/balance-allowance?{query}")
        assert held["balance"] == balance


@pytest.mark.parametrize("maker", ["0x" + "12" * 20, "own", "proxy"])
async def test_a_deposit_wallet_that_does_not_follow_from_the_key_is_refused(
    venue: Running, anna: Trader, maker: str
) -> None:
    owner = anna.key.address
    wallet = {"own": owner, "proxy": wallet_of(owner, 1)}.get(maker, maker)

    status, answer = await anna.post(Wish(**{**_fields(resting(venue)), "deposit_wallet": wallet}))

    assert (status, answer["error"]) == (
        400,
        "the order signer address has to be the address of the API KEY",
    )


async def test_until_a_key_has_traded_every_wallet_of_it_has_paper_money(anna: Trader) -> None:
    for signature_type in ("0", "1", "2", "3"):
        query = f"asset_type=COLLATERAL&signature_type={signature_type}"
        _, held = await anna.signed("GET", f"/balance-allowance?{query}")
        assert held["balance"] == "1000000000"
