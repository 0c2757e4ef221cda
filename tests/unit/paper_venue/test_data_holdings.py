"""Laws of what wallets hold, after any history of the chain."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.data_api.holdings import Holding, Key, fold
from polycopy.paper_venue.core.engine.ledger import Movement, Transfer
from polycopy.schemas.money import MICROS, Side
from tests.support.chain_dice import chains
from tests.support.data_venue import ANNA, FIRST, MARKETS, NO, YES, Chain, did

BY_CONDITION = {market.condition_id: market for market in MARKETS}
STEPS = st.lists(
    st.tuples(st.sampled_from(list(Side)), st.integers(1, 50), st.integers(1, 99)), max_size=12
)


def naive(chain: Chain) -> tuple[Counter[Key], Counter[str]]:
    """Shares by wallet and token, and cash by wallet, added up with no thought of cost."""
    shares: Counter[Key] = Counter()
    cash: Counter[str] = Counter()
    for settled in chain.ledger:
        for each in settled.executions:
            sign = 1 if each.side is Side.BUY else -1
            shares[Key(each.wallet, each.token_id)] += sign * each.size_micros
            cash[each.wallet] -= sign * each.notional_micros + each.fee_micros
        for moved in settled.transfers:
            if settled.kind is Movement.CONVERSION:
                continue
            sign = 1 if settled.kind is Movement.SPLIT else -1
            tokens = (
                [moved.token_id]
                if moved.token_id
                else [token.token_id for token in BY_CONDITION[settled.condition_id].tokens]
            )
            for token_id in tokens:
                shares[Key(moved.wallet, token_id)] += sign * moved.size_micros
            cash[moved.wallet] -= sign * moved.notional_micros
    return shares, cash


@given(chains())
def test_shares_are_the_plain_sum_of_what_came_and_went(chain: Chain) -> None:
    folded = fold(chain.ledger, BY_CONDITION)
    shares, _ = naive(chain)

    assert {key: held.size_micros for key, held in folded.items()} == dict(shares)


@given(chains())
def test_cash_is_what_was_realised_less_cost_and_fees(chain: Chain) -> None:
    folded = fold(chain.ledger, BY_CONDITION)
    _, cash = naive(chain)

    kept: Counter[str] = Counter()
    for key, held in folded.items():
        kept[key.wallet] += held.realized_micros - held.cost_micros - held.fees_micros
    assert {wallet: kept[wallet] for wallet in cash} == dict(cash)


@given(chains())
def test_nothing_held_costs_nothing(chain: Chain) -> None:
    for held in fold(chain.ledger, BY_CONDITION).values():
        if held.size_micros == 0:
            assert held.cost_micros == 0
        else:
            assert (held.cost_micros >= 0) == (held.size_micros > 0) or held.cost_micros == 0


@given(STEPS)
def test_a_sale_leaves_the_average_price_of_the_rest(
    steps: list[tuple[Side, int, int]],
) -> None:
    chain = Chain()
    before = Holding()
    for side, shares, cents in steps:
        chain.trade(did(ANNA, side, shares, cents))
        after = fold(chain.ledger, BY_CONDITION)[Key(ANNA, YES)]
        if side is Side.SELL and after.size_micros > 0:
            # The cost that goes is rounded down: by less than a millionth a sale.
            moved = after.cost_micros * before.size_micros - before.cost_micros * after.size_micros
            assert 0 <= moved < before.size_micros
        before = after


def test_a_wallet_buys_sells_half_and_knows_what_it_gained() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 40, fee_micros=5))
    chain.trade(did(ANNA, Side.BUY, 10, 60, fee_micros=7))
    chain.trade(did(ANNA, Side.SELL, 10, 70, fee_micros=9))

    held = fold(chain.ledger, BY_CONDITION)[Key(ANNA, YES)]

    assert (held.size_micros, held.cost_micros) == (10 * MICROS, 5 * MICROS)
    assert (held.average_price_micros, held.realized_micros) == (MICROS // 2, 2 * MICROS)
    assert (held.fees_micros, held.entry_fees_micros) == (21, 12)
    assert (held.bought_micros, held.paid_micros) == (20 * MICROS, 10 * MICROS)


def test_a_split_costs_half_a_dollar_a_share_and_a_merge_gives_it_back() -> None:
    chain = Chain()
    whole = Transfer(wallet=ANNA, size_micros=10 * MICROS, notional_micros=10 * MICROS)
    chain.transfer(Movement.SPLIT, whole)
    split = fold(chain.ledger, BY_CONDITION)
    chain.transfer(Movement.MERGE, whole)
    merged = fold(chain.ledger, BY_CONDITION)

    for token in (YES, NO):
        assert split[Key(ANNA, token)].average_price_micros == MICROS // 2
        assert merged[Key(ANNA, token)].size_micros == 0
        assert merged[Key(ANNA, token)].realized_micros == 0


def test_a_redemption_realises_the_payout() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 40))
    paid = Transfer(
        wallet=ANNA,
        size_micros=10 * MICROS,
        notional_micros=10 * MICROS,
        token_id=FIRST.tokens[0].token_id,
        index=0,
    )
    chain.transfer(Movement.REDEEM, paid)

    held = fold(chain.ledger, BY_CONDITION)[Key(ANNA, YES)]

    assert (held.size_micros, held.cost_micros, held.realized_micros) == (0, 0, 6 * MICROS)


def test_a_split_of_a_market_that_nobody_knows_moves_nothing() -> None:
    chain = Chain()
    whole = Transfer(wallet=ANNA, size_micros=MICROS, notional_micros=MICROS)
    chain.transfer(Movement.SPLIT, whole)

    assert fold(chain.ledger, {}) == {}
