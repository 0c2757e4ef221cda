"""Orders of py-clob-client-v2 1.2.1: every type, wallet and exchange contract, and their ids."""

import asyncio
import time
from typing import Any, NamedTuple

import pytest
from py_clob_client_v2 import (
    AssetType,
    BalanceAllowanceParams,
    ClobClient,
    MarketOrderArgs,
    OrderArgs,
    OrderType,
    PartialCreateOrderOptions,
)
from py_clob_client_v2.config import get_contract_config
from py_clob_client_v2.exceptions import PolyApiException
from py_clob_client_v2.order_utils import ExchangeOrderBuilderV2

from polycopy.polymarket import order_hash
from polycopy.polymarket.order_hash import EOA, GNOSIS_SAFE, POLY_1271, POLY_PROXY
from tests.contract.venue.conftest import KEY, funder
from tests.support.paper_venue import Running

in_thread = asyncio.to_thread
_CONTRACTS = get_contract_config(order_hash.POLYGON)


class Domain(NamedTuple):
    """Where an order is signed for: a market's place in the script, the contract, its version."""

    market: int
    contract: str
    version: str


PLAIN = Domain(0, _CONTRACTS.exchange_v2, "2")
OF_NEG_RISK = Domain(-2, _CONTRACTS.neg_risk_exchange_v2, "2")
OF_POSITIONS = Domain(-1, _CONTRACTS.exchange_v3, "3")
DOMAINS = pytest.mark.parametrize(
    "domain", [PLAIN, OF_NEG_RISK, OF_POSITIONS], ids=["plain", "neg-risk", "positions"]
)
WALLETS = pytest.mark.parametrize(
    "signature_type",
    [EOA, POLY_PROXY, GNOSIS_SAFE, POLY_1271],
    ids=["owner", "proxy", "safe", "deposit"],
)


class Trader:
    """The client, and how one names a market's asset to it."""

    def __init__(self, client: ClobClient, venue: Running) -> None:
        self.client = client
        self._markets = venue.script.markets

    def named(self, domain: Domain, outcome: int = 0) -> dict[str, str]:
        asset = self._markets[domain.market].tokens[outcome].token_id
        return {"position_id" if domain.version == "3" else "token_id": asset}

    async def limit(self, domain: Domain, **terms: Any) -> Any:
        wanted = {"price": 0.02, "size": 10, "side": "BUY", **self.named(domain), **terms}
        return await in_thread(self.client.create_order, OrderArgs(**wanted))

    async def market(self, domain: Domain, **terms: Any) -> Any:
        wanted = {"amount": 5, "side": "BUY", **self.named(domain), **terms}
        return await in_thread(self.client.create_market_order, MarketOrderArgs(**wanted))

    async def post(self, order: Any, order_type: str, **how: bool) -> dict[str, Any]:
        post = self.client.post_order
        answer: dict[str, Any] = await in_thread(post, order, order_type, defer_exec=True, **how)
        return answer

    def its_id(self, order: Any, domain: Domain) -> str:
        """The id as the client computes it."""
        builder = ExchangeOrderBuilderV2(
            domain.contract,
            order_hash.POLYGON,
            self.client.signer,
            domain_version=domain.version,
        )
        return str(builder.build_order_hash(builder.build_order_typed_data(order)))


@pytest.fixture
async def trader(py_clob: ClobClient, venue: Running, signature_type: int) -> Trader:
    credentials = await in_thread(py_clob.create_or_derive_api_key)
    client = ClobClient(
        py_clob.host,
        order_hash.POLYGON,
        key=KEY.hex,
        creds=credentials,
        signature_type=signature_type,
        funder=funder(KEY, signature_type),
    )
    return Trader(client, venue)


@pytest.fixture
def signature_type() -> int:
    return EOA


@DOMAINS
@WALLETS
async def test_the_id_of_an_order_is_the_one_that_the_client_computes(
    trader: Trader, domain: Domain
) -> None:
    order = await trader.limit(domain)

    placed = await trader.post(order, OrderType.GTC)

    assert (placed["status"], placed["orderID"]) == ("live", trader.its_id(order, domain))
    read = await in_thread(trader.client.get_order, placed["orderID"])
    assert (read["id"], read["maker_address"]) == (placed["orderID"], order.maker.lower())


@DOMAINS
@WALLETS
async def test_every_wallet_buys_and_sells_at_every_exchange(
    trader: Trader, domain: Domain
) -> None:
    bought = await trader.post(await trader.market(domain), OrderType.FOK)
    shares = int(float(bought["takingAmount"]) * 100) / 100
    sale = await trader.market(domain, side="SELL", amount=shares)

    sold = await trader.post(sale, OrderType.FAK)

    assert (bought["status"], bought["makingAmount"]) == ("matched", "5")
    assert sold["orderID"] == trader.its_id(sale, domain)
    assert (sold["status"], float(sold["makingAmount"])) == ("matched", shares)
    trades = await in_thread(trader.client.get_trades)
    assert {trade["maker_address"] for trade in trades} == {sale.maker.lower()}
    assert [trade["side"] for trade in trades] == ["SELL", "BUY"]


@WALLETS
async def test_the_balance_is_that_of_the_wallet_which_the_signature_type_names(
    trader: Trader, venue: Running
) -> None:
    cash = BalanceAllowanceParams(asset_type=AssetType.COLLATERAL)
    shares = BalanceAllowanceParams(
        asset_type=AssetType.CONDITIONAL, token_id=venue.script.markets[0].tokens[0].token_id
    )

    first = await in_thread(trader.client.get_balance_allowance, cash)
    bought = await trader.post(await trader.market(PLAIN), OrderType.FOK)

    assert int(first["balance"]) == 1_000_000_000
    held = await in_thread(trader.client.get_balance_allowance, shares)
    assert int(held["balance"]) == round(float(bought["takingAmount"]) * 10**6)


async def test_a_maker_that_is_not_the_key_s_own_wallet_is_sent_to_the_deposit_wallet(
    trader: Trader, venue: Running
) -> None:
    stranger = ClobClient(
        venue.urls["clob"],
        order_hash.POLYGON,
        key=KEY.hex,
        creds=trader.client.creds,
        signature_type=POLY_PROXY,
        funder=funder(KEY, GNOSIS_SAFE),
    )

    with pytest.raises(PolyApiException, match="please use the deposit wallet flow"):
        await Trader(stranger, venue).post(await Trader(stranger, venue).limit(PLAIN), "GTC")


async def test_an_order_signed_for_another_contract_is_of_the_wrong_version(
    trader: Trader, venue: Running
) -> None:
    order = OrderArgs(
        token_id=venue.script.markets[0].tokens[0].token_id, price=0.02, size=10, side="BUY"
    )
    for options in (
        PartialCreateOrderOptions(neg_risk=True),
        PartialCreateOrderOptions(version=3),
    ):
        signed = await in_thread(trader.client.create_order, order, options)
        with pytest.raises(PolyApiException, match="order_version_mismatch"):
            await trader.post(signed, OrderType.GTC)


async def test_a_good_till_date_order_keeps_its_date(trader: Trader) -> None:
    ends_at_s = int(time.time()) + 600  # noqa: TID251 - the client and the venue live by this clock
    order = await trader.limit(PLAIN, expiration=ends_at_s)

    placed = await trader.post(order, OrderType.GTD)

    read = await in_thread(trader.client.get_order, placed["orderID"])
    assert (placed["status"], read["order_type"]) == ("live", "GTD")
    assert read["expiration"] == str(ends_at_s)


async def test_a_date_that_is_too_near_is_refused(trader: Trader) -> None:
    order = await trader.limit(PLAIN, expiration=int(time.time()) + 59)  # noqa: TID251 - as above

    with pytest.raises(PolyApiException, match="invalid expiration"):
        await trader.post(order, OrderType.GTD)


async def test_a_post_only_order_rests_and_never_takes(trader: Trader) -> None:
    rests = await trader.post(await trader.limit(PLAIN), OrderType.GTC, post_only=True)
    crossing = await trader.limit(PLAIN, price=0.98)

    with pytest.raises(PolyApiException, match="invalid post-only order: order crosses book"):
        await trader.post(crossing, OrderType.GTC, post_only=True)

    assert rests["status"] == "live"


async def test_a_fok_that_is_too_large_is_killed_whole_and_a_fak_takes_what_there_is(
    trader: Trader, venue: Running
) -> None:
    book = await in_thread(trader.client.get_order_book, venue.script.markets[0].tokens[0].token_id)
    best = book["asks"][-1]
    price, worth = float(best["price"]), float(best["price"]) * float(best["size"])
    too_much = {"amount": int(worth) + 20, "price": price}

    with pytest.raises(PolyApiException, match="FOK orders are fully filled or killed"):
        await trader.post(await trader.market(PLAIN, **too_much), OrderType.FOK)
    part = await trader.post(await trader.market(PLAIN, **too_much), OrderType.FAK)

    assert part["status"] == "matched"
    assert float(part["takingAmount"]) == float(best["size"])
    assert float(part["makingAmount"]) == pytest.approx(worth)
    with pytest.raises(PolyApiException, match="no orders found to match with FAK order"):
        await trader.post(await trader.market(PLAIN, **too_much), OrderType.FAK)


async def test_the_same_bytes_again_are_a_duplicate(trader: Trader) -> None:
    order = await trader.limit(PLAIN)
    placed = await trader.post(order, OrderType.GTC)

    with pytest.raises(PolyApiException, match=f"{placed['orderID']} is invalid. Duplicated."):
        await trader.post(order, OrderType.GTC)


async def test_all_the_money_less_the_market_s_fee_is_enough_for_the_client_s_order(
    trader: Trader, venue: Running
) -> None:
    book = await in_thread(
        trader.client.get_order_book, venue.script.markets[-1].tokens[0].token_id
    )
    best = float(book["asks"][-1]["price"])

    everything = await trader.market(OF_POSITIONS, amount=5000, price=best, user_usdc_balance=1000)
    placed = await trader.post(everything, OrderType.FAK)

    assert 950_000_000 < int(everything.makerAmount) < 970_000_000
    assert placed["status"] == "matched"
