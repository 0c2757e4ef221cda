"""What the contracts write, read back by somebody else's ABI code."""

from collections import defaultdict
from collections.abc import Iterable

import pytest
from eth_abi.abi import decode
from eth_utils.abi import event_signature_to_log_topic

from polycopy.paper_venue.core.chain import contracts as on
from polycopy.paper_venue.core.chain.abi import Emitted
from polycopy.paper_venue.core.chain.chain import emitted_by
from polycopy.paper_venue.core.engine.ledger import Execution, Movement, Settled, Transfer
from polycopy.paper_venue.core.engine.market import Market
from polycopy.polymarket.order_hash import EXCHANGE_V2, EXCHANGE_V3, NEG_RISK_EXCHANGE_V2, Exchange
from polycopy.schemas.money import MICROS, Side
from tests.support.ledgers import NEG_RISK, PLAIN, POSITIONS, execution, moved, trade, wallet

ORDER_FILLED = (
    "OrderFilled(bytes32,address,address,uint8,uint256,uint256,uint256,uint256,bytes32,bytes32)"
)
ORDERS_MATCHED = "OrdersMatched(bytes32,address,uint8,uint256,uint256,uint256)"
FILLED_DATA = ["uint8", "uint256", "uint256", "uint256", "uint256", "bytes32", "bytes32"]
TAKER = execution("taker", Side.BUY, size=30, fee_micros=70_000)
MAKERS = (execution("first", Side.SELL, size=20), execution("second", Side.SELL, size=10))
NOBODY = "0x" + "0" * 40


def topic(signature: str) -> str:
    return "0x" + event_signature_to_log_topic(signature).hex()


def raw(log: Emitted) -> bytes:
    return bytes.fromhex(log.data[2:])


TOKENS = {
    PLAIN.condition_id: "0x4d97dcd97ec945f40cf65f87097ace5ea0476045",
    NEG_RISK.condition_id: "0x4d97dcd97ec945f40cf65f87097ace5ea0476045",
    POSITIONS.condition_id: "0x006f54f7f9a22e0000cc2ab60031000000ae9fef",
}


def written(settled: Settled, of: Market = PLAIN, signature: str = "") -> list[Emitted]:
    logs = list(emitted_by(settled, of))
    return [log for log in logs if not signature or log.topics[0] == topic(signature)]


def address(log: Emitted, place: int) -> str:
    (read,) = decode(["address"], bytes.fromhex(log.topics[place][2:]))
    return str(read)


def test_the_topics_are_those_that_others_saw_on_the_chain() -> None:
    assert on.ORDER_FILLED.topic == (
        "0xd543adfd945773f1a62f74f0ee55a5e3b9b1a28262980ba90b1a89f2ea84d8ee"
    )
    assert on.ORDERS_MATCHED.topic == (
        "0x174b3811690657c217184f89418266767c87e4805d09680c39fc9c031c0cab7c"
    )
    assert on.TRANSFER_SINGLE.topic == (
        "0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62"
    )
    assert on.COLLATERAL_MOVED.topic == topic("Transfer(address,address,uint256)")


def test_makers_come_first_then_the_taker_against_the_exchange_then_the_match() -> None:
    logs = written(trade(TAKER, *MAKERS))
    order = [log for log in logs if log.topics[0] in (topic(ORDER_FILLED), topic(ORDERS_MATCHED))]

    exchange = EXCHANGE_V2.address.lower()
    assert [log.topics[0] for log in order] == [topic(ORDER_FILLED)] * 3 + [topic(ORDERS_MATCHED)]
    assert [log.topics[1] for log in order[:3]] == [each.order_id for each in (*MAKERS, TAKER)]
    assert [address(log, 2) for log in order[:3]] == [each.wallet for each in (*MAKERS, TAKER)]
    assert [address(log, 3) for log in order[:3]] == [TAKER.wallet, TAKER.wallet, exchange]
    assert {log.address for log in order} == {exchange}


def test_an_order_filled_tells_what_its_owner_gave_and_got_and_the_fee() -> None:
    first, *_, taker = written(trade(TAKER, *MAKERS), signature=ORDER_FILLED)
    empty = bytes(32)

    assert decode(FILLED_DATA, raw(first)) == (
        1, int(TAKER.token_id), 20 * MICROS, 8 * MICROS, 0, empty, empty,
    )  # fmt: skip
    assert decode(FILLED_DATA, raw(taker)) == (
        0, int(TAKER.token_id), 12 * MICROS, 30 * MICROS, 70_000, empty, empty,
    )  # fmt: skip


def test_the_match_tells_the_taker_s_amounts() -> None:
    (log,) = written(trade(TAKER, *MAKERS), signature=ORDERS_MATCHED)

    assert (log.topics[1], address(log, 2)) == (TAKER.order_id, TAKER.wallet)
    assert decode(["uint8", "uint256", "uint256", "uint256"], raw(log)) == (
        0, int(TAKER.token_id), 12 * MICROS, 30 * MICROS,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("of", "exchange"),
    [(PLAIN, EXCHANGE_V2), (NEG_RISK, NEG_RISK_EXCHANGE_V2), (POSITIONS, EXCHANGE_V3)],
)
def test_each_kind_of_market_has_its_exchange(of: Market, exchange: Exchange) -> None:
    buyer, seller = execution("a", Side.BUY, of=of), execution("b", Side.SELL, of=of)
    settled = trade(buyer, seller, of=of)
    fills = written(settled, of, ORDER_FILLED)
    transfers = written(settled, of, "TransferSingle(address,address,address,uint256,uint256)")

    assert {log.address for log in fills} == {exchange.address.lower()}
    assert {log.address for log in transfers} == {TOKENS[of.condition_id]}


def shares(logs: Iterable[Emitted]) -> dict[tuple[str, int], int]:
    """Who has what after the ERC-1155 transfers."""
    held: dict[tuple[str, int], int] = defaultdict(int)
    for log in logs:
        if log.topics[0] == topic("TransferSingle(address,address,address,uint256,uint256)"):
            token, size = decode(["uint256", "uint256"], raw(log))
            pairs = [(token, size)]
        elif log.topics[0] == topic("TransferBatch(address,address,address,uint256[],uint256[])"):
            pairs = list(zip(*decode(["uint256[]", "uint256[]"], raw(log)), strict=True))
        else:
            continue
        for token, size in pairs:
            held[address(log, 2), token] -= size
            held[address(log, 3), token] += size
    return {key: size for key, size in held.items() if size and key[0] != NOBODY}


def cash(logs: Iterable[Emitted]) -> dict[str, int]:
    """Who has how much more pUSD after the transfers."""
    held: dict[str, int] = defaultdict(int)
    for log in logs:
        if log.topics[0] == topic("Transfer(address,address,uint256)"):
            (amount,) = decode(["uint256"], raw(log))
            held[address(log, 1)] -= amount
            held[address(log, 2)] += amount
    return {who: amount for who, amount in held.items() if amount and who != NOBODY}


def balanced(taker: Execution, makers: tuple[Execution, ...], of: Market) -> None:
    logs = written(trade(taker, *makers, of=of), of)
    parties = (taker, *makers)
    fees = sum(each.fee_micros for each in parties)
    sign = {Side.BUY: 1, Side.SELL: -1}

    assert shares(logs) == {
        (each.wallet, int(each.token_id)): sign[each.side] * each.size_micros for each in parties
    }
    paid = {
        each.wallet: -sign[each.side] * each.notional_micros - each.fee_micros for each in parties
    }
    receiver = {on_receiver(): fees} if fees else {}
    assert cash(logs) == paid | receiver


def on_receiver() -> str:
    (log,) = written(trade(TAKER, *MAKERS), signature="FeeCharged(address,uint256)")
    return address(log, 1)


@pytest.mark.parametrize("of", [PLAIN, NEG_RISK, POSITIONS])
@pytest.mark.parametrize("fee_micros", [0, 50_000])
def test_the_transfers_bring_everybody_what_the_trade_says(of: Market, fee_micros: int) -> None:
    """Direct, minted, merged, and some of each."""
    buyer = execution("taker", Side.BUY, of=of, size=30, fee_micros=fee_micros)
    seller = execution("taker", Side.SELL, of=of, size=30, fee_micros=fee_micros)
    sells = execution("sells", Side.SELL, of=of, size=30, fee_micros=fee_micros)
    some = execution("sells", Side.SELL, of=of, size=10, fee_micros=fee_micros)
    buys = execution("buys", Side.BUY, of=of, size=30, fee_micros=fee_micros)
    other = {"of": of, "index": 1, "price_micros": 600_000}
    mints = execution("mints", Side.BUY, size=30, **other)  # type: ignore[arg-type]
    rest = execution("mints", Side.BUY, size=20, **other)  # type: ignore[arg-type]
    merges = execution("merges", Side.SELL, size=30, **other)  # type: ignore[arg-type]

    balanced(buyer, (sells,), of)
    balanced(seller, (buys,), of)
    balanced(buyer, (mints,), of)
    balanced(buyer, (some, rest), of)
    balanced(seller, (merges,), of)


@pytest.mark.parametrize("of", [PLAIN, NEG_RISK, POSITIONS])
def test_a_split_gives_both_outcomes_and_a_merge_takes_them(of: Market) -> None:
    both = Transfer(wallet=wallet("holder"), size_micros=7 * MICROS, notional_micros=7 * MICROS)
    split = written(moved(Movement.SPLIT, both, of=of), of)
    merge = written(moved(Movement.MERGE, both, of=of), of)

    tokens = [int(token.token_id) for token in of.tokens]
    assert shares(split) == {(both.wallet, token): 7 * MICROS for token in tokens}
    assert shares(merge) == {(both.wallet, token): -7 * MICROS for token in tokens}
    assert (cash(split), cash(merge)) == (
        {both.wallet: -7 * MICROS},
        {both.wallet: 7 * MICROS},
    )


@pytest.mark.parametrize(
    ("kind", "name"),
    [(Movement.SPLIT, "PositionSplit"), (Movement.MERGE, "PositionsMerge")],
)
def test_the_conditional_tokens_name_the_condition_of_a_split_and_a_merge(
    kind: Movement, name: str
) -> None:
    both = Transfer(wallet=wallet("holder"), size_micros=7, notional_micros=7)
    signature = f"{name}(address,address,bytes32,bytes32,uint256[],uint256)"

    (log,) = written(moved(kind, both), signature=signature)

    assert log.address == "0x4d97dcd97ec945f40cf65f87097ace5ea0476045"
    assert address(log, 1) == "0xada100db00ca00073811820692005400218fce1f"
    assert log.topics[3] == PLAIN.condition_id
    collateral, partition, size = decode(["address", "uint256[]", "uint256"], raw(log))
    assert (collateral, partition, size) == (
        "0x2791bca1f2de4661ed88a30c99a7a9449aa84174",
        (1, 2),
        7,
    )


def redemption(of: Market) -> Settled:
    won, lost = (
        Transfer(
            wallet=wallet("holder"),
            size_micros=size,
            notional_micros=paid,
            token_id=of.tokens[index].token_id,
            index=index,
        )
        for index, size, paid in ((0, 5, 5), (1, 3, 0))
    )
    return moved(Movement.REDEEM, won, lost, of=of)


@pytest.mark.parametrize("of", [PLAIN, NEG_RISK, POSITIONS])
def test_a_redemption_takes_all_shares_and_pays_for_the_winner(of: Market) -> None:
    logs = written(redemption(of), of)

    first, second = (int(token.token_id) for token in of.tokens)
    assert shares(logs) == {(wallet("holder"), first): -5, (wallet("holder"), second): -3}
    assert cash(logs) == {wallet("holder"): 5}


def test_a_redemption_is_told_by_both_contracts_of_a_neg_risk_market() -> None:
    (inner,) = written(
        redemption(NEG_RISK),
        NEG_RISK,
        "PayoutRedemption(address,address,bytes32,bytes32,uint256[],uint256)",
    )
    (outer,) = written(
        redemption(NEG_RISK), NEG_RISK, "PayoutRedemption(address,bytes32,uint256[],uint256)"
    )

    condition = bytes.fromhex(NEG_RISK.condition_id[2:])
    assert decode(["bytes32", "uint256[]", "uint256"], raw(inner)) == (condition, (1, 2), 5)
    assert address(inner, 1) == outer.address == "0xd91e80cf2e7be2e162c6513ced06f1dd0da35296"
    assert decode(["uint256[]", "uint256"], raw(outer)) == ((5, 3), 5)
    assert outer.topics[2] == NEG_RISK.condition_id


def test_a_conversion_writes_nothing() -> None:
    assert written(moved(Movement.CONVERSION, of=NEG_RISK), NEG_RISK) == []
