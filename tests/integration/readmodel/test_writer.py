"""Rows and their checkpoint: together or not at all."""

import msgspec
import psycopg
import pytest

from polycopy.readmodel.changes import Change
from polycopy.readmodel.faults import Moved, Unavailable, Unwritable
from polycopy.readmodel.reader import open_reader
from polycopy.readmodel.writer import Checkpoint, open_writer

START = Checkpoint()
ONE = Checkpoint(log_id="log", sequence=1, event_id="e1")
TWO = Checkpoint(log_id="log", sequence=2, event_id="e2")


def target(wallet: str, *, sequence: int, **values: str | int | bool) -> Change:
    return Change(table="targets", key=(wallet,), values=values, sequence=sequence)


async def test_rows_and_checkpoint_are_written_together(database_url: str) -> None:
    async with open_writer(database_url, "rm_v1") as writer:
        assert await writer.checkpoint() == START
        changes = [target("0xa", sequence=1, label="x", followed=True, added_at_ms=2**40)]
        await writer.write(changes, before=START, after=ONE)
    async with open_writer(database_url, "rm_v1") as writer:
        assert await writer.checkpoint() == ONE
    async with open_reader(database_url) as reader:
        [row] = await reader.targets()
        assert await reader.checkpoint() == msgspec.structs.asdict(ONE)
    assert row == {
        "wallet": "0xa",
        "label": "x",
        "followed": True,
        "added_at_ms": 2**40,
        "removed_at_ms": 0,
        "sequence": 1,
    }


async def test_a_change_leaves_the_columns_that_it_does_not_name(database_url: str) -> None:
    async with open_writer(database_url, "rm_v1") as writer:
        first = [target("0xa", sequence=1, label="x", followed=True), target("0xb", sequence=1)]
        await writer.write(first, before=START, after=ONE)
        await writer.write([target("0xa", sequence=2, followed=False)], before=ONE, after=TWO)
    async with open_reader(database_url) as reader:
        rows = await reader.targets(followed=None)
    assert [(r["wallet"], r["label"], r["followed"], r["sequence"]) for r in rows] == [
        ("0xa", "x", False, 2),
        ("0xb", "", False, 1),
    ]


async def test_a_change_for_new_rows_leaves_a_row_that_is_there(database_url: str) -> None:
    def new(wallet: str, label: str) -> Change:
        return msgspec.structs.replace(target(wallet, sequence=2, label=label), new_only=True)

    async with open_writer(database_url, "rm_v1") as writer:
        there = [target("0xa", sequence=1, label="x")]
        await writer.write(there, before=START, after=ONE)
        later = [
            new("0xb", "y"),
            new("0xb", "z"),
            new("0xa", "z"),
            target("0xb", sequence=3, followed=True),
        ]
        await writer.write(later, before=ONE, after=TWO)
    async with open_reader(database_url) as reader:
        rows = await reader.targets(followed=None)
    assert [(r["wallet"], r["label"], r["followed"], r["sequence"]) for r in rows] == [
        ("0xa", "x", False, 1),
        ("0xb", "y", True, 3),
    ]


async def test_nothing_is_written_where_the_checkpoint_has_moved(database_url: str) -> None:
    async with open_writer(database_url, "rm_v1") as writer:
        await writer.write([], before=START, after=ONE)
        with pytest.raises(Moved):
            await writer.write([target("0xa", sequence=2)], before=START, after=TWO)
        assert await writer.checkpoint() == ONE
    async with open_reader(database_url) as reader:
        assert await reader.targets(followed=None) == []


async def test_text_is_kept_as_it_is(database_url: str) -> None:
    words = """quote ' brace {x,y} comma , back \\ null NULL tab \t %s ö 🜚"""
    async with open_writer(database_url, "rm_v1") as writer:
        await writer.write([target("0xa", sequence=1, label=words)], before=START, after=ONE)
    async with open_reader(database_url) as reader:
        [row] = await reader.targets(followed=None)
    assert row["label"] == words


async def test_a_text_that_postgres_cannot_hold_does_not_stop_the_projection(
    database_url: str,
) -> None:
    async with open_writer(database_url, "rm_v1") as writer:
        await writer.write([target("0xa", sequence=1, label="a\0b")], before=START, after=ONE)
    async with open_reader(database_url) as reader:
        [row] = await reader.targets(followed=None)
    assert row["label"] == "a\N{REPLACEMENT CHARACTER}b"


async def test_a_key_that_postgres_cannot_hold_is_one_row_in_one_batch_as_in_two(
    database_url: str,
) -> None:
    names = ["0x\0", "0x\N{REPLACEMENT CHARACTER}"]
    rows = [target(name, sequence=1, label=str(i)) for i, name in enumerate(names)]
    async with open_writer(database_url, "rm_v1") as writer:
        await writer.write(rows, before=START, after=ONE)
    async with open_writer(database_url, "rm_v2") as writer:
        await writer.write(rows[:1], before=START, after=Checkpoint(log_id="log"))
        await writer.write(rows[1:], before=Checkpoint(log_id="log"), after=ONE)
    async with open_reader(database_url) as reader:
        [row] = await reader.targets(followed=None)
        assert await reader.digests("rm_v1") == await reader.digests("rm_v2")
    assert (row["wallet"], row["label"]) == (names[1], "1")


@pytest.mark.parametrize(
    "bad",
    [
        target("0xb", sequence=1, added_at_ms=2**63),
        target("0xb", sequence=1, followed="no such thing"),
        target("".join(f"{number:x}" for number in range(2**14)), sequence=1),
    ],
    ids=["too large a number", "another type", "too long a key"],
)
async def test_a_value_that_does_not_fit_is_told_in_one_line_and_nothing_is_written(
    database_url: str, bad: Change
) -> None:
    good = target("0xa", sequence=1, label="x")
    other = Change(table="accounts", key=("paper",), values={}, sequence=1)
    async with open_writer(database_url, "rm_v1") as writer:
        for changes in ([bad], [good, bad, other], [bad, other, good]):
            with pytest.raises(Unwritable, match=r"^Postgres: \S[^\n]{,210}$"):
                await writer.write(changes, before=START, after=ONE)
        assert await writer.checkpoint() == START
        await writer.write([good], before=START, after=ONE)
    async with open_reader(database_url) as reader:
        [row] = await reader.targets(followed=None)
    assert row["wallet"] == "0xa"


async def test_a_second_writer_is_refused_until_the_first_is_gone(database_url: str) -> None:
    async with open_writer(database_url, "rm_v1"):
        with pytest.raises(Moved, match="another projector writes to schema rm_v1; stop it"):
            async with open_writer(database_url, "rm_v1", patience_ms=1):
                raise AssertionError("two writers")
        async with open_writer(database_url, "rm_v2"):
            pass
    async with open_writer(database_url, "rm_v1", patience_ms=1):
        pass


async def test_a_server_that_goes_away_is_told_as_such(database_url: str) -> None:
    async with open_writer(database_url, "rm_v1") as writer:
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'polycopy-projector' AND datname = current_database()"
            )
        with pytest.raises(Unavailable):
            await writer.write([target("0xa", sequence=1)], before=START, after=ONE)


async def test_a_digest_knows_the_rows_and_not_their_place_on_the_disk(database_url: str) -> None:
    rows = [target(f"0x{number}", sequence=1, label="x") for number in range(20)]
    async with open_writer(database_url, "rm_v1") as writer:
        await writer.write(rows, before=START, after=ONE)
    async with open_writer(database_url, "rm_v2") as writer:
        await writer.write(rows[::-1], before=START, after=ONE)
    async with open_writer(database_url, "rm_v3") as writer:
        await writer.write(rows[1:], before=START, after=ONE)
    async with open_reader(database_url) as reader:
        one, two, three = [await reader.digests(f"rm_v{number}") for number in (1, 2, 3)]
    assert one == two
    assert {table for table in one if one[table] != three[table]} == {"targets"}
    assert set(one) >= {"checkpoint", "orders", "fills", "positions", "accounts"}


async def test_an_answer_at_one_moment_does_not_see_what_is_written_meanwhile(
    database_url: str,
) -> None:
    async with open_writer(database_url, "rm_v1") as writer, open_reader(database_url) as reader:
        async with reader.at_one_moment():
            assert await reader.targets(followed=None) == []
            await writer.write([target("0xa", sequence=1)], before=START, after=ONE)
            assert await reader.targets(followed=None) == []
            assert (await reader.checkpoint())["sequence"] == 0
        assert len(await reader.targets(followed=None)) == 1
