"""Polymarket's own client, version 0.14.0, reads the Data API and Gamma."""

import dataclasses
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import cast

import msgspec
import pytest
from aiohttp import web
from polymarket import AsyncPublicClient
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.errors import RequestRejectedError
from polymarket.models.data import MergeActivity, RedeemActivity, SplitActivity, TradeActivity

from polycopy.paper_venue.adapters.http import Rest
from polycopy.paper_venue.core.data_api import routes
from polycopy.paper_venue.core.data_api.cdn import Cdn
from polycopy.paper_venue.core.engine.ledger import Movement, Transfer
from polycopy.paper_venue.core.gamma import routes as gamma_routes
from polycopy.paper_venue.core.protocol.messages import Answer, Request
from polycopy.paper_venue.ports import Venue
from polycopy.schemas.money import MICROS, Side
from tests.support.data_venue import ANNA, AT, AT_S, BERT, FIRST, MARKETS, NO, NOBODY, Chain, did


def plain(*values: object) -> list[object]:
    """Beside other values: the client has types of its own for wallets, tokens and words."""
    return list(values)


class DataVenue:
    """The part of a venue that answers these two APIs, a hundred seconds in."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def now_us(self) -> int:
        return AT + 100 * MICROS

    def wall_us(self) -> int:
        return self.now_us()

    def note(
        self, method: str, path: str, answer: Answer, received_at_us: int, wallet: str = ""
    ) -> None:
        """Nobody reads a journal here."""

    async def answer(self, request: Request) -> Answer:
        if request.path in routes.PATHS:
            return routes.respond(self._chain.data, request)
        return gamma_routes.respond(self._chain.gamma, request)


@pytest.fixture
def chain() -> Chain:
    """Two wallets trade, split, merge and redeem; one market is over."""
    paid = tuple(
        msgspec.structs.replace(token, payout_micros=MICROS * (1 - place))
        for place, token in enumerate(MARKETS[1].tokens)
    )
    over = msgspec.structs.replace(
        MARKETS[1], tokens=paid, resolved=True, accepting=False, resolved_at_s=AT_S
    )
    made = Chain([FIRST, over, MARKETS[2]], cdn=Cdn())
    made.book(FIRST, [(48, 10)], [(52, 10)])
    made.trade(did(ANNA, Side.BUY, 10, 40), did(BERT, Side.BUY, 10, 60, NO))
    made.trade(did(BERT, Side.BUY, 5, 50, over.tokens[0].token_id), of=over, at_s=2)
    whole = Transfer(wallet=ANNA, size_micros=2 * MICROS, notional_micros=2 * MICROS)
    made.transfer(Movement.SPLIT, whole, of=MARKETS[2], at_s=4)
    made.transfer(Movement.MERGE, whole, of=MARKETS[2], at_s=6)
    redeemed = Transfer(
        wallet=ANNA,
        size_micros=MICROS,
        notional_micros=MICROS,
        token_id=over.tokens[0].token_id,
        index=0,
    )
    made.transfer(Movement.REDEEM, redeemed, of=over, at_s=8)
    return made


@pytest.fixture
async def client(chain: Chain) -> AsyncIterator[AsyncPublicClient]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", Rest(cast(Venue, DataVenue(chain))).__call__)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    config = dataclasses.replace(PRODUCTION_CONFIG, gamma_url=address, data_url=address)
    opened = AsyncPublicClient(environment=create_environment(name="data", config=config))
    yield opened
    await opened.close()
    await runner.cleanup()


async def test_it_pages_through_trades_of_both_sides(client: AsyncPublicClient) -> None:
    taken = [trade async for trade in client.list_trades().iter_items()]
    pages = [page async for page in client.list_trades(taker_only=False, page_size=1)]

    assert plain(*[trade.wallet for trade in taken]) == [BERT, ANNA]
    assert plain(*[page.items[0].wallet for page in pages]) == [BERT, BERT, ANNA]
    first = taken[-1]
    assert (first.size, first.price, first.outcome_index) == (Decimal(10), Decimal("0.4"), 0)
    assert plain(first.condition_id, first.event_slug) == [FIRST.condition_id, "event-0"]
    assert int(first.timestamp.timestamp()) == AT_S


async def test_it_narrows_trades_by_wallet_market_and_event(client: AsyncPublicClient) -> None:
    (event,) = (await client.list_events(slug="event-0").first_page()).items

    by_wallet = client.list_trades(user=BERT, taker_only=False, side="BUY", full_history=True)
    by_market = client.list_trades(condition_id=[FIRST.condition_id], filter_amount=10)
    by_event = client.list_trades(event_id=int(event.id), filter_type="CASH")

    assert len([trade async for trade in by_wallet.iter_items()]) == 2
    assert plain(*[trade.wallet async for trade in by_market.iter_items()]) == [ANNA]
    assert len([trade async for trade in by_event.iter_items()]) == 2


async def test_it_reads_every_kind_of_activity(client: AsyncPublicClient) -> None:
    found = [row async for row in client.list_activity(user=ANNA, page_size=2).iter_items()]
    back = client.list_activity(user=ANNA, sort_direction="ASC", activity_types=["TRADE", "SPLIT"])

    kinds = [RedeemActivity, MergeActivity, SplitActivity, TradeActivity]
    assert [type(row) for row in found] == kinds
    assert [row.type async for row in back.iter_items()] == ["TRADE", "SPLIT"]
    trade, redeemed = found[-1], found[0]
    assert isinstance(trade, TradeActivity)
    assert isinstance(redeemed, RedeemActivity)
    assert plain(trade.shares, trade.amount, trade.price) == [10, 4, Decimal("0.4")]
    assert plain(redeemed.outcome, redeemed.outcome_index, redeemed.amount) == ["Yes", 0, 1]


async def test_it_reads_positions_and_their_value(client: AsyncPublicClient) -> None:
    held = [one async for one in client.list_positions(user=ANNA).iter_items()]
    won = client.list_positions(user=BERT, status="REDEEMABLE", sort_by="TOKENS")
    holders = client.list_positions(condition_id=FIRST.condition_id, page_size=1)

    (position,) = held
    assert plain(position.current_size, position.avg_price) == [10, Decimal("0.4")]
    assert plain(position.current_value, position.unrealized_pnl) == [5, 1]
    assert plain(position.status, position.opposite_asset_id) == ["OPEN", NO]
    assert plain(*[one.current_value async for one in won.iter_items()]) == [5]
    assert plain(*[one.wallet async for one in holders.iter_items()]) == [BERT, ANNA]
    assert (await client.get_portfolio_value(user=ANNA)).value == 5


async def test_it_reads_the_board_and_a_wallet_s_standing(client: AsyncPublicClient) -> None:
    board = client.list_trader_leaderboard(window="day", sort_by="VOLUME", page_size=1)
    rows = [row async for row in board.iter_items()]
    standing = await client.get_trader_leaderboard_standing(user=BERT)
    nobody = await client.get_trader_leaderboard_standing(user=NOBODY)

    assert [plain(row.rank, row.wallet, row.volume) for row in rows] == [
        [1, BERT, 15],
        [2, ANNA, 10],
    ]
    assert standing is not None
    assert standing.volume_rank == 1
    assert nobody is None


async def test_it_reads_resolutions(client: AsyncPublicClient) -> None:
    asked = [market.condition_id for market in MARKETS]

    found = await client.get_resolutions(condition_ids=asked)

    shown = [(row.status, row.payouts, row.market_type) for row in found]
    assert shown == [
        ("posed", None, "BINARY"),
        ("resolved", (1, 0), "INCREMENTAL_NEGRISK"),
        ("posed", None, "BINARY"),
    ]


async def test_it_pages_through_markets(client: AsyncPublicClient) -> None:
    pages = [page async for page in client.list_markets(page_size=1)]
    closed = [one async for one in client.list_markets(closed=True).iter_items()]
    tokens = [token.token_id for token in FIRST.tokens]
    by_token = [one async for one in client.list_markets(clob_token_ids=tokens).iter_items()]

    assert [page.items[0].slug for page in pages] == ["market-0", "market-2"]
    first, second = pages[0].items[0], pages[1].items[0]
    assert plain(first.outcomes.yes.token_id, first.outcomes.no.token_id) == tokens
    assert (first.outcomes.yes.price, first.prices.best_ask) == (Decimal("0.5"), Decimal("0.52"))
    assert first.trading.fee_schedule is not None
    assert first.trading.fee_schedule.rate == pytest.approx(Decimal("0.07"))
    assert plain(second.outcomes.yes.position_id) == [MARKETS[2].tokens[0].token_id]
    assert (second.version, second.resolution.resolution_status) == ("v2", "active")
    assert second.trading.seconds_delay == 3
    assert [plain(one.slug, one.outcomes.yes.price) for one in closed] == [["market-1", 1]]
    assert closed[0].resolution.uma_resolution_status == "resolved"
    assert [one.slug for one in by_token] == ["market-0"]


async def test_it_finds_markets_and_events_by_name(client: AsyncPublicClient) -> None:
    market = await client.get_market(slug="market-0")
    same = await client.get_market(id=market.id, include_tag=True)
    event = await client.get_event(slug="event-0")
    again = await client.get_event(id=event.id)

    assert plain(same.condition_id, market.condition_id) == [FIRST.condition_id] * 2
    assert [tag.label for tag in same.tags] == ["Sports", "Games", "Balls"]
    assert [one.slug for one in event.markets] == ["market-0", "market-1"]
    assert again == event
    assert [one.id for one in market.events] == [event.id]
    tags = await client.get_market_tags(market.id)
    assert [tag.slug for tag in tags] == ["sports", "games", "balls"]


async def test_a_refusal_reaches_it_with_its_words(client: AsyncPublicClient) -> None:
    with pytest.raises(RequestRejectedError, match="slug not found"):
        await client.get_market(slug="nobody")
    with pytest.raises(RequestRejectedError, match="order fields are not valid"):
        await client.list_markets(order="beauty").first_page()


async def test_a_page_asked_again_comes_from_the_cache(
    client: AsyncPublicClient, chain: Chain
) -> None:
    before = await client.list_trades().first_page()
    chain.trade(did(ANNA, Side.BUY, 10, 40), at_s=90)

    assert (await client.list_trades().first_page()).items == before.items
    assert len((await client.list_trades(page_size=999).first_page()).items) == 3
