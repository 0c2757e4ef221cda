"""Wallets, names and leaderboards by command, on a real log."""

from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import Wallet
from polycopy.schemas.subjects import subject_of
from polycopy.schemas.traders import NameResolved, PoolMember, PoolRefreshed
from tests.support.desk import Desk
from tests.support.following import ANNA, BERT, BEST, NOW_MS


async def say(desk: Desk, event: PoolRefreshed | NameResolved) -> None:
    """What stream-ingest says is not guarded."""
    origin = Origin(source="test", time_ms=NOW_MS, causation_id=repr(event))
    await desk.log.append(draft(event, subject=subject_of(event), origin=origin))


def named(name: str, wallet: str, reason: str = "") -> NameResolved:
    return NameResolved(
        name=name, wallet=Wallet(wallet), source="data-v1", read_at_ms=NOW_MS, reason=reason
    )


async def test_a_trader_is_followed_by_his_name_once_he_is_found(desk: Desk) -> None:
    code, _, err = await desk("target", "add", "  The   Whale ", "--label", "big")
    assert (code, err) == (0, "The Whale is looked up: see polycopy target list\n")
    assert (await desk("target", "add", "the whale"))[2].startswith(
        "the whale is being looked up already"
    )
    [waiting] = await desk.json("target", "list")
    assert (waiting["wallet"], waiting["why"]) == ("", ["name The Whale: not looked up yet"])
    await say(desk, named("the whale", "", "2 traders have this name"))
    assert "2 traders have this name" in (await desk("target", "list"))[1]
    await say(desk, named("The Whale", ANNA))
    [found] = await desk.json("target", "list")
    assert (found["wallet"], found["label"], found["name"]) == (ANNA, "big", "The Whale")
    assert found["why"] == ["name The Whale"]
    told = await desk.json("target", "add", "THE WHALE")
    assert (told["wallet"], told["followed"], told["news"]) == (ANNA, True, False)
    assert (await desk("target", "remove", "The whale"))[0] == 0
    code, _, err = await desk("target", "remove", "The whale")
    assert (code, "nobody is followed by the name The whale" in err) == (1, True)
    assert await desk.json("target", "list") == []


async def test_who_has_another_reason_is_still_followed_and_it_is_told(desk: Desk) -> None:
    assert (await desk("pool", "add", "best", "--size", "2", "--by", "volume"))[0] == 0
    members = (PoolMember(wallet=ANNA, rank=1, name="Anna"), PoolMember(wallet=BERT, rank=2))
    refreshed = PoolRefreshed(pool_id=BEST, members=members, source="data-v2", read_at_ms=NOW_MS)
    await say(desk, refreshed)
    code, _, err = await desk("target", "remove", ANNA)
    assert (code, "is not followed by its address: pool best: rank 1" in err) == (1, True)
    assert (await desk("target", "add", ANNA.upper().replace("X", "x")))[0] == 0
    told = await desk.json("target", "remove", ANNA)
    assert (told["followed"], told["why"]) == (True, ["pool best: rank 1"])
    found = await desk.json("target", "list")
    assert [(one["wallet"], one["why"]) for one in found] == [
        (ANNA, ["pool best: rank 1"]),
        (BERT, ["pool best: rank 2"]),
    ]


async def test_a_leaderboard_is_added_changed_listed_and_removed(desk: Desk) -> None:
    assert "no leaderboard is followed" in (await desk("pool", "list"))[1]
    for arguments, news in (((), True), ((), False), (("--period", "week"), True)):
        told = await desk.json("pool", "add", "best", *arguments)
        assert (told["followed"], told["news"]) == (True, news)
    members = (PoolMember(wallet=ANNA, rank=1, name="Anna", pnl_micros=-5),)
    await say(
        desk,
        PoolRefreshed(pool_id=BEST, members=members, source="data-v2", read_at_ms=NOW_MS),
    )
    [pool] = await desk.json("pool", "list")
    assert pool["pool"]["period"] == "week"
    assert [member["wallet"] for member in pool["members"]] == [ANNA]
    assert (pool["left"], pool["read_at_ms"]) == ([], NOW_MS)
    assert "week by pnl, overall, the first 25" in (await desk("pool", "list"))[1]
    assert (await desk("pool", "remove", "best"))[0] == 0
    code, _, err = await desk("pool", "remove", "best")
    assert (code, err) == (1, "pool best is not followed: see polycopy pool list\n")
    assert await desk.json("target", "list") == []
