"""What the Data API and Gamma send beside what the real ones were recorded to send."""

import json
from typing import Any

from polycopy.paper_venue.core.engine.ledger import Movement, Transfer
from polycopy.schemas.money import MICROS, Side
from tests.support.data_venue import ANNA, BERT, FIRST, NO, Chain, did
from tests.support.recordings import recording

OWN_KEYS = {"version", "secondsDelay"}
"""Of Gamma's markets, since protocol V2 and of sports: in no recording of this kind."""
WRITTEN = {"eventMetadata"}
"""Of Gamma's events, and left out here: words that somebody wrote about the event."""


def kind(value: Any) -> str:
    """The type that JSON knows."""
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def recorded(name: str) -> list[dict[str, Any]]:
    found = json.loads(recording(name))
    return found if isinstance(found, list) else [found]


def busy() -> Chain:
    chain = Chain()
    chain.book(FIRST, [(39, 10)], [(41, 10)])
    chain.trade(did(ANNA, Side.BUY, 10, 40), did(BERT, Side.BUY, 10, 60, NO))
    chain.transfer(
        Movement.SPLIT, Transfer(wallet=ANNA, size_micros=MICROS, notional_micros=MICROS)
    )
    return chain


def same(ours: dict[str, Any], theirs: list[dict[str, Any]]) -> None:
    """Every key, in its order, with its type."""
    for row in theirs:
        assert list(ours) == list(row)
        assert {name: kind(value) for name, value in ours.items()} == {
            name: kind(value) for name, value in row.items()
        }


def alike(ours: dict[str, Any], theirs: list[dict[str, Any]], more: set[str]) -> None:
    """All that every one of theirs has; nothing that none has; common keys in the same order."""
    everywhere = set.intersection(*(set(row) for row in theirs)) - WRITTEN
    anywhere = set.union(*(set(row) for row in theirs))
    assert everywhere <= set(ours)
    assert set(ours) - more <= anywhere
    for row in theirs:
        assert [name for name in ours if name in row] == [name for name in row if name in ours]
        for name in set(ours) & set(row):
            nothing = row[name] is None or ours[name] is None
            assert nothing or kind(ours[name]) == kind(row[name]), name


def test_trades_are_as_recorded() -> None:
    _, (row,) = busy().ask("/trades")

    same(row, recorded("rest_nexiumito/data_api_trades_global_sample.json.gz"))


def test_activity_is_as_recorded() -> None:
    _, rows = busy().ask(f"/activity?user={ANNA}")

    theirs = recorded("rest_nexiumito/activity_sample.json.gz")
    for row in rows:
        same(row, theirs)


def test_positions_are_as_recorded() -> None:
    _, (row, _) = busy().ask(f"/positions?user={ANNA}")

    same(row, recorded("rest_nexiumito/data_api_positions_sample.json"))


def test_a_value_is_as_recorded() -> None:
    _, (row,) = busy().ask(f"/value?user={ANNA}")

    same(row, recorded("rest_nexiumito/data_api_value_sample.json"))


def test_holders_are_as_recorded() -> None:
    _, groups = busy().ask(f"/holders?market={FIRST.condition_id}")

    theirs = recorded("rest_nexiumito/data_api_holders_sample.json")
    same(groups[0], theirs)
    same(groups[0]["holders"][0], [row for group in theirs for row in group["holders"]])


def test_a_market_is_as_recorded() -> None:
    chain = busy()
    theirs = [
        row
        for name in ("gamma_markets_categories_sample.json.gz", "gamma_top_markets_sample.json.gz")
        for row in recorded(f"rest_nexiumito/{name}")
    ]
    _, with_fees = chain.look("/markets/500001?include_tag=true")

    fees = recorded("rest_nexiumito/gamma_market_crypto_fees_sample.json")
    alike(with_fees, [*theirs, *fees], OWN_KEYS)
    tags = [tag for row in theirs for tag in row.get("tags", [])]
    alike(with_fees["tags"][0], tags, set())


def test_an_event_of_a_market_is_as_recorded() -> None:
    _, row = busy().look("/markets/500001")
    theirs = [
        event
        for name in ("gamma_markets_categories_sample.json.gz", "gamma_top_markets_sample.json.gz")
        for market in recorded(f"rest_nexiumito/{name}")
        for event in market["events"]
    ]

    alike(row["events"][0], theirs, set())


def test_an_event_with_its_markets_is_as_recorded() -> None:
    _, event = busy().look("/events/20001")
    theirs = recorded("nautilus/rust/gamma_event.json")

    common = [name for name in event if name in theirs[0]]
    assert common == [name for name in theirs[0] if name in event]
    assert {name: kind(event[name]) for name in common} == {
        name: kind(theirs[0][name]) for name in common
    }
    assert {"markets", "tags"} <= set(common)


def test_a_market_that_is_over_is_as_recorded() -> None:
    theirs = recorded("nautilus/rust/gamma_market_closed_binary_accepting_false.json")
    tokens = FIRST.tokens
    over = Chain()
    book = over.exchange.books[FIRST.condition_id]
    book.market = type(FIRST)(
        **{
            **{name: getattr(FIRST, name) for name in FIRST.__struct_fields__},
            "tokens": tokens,
            "resolved": True,
            "resolved_at_s": FIRST.created_at_s + 9,
        }
    )
    _, row = over.look("/markets/500001")

    for name in ("closedTime", "umaEndDate", "umaResolutionStatus", "automaticallyResolved"):
        assert kind(row[name]) == kind(theirs[0][name])
    assert [name for name in row if name in theirs[0]] == [
        name for name in theirs[0] if name in row
    ]
    closed = row["closedTime"]
    assert len(closed) == len(theirs[0]["closedTime"])
    assert closed[10] == theirs[0]["closedTime"][10] == " "
