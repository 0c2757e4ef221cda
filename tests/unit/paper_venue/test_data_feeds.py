"""The Data API's trades and activity, both versions."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.data_api.rows import IndexDelay, Row, rows_of
from polycopy.paper_venue.core.engine.ledger import Movement, Transfer
from polycopy.schemas.ids import Wallet
from polycopy.schemas.money import MICROS, Side
from tests.support.chain_dice import chains
from tests.support.data_venue import (
    ANNA,
    AT_S,
    BERT,
    CARL,
    FIRST,
    MARKETS,
    NO,
    WALLETS,
    Chain,
    did,
)


def rows(chain: Chain) -> list[Row]:
    """Every row, newest first, by the plainest way there is."""
    listed = [rows_of(settled, place) for place, settled in enumerate(chain.ledger)]
    return [row for group in reversed(listed) for row in reversed(group)]


def told(row: Row) -> tuple[object, ...]:
    return (
        row.transaction_hash,
        row.wallet,
        row.token_id,
        row.side.value if row.side else "",
        row.size_micros,
    )


def seen(body: dict[str, Any]) -> tuple[object, ...]:
    token = body.get("token_id", body.get("asset"))
    wallet = body.get("proxy_wallet", body.get("proxyWallet"))
    hashed = body.get("transaction_hash", body.get("transactionHash"))
    return hashed, wallet, token, body["side"], round(body["size"] * MICROS)


def walked(chain: Chain, target: str) -> list[dict[str, Any]]:
    """Every page of a walk; adds a transaction after each."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        status, body = chain.ask(f"{target}&cursor={cursor}" if cursor else target)
        assert status == 200, body
        paging = body["pagination"]
        assert paging["offset"] == len(found)
        assert paging["has_more"] == (paging["next_cursor"] is not None)
        assert len(body["data"]) == paging["limit"] or not paging["has_more"]
        found.extend(body["data"])
        cursor, pages = paging["next_cursor"], pages + 1
        chain.trade(did(ANNA, Side.BUY, 1, 50), at_s=min(60 + pages, 100))
    return found


@given(chains(), st.integers(1, 7))
def test_following_the_cursor_gives_every_trade_once_while_trades_are_added(
    chain: Chain, limit: int
) -> None:
    expected = [
        told(row) for row in rows(chain) if row.kind is Movement.TRADE and row.size_micros >= 10_000
    ]

    found = walked(chain, f"/v2/trades?taker_only=false&limit={limit}")

    assert [seen(body) for body in found] == expected


@given(chains(), st.integers(1, 5), st.sampled_from(("ASC", "DESC")))
def test_following_the_cursor_gives_a_wallet_s_activity_in_the_direction_asked(
    chain: Chain, limit: int, direction: str
) -> None:
    expected = [told(row) for row in rows(chain) if row.wallet == BERT]
    if direction == "ASC":
        expected.reverse()

    target = f"/v2/activity?user={BERT}&limit={limit}&sort_direction={direction}"
    found = walked(chain, target)

    assert [seen(body) for body in found] == expected


@given(
    chains(),
    st.sampled_from((None, *WALLETS)),
    st.sampled_from((None, *MARKETS)),
    st.sampled_from(("", "BUY", "SELL")),
    st.booleans(),
    st.integers(0, 3 * MICROS),
    st.booleans(),
)
def test_the_filters_of_trades_are_the_plain_ones(
    chain: Chain,
    wallet: Wallet | None,
    market: Any,
    side: str,
    takers: bool,  # noqa: FBT001 - drawn
    least_micros: int,
    cash: bool,  # noqa: FBT001 - drawn
) -> None:
    expected = [
        told(row)
        for row in rows(chain)
        if row.kind is Movement.TRADE
        and wallet in (None, row.wallet)
        and (market is None or row.condition_id == market.condition_id)
        and side in ("", row.side)
        and (row.taker or not takers)
        and (row.usdc_micros if cash else row.size_micros) >= least_micros
    ]
    query = (
        f"side={side}&limit=1000&takerOnly={str(takers).lower()}"
        f"&filterType={'CASH' if cash else 'TOKENS'}&filterAmount={least_micros / MICROS:.6f}"
    )
    user = f"&user={wallet}" if wallet else ""

    _, old = chain.ask(
        f"/trades?{query}{user}" + (f"&market={market.condition_id}" if market else "")
    )
    _, new = chain.ask(
        f"/v2/trades?{query}{user}" + (f"&conditionId={market.condition_id}" if market else "")
    )

    assert [seen(body) for body in old] == expected
    if least_micros >= 10_000:
        assert [seen(body) for body in new["data"]] == expected


@given(chains(), st.integers(0, 40), st.integers(0, 40), st.sampled_from(list(Movement)))
def test_the_filters_of_activity_are_the_plain_ones(
    chain: Chain, start: int, end: int, kind: Movement
) -> None:
    first, last = AT_S + start, AT_S + end
    expected = [
        told(row)
        for row in rows(chain)
        if row.wallet == CARL and row.kind is kind and first <= row.anchor.block_s <= last
    ]
    query = f"user={CARL}&type={kind.value}&start={first}&end={last}&limit=500"

    _, old = chain.ask(f"/activity?{query}")
    _, new = chain.ask(f"/v2/activity?{query}")

    assert [seen(body) for body in old] == expected
    assert [seen(body) for body in new["data"]] == expected


@given(chains(), st.integers(0, 9), st.integers(0, 9))
def test_an_offset_of_the_old_list_skips_as_many_rows(
    chain: Chain, limit: int, offset: int
) -> None:
    _, everything = chain.ask("/trades?takerOnly=false&limit=10000")

    _, page = chain.ask(f"/trades?takerOnly=false&limit={limit}&offset={offset}")

    assert page == everything[offset : offset + limit]


@given(chains(), st.sampled_from(("TOKENS", "CASH")), st.sampled_from(("ASC", "DESC")))
def test_the_old_activity_sorts_by_value(chain: Chain, sort_by: str, direction: str) -> None:
    target = f"/activity?user={ANNA}&sortBy={sort_by}&sortDirection={direction}&limit=500"

    _, found = chain.ask(target)

    values = [body["size" if sort_by == "TOKENS" else "usdcSize"] for body in found]
    assert values == sorted(values, reverse=direction == "DESC")


def test_a_fill_is_served_once_at_its_taker_where_nobody_asks_for_makers() -> None:
    chain = Chain()
    chain.trade(
        did(ANNA, Side.BUY, 10, 40), did(BERT, Side.SELL, 6, 40), did(CARL, Side.BUY, 4, 60, NO)
    )

    for target in ("/trades?limit=9", "/v2/trades"):
        _, body = chain.ask(target)
        taken = body if isinstance(body, list) else body["data"]
        assert [seen(row)[1] for row in taken] == [ANNA]
    _, of_maker = chain.ask(f"/v2/trades?user={BERT}")
    assert of_maker["data"] == []
    _, with_makers = chain.ask(f"/v2/trades?user={BERT}&takerOnly=false")
    assert [row["side"] for row in with_makers["data"]] == ["SELL"]


def test_two_equal_fills_are_two_equal_rows() -> None:
    chain = Chain()
    chain.trade(*[did(ANNA, Side.SELL, 5, 40)] * 2)

    _, body = chain.ask("/v2/trades?taker_only=false")

    assert len(body["data"]) == 2
    assert body["data"][0] == body["data"][1]


def test_dust_is_hidden_and_zero_means_the_same() -> None:
    chain = Chain()
    dust = did(ANNA, Side.BUY, 1, 40)
    chain.trade(type(dust)(**{**fields(dust), "size_micros": 9_999}))

    assert chain.ask("/v2/trades")[1]["data"] == []
    assert chain.ask("/v2/trades?filter_amount=0")[1]["data"] == []
    assert len(chain.ask("/v2/trades?filter_amount=0.001")[1]["data"]) == 1
    assert len(chain.ask("/trades")[1]) == 1


def fields(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def test_a_redemption_has_a_row_an_outcome_and_a_split_has_none() -> None:
    chain = Chain()
    one = Transfer(wallet=ANNA, size_micros=MICROS, notional_micros=MICROS)
    chain.transfer(Movement.SPLIT, one)
    paid = zip(FIRST.tokens, (MICROS, 0), strict=True)
    chain.transfer(
        Movement.REDEEM,
        *(
            Transfer(
                wallet=ANNA,
                size_micros=MICROS,
                notional_micros=notional,
                token_id=token.token_id,
                index=index,
            )
            for index, (token, notional) in enumerate(paid)
        ),
    )

    _, found = chain.ask(f"/activity?user={ANNA}&sortDirection=ASC")

    shown = [(row["type"], row["outcome"], row["outcomeIndex"], row["usdcSize"]) for row in found]
    assert shown == [("SPLIT", "", 999, 1), ("REDEEM", "Yes", 0, 1), ("REDEEM", "No", 1, 0)]
    assert {(row["side"], row["price"]) for row in found} == {("", 0)}


def test_a_trade_of_version_2_says_that_it_is_no_combo_s() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 5, 40))
    chain.transfer(Movement.SPLIT, Transfer(wallet=ANNA, size_micros=1, notional_micros=1))

    rows = chain.ask(f"/v2/activity?user={ANNA}")[1]["data"]
    assert {row["type"]: row.get("is_combo") for row in rows} == {"TRADE": False, "SPLIT": None}
    assert "isCombo" not in chain.ask(f"/activity?user={ANNA}")[1][0]


def test_a_window_narrows_a_wallet_s_trades_and_no_other_list() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 5, 40), at_s=10)

    late = AT_S + 50
    assert chain.ask(f"/v2/trades?user={ANNA}&start={late}")[1]["data"] == []
    assert len(chain.ask(f"/v2/trades?start={late}")[1]["data"]) == 1


@given(chains(IndexDelay()), st.integers(0, 60))
def test_a_row_appears_when_its_transaction_s_delay_is_over_and_stays(
    chain: Chain, at_s: int
) -> None:
    delay = IndexDelay()
    now_us = (AT_S + at_s) * MICROS
    expected = {
        settled.transaction_hash
        for settled in chain.ledger
        if settled.at_us + delay.of(settled.transaction_hash) <= now_us
        and settled.kind is Movement.TRADE
    }

    _, body = chain.ask("/trades?takerOnly=false&limit=10000", at_s=at_s)

    assert {row["transactionHash"] for row in body} == expected
    assert all(2_400_000 <= delay.of(each.transaction_hash) <= 9_000_000 for each in chain.ledger)


def test_an_event_is_the_trades_of_its_markets() -> None:
    chain = Chain()
    for place, market in enumerate(MARKETS):
        chain.trade(did(ANNA, Side.BUY, 5, 40, market.tokens[0].token_id), of=market, at_s=place)
    _, events = chain.look("/events")
    ids = {event["slug"]: event["id"] for event in events}

    _, body = chain.ask(f"/v2/trades?event_id={ids['event-0']}")

    assert {row["slug"] for row in body["data"]} == {"market-0", "market-1"}
    _, old = chain.ask(f"/trades?eventId={ids['event-1']}")
    assert [row["slug"] for row in old] == ["market-2"]
    assert chain.ask("/v2/trades?event_id=77")[1]["data"] == []
