"""Our integer amounts are those of `polymarket-client`'s protected market orders, to the micro."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st
from polymarket._internal.actions.orders import market
from polymarket._internal.actions.orders.market_data import MarketInfo, PlatformFeeInfo
from polymarket._internal.environment import PRODUCTION_CONFIG
from polymarket.errors import UserInputError

from polycopy.schemas.money import MICROS, Side, decimal_text
from polycopy.trading.ticks import AMOUNT_UNITS, buy_amounts, round_price, sell_amounts

ADDRESS = "0x" + "ab" * 20
CONTEXT: Any = SimpleNamespace(
    environment_config=PRODUCTION_CONFIG, wallet=ADDRESS, signer=SimpleNamespace(address=ADDRESS)
)
ticks = st.sampled_from(sorted(AMOUNT_UNITS))
prices = st.integers(100, MICROS)
small = st.integers(1, 20 * MICROS)
amounts = small | st.integers(1, 10**12)


def drafted(side: Side, amount: int, limit: int, tick: int) -> tuple[int, int] | None:
    text = (
        {"amount": decimal_text(amount)} if side is Side.BUY else {"shares": decimal_text(amount)}
    )
    cap = "max_price" if side is Side.BUY else "min_price"
    params = market.validate_market_order_params(
        asset_id="1", side=side.value, order_type="FAK", **{**text, cap: decimal_text(limit)}
    )
    info = MarketInfo(
        fee_info=PlatformFeeInfo(rate=Decimal(0), exponent=Decimal(1)),
        neg_risk=False,
        tick_size=Decimal(decimal_text(tick)),
        token_ids=frozenset(),
    )
    try:
        draft = market._build_protected_market_order_draft(  # noqa: SLF001 - the maths to agree with
            CONTEXT, params, metadata=info, builder_taker_fee_rate=Decimal(0)
        )
    except UserInputError:
        return None
    return (draft.offered_amount, draft.requested_amount) if draft.offered_amount else None


@forall(amounts, prices, ticks)
def test_a_protected_buy_has_the_clients_amounts(notional: int, price: int, tick: int) -> None:
    limit = round_price(price, tick, Side.BUY)
    if limit:
        assert buy_amounts(notional, limit, tick) == drafted(Side.BUY, notional, limit, tick)


@forall(amounts, prices, ticks)
def test_a_protected_sell_has_the_clients_amounts(size: int, price: int, tick: int) -> None:
    limit = round_price(price, tick, Side.SELL)
    if limit < MICROS:
        assert sell_amounts(size, limit) == drafted(Side.SELL, size, limit, tick)


@pytest.mark.parametrize("tick", sorted(AMOUNT_UNITS))
def test_every_price_of_the_grid_agrees_for_small_buys(tick: int) -> None:
    step = max(tick, 2_000)  # 500 prices on the finest grids are enough.
    for limit in range(tick, MICROS - tick + 1, step):
        for notional in (MICROS, 1_010_000, 7_770_000):
            assert buy_amounts(notional, limit, tick) == drafted(Side.BUY, notional, limit, tick)
