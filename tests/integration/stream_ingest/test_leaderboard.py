"""Leaderboards and names of the real paper venue, and of APIs that have a bad day."""

import pytest
from aiohttp import web

from polycopy.paper_venue.core.profiles import profile
from polycopy.runtime.errors import Transient
from polycopy.schemas.control import Pool, PoolOrder
from polycopy.schemas.ids import PoolId
from polycopy.stream_ingest.adapters.leaderboard import V1, V2, open_leaderboard
from polycopy.stream_ingest.core.targets import Owner
from tests.support.leaderboard_api import (
    EVERYBODY,
    Answer,
    api,
    away,
    listing,
    listing_v1,
    old_listing,
    old_row,
    row,
    venue_has_traded,
    wallet,
)
from tests.support.paper_venue import paper_venue


async def test_the_first_of_the_venue_s_leaderboard_are_read() -> None:
    async with paper_venue() as venue, open_leaderboard(venue.urls["data"]) as board:
        everybody = await venue_has_traded(venue, board)
        assert everybody.source == V2
        volumes = [member.volume_micros for member in everybody.members]
        assert volumes == sorted(volumes, reverse=True)
        few = await board.board(Pool(pool_id=PoolId("x"), order=PoolOrder.VOLUME, size=2))
        assert [one.wallet for one in few.members] == [one.wallet for one in everybody.members[:2]]


async def test_a_trader_of_the_venue_is_found_by_his_name_in_any_case() -> None:
    async with paper_venue() as venue, open_leaderboard(venue.urls["data"]) as board:
        await venue_has_traded(venue, board)
        leader = venue.script.wallets[0]
        name = profile(leader).name
        assert await board.owner(name) == Owner(wallet=leader, source=V1)
        assert await board.owner(f" {name.upper()} ") == Owner(wallet=leader, source=V2)
        nobody = await board.owner("trader-nobody")
        assert (nobody.wallet, nobody.reason) == ("", "nobody on the leaderboards has this name")


async def test_pages_go_on_by_cursor_and_nobody_is_counted_twice() -> None:
    pages = {
        "": listing(row(1), row(2), cursor="a"),
        "a": listing(row(2), row(3), cursor="b"),
        "b": listing(row(4)),
    }

    def v2(request: web.Request) -> web.Response:
        return pages[request.query.get("cursor", "")](request)

    async with api(v2, away()) as (board, asked):
        read = await board.board(EVERYBODY)
        assert [member.wallet for member in read.members] == list(map(wallet, (1, 2, 3, 4)))
        few = await board.board(Pool(pool_id=PoolId("x"), size=3))
        assert len(few.members) == 3
    assert len(asked) == 5


async def test_a_cursor_that_comes_again_ends_the_pages() -> None:
    async with api(listing(row(1), cursor="a"), away()) as (board, asked):
        assert len((await board.board(EVERYBODY)).members) == 1
    assert len(asked) == 2


@pytest.mark.parametrize("v2", [away(503), away(404), lambda _: web.Response(text="<html>")])
async def test_version_1_serves_where_version_2_does_not(v2: Answer) -> None:
    async with api(v2, old_listing(120)) as (board, asked):
        read = await board.board(EVERYBODY)
        assert (len(read.members), read.source) == (120, V1)
    assert [one for one in asked if one.startswith("/v1")][-1].endswith("offset=100")


async def test_where_both_versions_are_away_both_are_named() -> None:
    async with api(away(503), away(500)) as (board, _):
        with pytest.raises(Transient, match=r"v2/leaderboard with 503; .*v1/leaderboard with 500"):
            await board.board(EVERYBODY)
        with pytest.raises(Transient):
            await board.owner("bob")


async def test_an_api_that_was_asked_too_much_is_left_alone() -> None:
    async with api(away(429, Retry_After="17"), away(429, Retry_After="18")) as (board, asked):
        with pytest.raises(Transient) as error:
            await board.board(EVERYBODY)
        assert error.value.after_s == 17
        with pytest.raises(Transient) as error:
            await board.owner("bob")
        assert error.value.after_s == 18
    assert len(asked) == 2


async def test_a_name_that_several_have_is_nobody_s() -> None:
    old = listing_v1(old_row(1, "Bob"), old_row(2, "bob "), old_row(3, "bobby"))
    async with api(away(), old) as (board, _):
        found = await board.owner("BOB")
        assert (found.wallet, found.reason) == ("", "2 traders have this name")


async def test_a_longer_name_is_another_one() -> None:
    async with api(listing(row(9, "bobby")), listing_v1(old_row(3, "bobby"))) as (board, _):
        assert (await board.owner("bob")).wallet == ""


async def test_a_name_is_found_on_version_2_where_version_1_is_gone() -> None:
    async with api(listing(row(9, "Bob")), away(404)) as (board, _):
        assert await board.owner("bob") == Owner(wallet=wallet(9), source=V2)
