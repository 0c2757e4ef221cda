"""Recorded trades, told by every mix of sources: the sizes are those of a plain sum.

The tape of three hours has no side and no token, so a market stands for the token there.
"""

import functools
import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
import pytest

from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, Wallet
from polycopy.schemas.money import Rounding, Side, micros
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest.core import groups
from polycopy.stream_ingest.core.reports import Frame, Report
from tests.support.recordings import json_lines, json_whole
from tests.support.rtds_frames import recorded
from tests.support.teller import Teller, final_sizes, heard, logs, poll

_BATCH = 50
"""So many transactions come to the sources before the next ones do."""


class Told(msgspec.Struct, frozen=True):
    """A recorded row in both shapes: as the Data API tells it, and as a frame of the feed."""

    row: LeaderRow
    frame: bytes


@functools.cache
def three_hours() -> list[Told]:
    rows = json_lines("trades/whale_tape_2025-12-20.jsonl.gz")
    return [
        _told(
            number,
            {
                **one,
                "asset": str(int(hashlib.sha256(one["market"].encode()).hexdigest(), 16)),
                "condition_id": "0x" + hashlib.sha256(one["market"].encode()).hexdigest(),
                "side": "BUY",
                "outcome": "",
                "slug": one["market"],
                "title": one["market"],
                "timestamp": int(datetime.fromisoformat(one["timestamp"]).timestamp()),
            },
        )
        for number, one in enumerate(rows)
    ]


@functools.cache
def all_fields() -> list[Told]:
    rows = json_lines("trades/tape_full_fields.jsonl.gz")
    return [_told(number, one) for number, one in enumerate(sorted(rows, key=_time))]


@functools.cache
def six_seconds() -> list[Told]:
    return [
        _told(
            number,
            {
                **one,
                "wallet": one["trader"],
                "asset": one["token_id"],
                "condition_id": one["market_id"],
                "timestamp": one["source_ts_ms"] // 1000,
            },
        )
        for number, one in enumerate(json_whole("trades/rtds_session_2026-08-19.json")["events"])
    ]


TAPES: dict[str, tuple[Callable[[], list[Told]], int, int]] = {
    "three hours": (three_hours, 9_824, 6_501),
    "all fields": (all_fields, 1_427, 1_356),
    "six seconds": (six_seconds, 120, 49),
}

Mix = Callable[[list[Told], random.Random], Iterator[Frame | Report]]


def one_socket(tape: list[Told], chance: random.Random) -> Iterator[Frame | Report]:
    for batch in _batches(tape):
        yield from _frames(_shuffled(batch, chance), slot=1)


def two_sockets_that_lose_a_third(
    tape: list[Told], chance: random.Random
) -> Iterator[Frame | Report]:
    """Each row comes over one of them at least; but a sum needs one that has all, so the rest comes
    from the Data API."""
    for number, batch in enumerate(_batches(tape)):
        yield from _frames(_lossy(batch, chance), slot=1)
        yield from _frames(_lossy(batch, chance), slot=2)
        yield _walk(batch, number)


def only_walks(tape: list[Told], chance: random.Random) -> Iterator[Frame | Report]:
    """Each walk goes back over the one before, newest first."""
    batches = list(_batches(tape))
    for number, batch in enumerate(batches):
        again = batches[number - 1] if number else []
        yield _walk([*reversed(batch), *reversed(again)], number)
        if chance.random() < 0.5:
            yield _walk([*reversed(batch)], -number)


def only_logs(tape: list[Told], chance: random.Random) -> Iterator[Frame | Report]:
    """One by one, some of them twice; the session is the transaction's block."""
    for batch in _batches(tape):
        told = [_log(one, one.row.transaction_hash) for one in batch]
        yield from _shuffled([*told, *_lossy(told, chance)], chance)


def everything_at_once(tape: list[Told], chance: random.Random) -> Iterator[Frame | Report]:
    for number, batch in enumerate(_batches(tape)):
        told: list[Frame | Report] = [
            *_frames(_lossy(batch, chance), slot=1),
            *_frames(_lossy(batch, chance), slot=2),
            *(_log(one, "a") for one in _lossy(batch, chance)),
            *(_log(one, "b") for one in batch),
            _walk(batch[: chance.randrange(len(batch))], number),
        ]
        yield from _shuffled(told, chance)


MIXES: list[Mix] = [
    one_socket,
    two_sockets_that_lose_a_third,
    only_walks,
    only_logs,
    everything_at_once,
]


@pytest.mark.parametrize("mix", MIXES, ids=lambda mix: mix.__name__.replace("_", " "))
@pytest.mark.parametrize("name", TAPES)
def test_sizes_are_those_of_a_plain_sum(name: str, mix: Mix) -> None:
    load, rows, transactions = TAPES[name]
    tape = load()
    truth: dict[str, int] = {}
    for told in tape:
        key = groups.key_of(told.row)
        truth[key] = truth.get(key, 0) + told.row.size_micros
    assert len(tape) == rows
    assert len({told.row.transaction_hash for told in tape}) == transactions
    teller = Teller(*{told.row.wallet for told in tape}, asked=mix is not one_socket)
    teller.state = msgspec.structs.replace(
        teller.state,
        conditions=teller.state.conditions.update(
            {told.row.token_id: told.row.condition_id for told in tape}
        ),
    )
    said = teller.feed(*mix(tape, random.Random(f"{name} {mix.__name__}")))
    said += teller.tick(max(told.row.traded_at_ms for told in tape) + 10_000)
    assert teller.unread == []
    assert final_sizes(said) == truth
    increases: dict[str, int] = {}
    for event in said:
        if isinstance(event, TradeObserved):
            key = _key(event)
            increases[key] = increases.get(key, 0) + event.increase_micros
    assert sorted(increases.values()) == sorted(truth.values())


def _told(number: int, one: dict[str, Any]) -> Told:
    """Each row was sent a millisecond after the one before: what the feed's envelopes said is not
    in the recordings."""
    at_ms = one["timestamp"] * 1000
    row = LeaderRow(
        kind="v2",
        transaction_hash=TransactionHash(one["tx_hash"].lower()),
        wallet=Wallet(one["wallet"].lower()),
        token_id=TokenId(one["asset"]),
        condition_id=ConditionId(one["condition_id"]),
        side=Side(one["side"]),
        size_micros=micros(str(one["size"]), Rounding.HALF_EVEN),
        price_micros=micros(str(one["price"]), Rounding.HALF_EVEN),
        traded_at_ms=at_ms,
        place=str(number),
    )
    return Told(row, recorded(one, sent_at_ms=at_ms + number))


def _time(one: dict[str, Any]) -> int:
    return int(one["timestamp"])


def _batches(tape: list[Told]) -> Iterator[list[Told]]:
    """Whole transactions, in the order in which they began."""
    by_hash: dict[str, list[Told]] = {}
    for told in tape:
        by_hash.setdefault(told.row.transaction_hash, []).append(told)
    whole = list(by_hash.values())
    for some in (whole[at : at + _BATCH] for at in range(0, len(whole), _BATCH)):
        yield [told for transaction in some for told in transaction]


def _frames(batch: Sequence[Told], *, slot: int) -> list[Frame]:
    return [
        heard(told.frame, slot=slot, session=f"{slot}-0", at_ms=told.row.traded_at_ms + 2_000)
        for told in batch
    ]


def _log(told: Told, session: str) -> Report:
    return logs(told.row, session=session, at_ms=told.row.traded_at_ms + 2_000)


def _walk(batch: Sequence[Told], number: int) -> Report:
    newest_ms = max((told.row.traded_at_ms for told in batch), default=0)
    return poll(*[told.row for told in batch], walk=str(number), at_ms=newest_ms + 5_000)


def _lossy(items: Sequence[Any], chance: random.Random) -> list[Any]:
    return [item for item in items if chance.random() > 1 / 3]


def _shuffled(items: Sequence[Any], chance: random.Random) -> list[Any]:
    return chance.sample(items, len(items))


def _key(event: TradeObserved) -> str:
    return "/".join([event.transaction_hash, event.wallet, event.token_id, event.side])
