"""Every wallet that a key may trade from."""

import json
from pathlib import Path

import msgspec
import pytest
from eth_utils.address import to_checksum_address
from polymarket._internal.environment import PRODUCTION_CONFIG

from polycopy.executor.adapters.wallets import TradingWallet, trading_wallet
from polycopy.executor.core.answers import Placed
from polycopy.paper_venue.core.signing.wallets import deposit_wallets, wallet_of
from polycopy.polymarket.order_body import SALT_BELOW
from polycopy.runtime.errors import Halt, Permanent
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import Wallet
from polycopy.schemas.terms import OrderType
from tests.support.directing import directing
from tests.support.executing import KEY, sign_in, venue_orders, venues_at, wallet_key
from tests.support.live_orders import approved_at, prepared
from tests.support.other_markets import NEG_RISK, POSITIONS
from tests.support.paper_venue import paper_venue

TYPES = pytest.mark.parametrize(
    "signature_type", [0, 1, 2, 3], ids=["owner", "proxy", "safe", "deposit"]
)
OWNER = to_checksum_address(KEY.address)
ELSEWHERE = Wallet("0x" + "5e" * 20)
DERIVATION = PRODUCTION_CONFIG.wallet_derivation


@TYPES
async def test_every_wallet_trades_at_every_exchange_under_the_id_that_we_compute(
    signature_type: int, tmp_path: Path
) -> None:
    who = wallet_key(tmp_path, signature_type=signature_type)
    async with paper_venue(others=(NEG_RISK, POSITIONS)) as running:
        await sign_in(running, tmp_path)
        async with venues_at(running.urls["clob"], who=who) as opened:
            live = opened.by_name[VenueName.POLYMARKET]
            for market in (running.script.markets[0], NEG_RISK, POSITIONS):
                request = await prepared(live, opened.markets, market)

                answer = await live.send(request)

                assert isinstance(answer, Placed), answer
                order = venue_orders(running)[-1]
                assert (order["accepted"], order["maker"]) == (True, live.account.wallet)
                assert order["venue_order_id"] == request.venue_order_id
                sent = json.loads(request.request_body)["order"]
                assert sent["signatureType"] == signature_type
                assert 0 <= sent["salt"] < SALT_BELOW
        asked = json.loads(running.venue.journal.body())["requests"]
        assert not [one for one in asked if one["path"] == "/deployed"], "a relayer may deploy"
    assert live.account.wallet == wallet_of(KEY.address, signature_type)


async def test_an_order_of_a_type_that_the_library_does_not_build_is_not_built(
    tmp_path: Path,
) -> None:
    async with paper_venue() as running:
        await sign_in(running, tmp_path)
        async with venues_at(running.urls["clob"], tmp_path) as opened:
            approved = await approved_at(opened.markets, running.script.markets[0])
            other = msgspec.structs.replace(approved, order_type=OrderType.GTC)

            with pytest.raises(Permanent, match="a GTC was approved"):
                await opened.by_name[VenueName.POLYMARKET].prepare(other)


async def test_a_deposit_wallet_that_does_not_follow_from_the_key_trades_where_we_say_so(
    tmp_path: Path,
) -> None:
    scenario = f"""
        [source]
        name = "seeded"
        [[wallet]]
        address = "{ELSEWHERE}"
        owner = "{KEY.address}"
        cash = 100
    """
    async with directing(scenario) as control:
        running = control.running
        await sign_in(running, tmp_path)
        who = wallet_key(tmp_path, wallet=ELSEWHERE, signature_type=3)
        async with venues_at(running.urls["clob"], who=who) as opened:
            live = opened.by_name[VenueName.POLYMARKET]
            request = await prepared(live, opened.markets, running.script.markets[0])

            assert isinstance(await live.send(request), Placed)


@TYPES
def test_a_wallet_tells_its_type_and_a_type_its_wallet(signature_type: int) -> None:
    address = wallet_of(KEY.address, signature_type)

    for wallet, told in ((address, None), (address, signature_type), ("", signature_type)):
        found = trading_wallet(OWNER, wallet, told, DERIVATION)
        assert (found.address.lower(), found.signature_type) == (address, signature_type)


def test_a_deposit_wallet_of_before_the_beacon_is_one() -> None:
    _, old = deposit_wallets(KEY.address)

    assert trading_wallet(OWNER, old, None, DERIVATION).signature_type == 3


def test_without_a_word_the_key_s_own_address_trades() -> None:
    own = TradingWallet(address=OWNER, signature_type=0)

    assert trading_wallet(OWNER, "", None, DERIVATION) == own


@pytest.mark.parametrize(
    ("wallet", "signature_type", "why"),
    [
        (ELSEWHERE, None, "does not follow from the key"),
        (ELSEWHERE, 1, "does not follow from the key"),
        (wallet_of(KEY.address, 2), 1, "has signature type 2, and .*SIGNATURE_TYPE is 1"),
        (KEY.address, 3, "has signature type 0, and .*SIGNATURE_TYPE is 3"),
        ("0x12", None, "WALLET is no address"),
    ],
)
def test_a_wallet_that_is_not_what_we_say_stops_the_start(
    wallet: str, signature_type: int | None, why: str
) -> None:
    with pytest.raises(Halt, match=why):
        trading_wallet(OWNER, wallet, signature_type, DERIVATION)
