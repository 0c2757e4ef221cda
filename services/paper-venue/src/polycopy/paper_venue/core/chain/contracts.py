"""The contracts of the venue on Polygon and the events that they write.

Sources: research 1.5 and 3.4; the public sources of ctf-exchange-v2 (events, adapters), of the
neg-risk adapter and of Gnosis' Conditional Tokens. What exchange V3 writes is not known: it is told
as exchange V2 does. Addresses are lower case, as nodes answer them.
"""

import msgspec

from polycopy.paper_venue.core.chain.abi import Event
from polycopy.paper_venue.core.engine.market import Market
from polycopy.polymarket.order_hash import EXCHANGE_V3, exchange_for

ZERO = "0x" + "0" * 40
ROOT = "0x" + "0" * 64
"""The collection that has no parent."""

PUSD = "0xc011a7e12a19f7b1f670d46f03b03f3342e82dfb"
USDCE = "0x2791bca1f2de4661ed88a30c99a7a9449aa84174"
WRAPPED_COLLATERAL = "0x3a3bd7bb9528e159577f7c2e685cc81a765002e2"
CONDITIONAL_TOKENS = "0x4d97dcd97ec945f40cf65f87097ace5ea0476045"
NEG_RISK_ADAPTER = "0xd91e80cf2e7be2e162c6513ced06f1dd0da35296"
COLLATERAL_ADAPTER = "0xada100db00ca00073811820692005400218fce1f"
NEG_RISK_COLLATERAL_ADAPTER = "0xada2005600dec949baf300f4c6120000bdb6eaab"
POSITION_MANAGER = "0x006f54f7f9a22e0000cc2ab60031000000ae9fef"
ROUTER = "0x12121212006e4cd160d18e3f00711da5c3372600"

_LISTS = "uint256[],uint256[]"
ORDER_FILLED = Event(
    "OrderFilled(bytes32,address,address,uint8,uint256,uint256,uint256,uint256,bytes32,bytes32)"
)
ORDERS_MATCHED = Event("OrdersMatched(bytes32,address,uint8,uint256,uint256,uint256)")
FEE_CHARGED = Event("FeeCharged(address,uint256)")
COLLATERAL_MOVED = Event("Transfer(address,address,uint256)")
TRANSFER_SINGLE = Event("TransferSingle(address,address,address,uint256,uint256)")
TRANSFER_BATCH = Event(f"TransferBatch(address,address,address,{_LISTS})")

_POSITION = "(address,address,bytes32,bytes32,uint256[],uint256)"
# Indexed of a split and a merge: holder, parent collection, condition; of a redemption: holder,
# collateral, parent collection.
POSITION_SPLIT = Event(f"PositionSplit{_POSITION}")
POSITIONS_MERGE = Event(f"PositionsMerge{_POSITION}")
PAYOUT_REDEMPTION = Event(f"PayoutRedemption{_POSITION}")

NEG_RISK_SPLIT = Event("PositionSplit(address,bytes32,uint256)")
NEG_RISK_MERGE = Event("PositionsMerge(address,bytes32,uint256)")
NEG_RISK_REDEMPTION = Event("PayoutRedemption(address,bytes32,uint256[],uint256)")


class Contracts(msgspec.Struct, frozen=True, kw_only=True):
    """Who settles a market. `tokens` keeps the shares (ERC-1155); `adapter` turns pUSD into both
    outcomes and back."""

    exchange: str
    tokens: str = CONDITIONAL_TOKENS
    adapter: str = COLLATERAL_ADAPTER
    neg_risk: bool = False

    @property
    def has_conditions(self) -> bool:
        """Whether splits, merges and redemptions are events of the Conditional Tokens. What the
        position manager of protocol V2 writes beside the transfers is not known."""
        return self.tokens == CONDITIONAL_TOKENS


def contracts_of(market: Market) -> Contracts:
    exchange = exchange_for(market.tokens[0].token_id, neg_risk=market.neg_risk)
    address = exchange.address.lower()
    if exchange is EXCHANGE_V3:
        return Contracts(exchange=address, tokens=POSITION_MANAGER, adapter=ROUTER)
    if market.neg_risk:
        return Contracts(exchange=address, adapter=NEG_RISK_COLLATERAL_ADAPTER, neg_risk=True)
    return Contracts(exchange=address)
