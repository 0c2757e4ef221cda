"""The activity feed: what is sent of which trade, and who hears it."""

import json
import random
from collections import Counter

import pytest

from polycopy.paper_venue.core.chain import settlement
from polycopy.paper_venue.core.engine.ledger import NO_OUTCOME, Execution, Movement, Settled
from polycopy.paper_venue.core.sources.ladders import SeededRecording
from polycopy.paper_venue.core.sources.leaders import Leaders
from polycopy.paper_venue.core.streams.rtds import Frame
from polycopy.paper_venue.core.streams.rtds_channel import RtdsChannel
from polycopy.polymarket import rtds as reader
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.schemas.ids import VenueOrderId, Wallet
from polycopy.schemas.money import Side
from tests.support import activity
from tests.support.exchange_play import AT, CENT, MARKET, NO, ONE, YES

TRADE = Frame(kind="trades", event_slug="an-event", slug="a-market", body={"type": "trades"})
MATCH = Frame(kind="orders_matched", event_slug="an-event", slug="a-market", body={"type": "m"})
WALLETS = [Wallet("0x" + str(number) * 40) for number in range(1, 4)]


def subscribe(*parts: dict[str, str], action: str = "subscribe") -> str:
    subscriptions = [{"topic": "activity", **part} for part in parts]
    return json.dumps({"action": action, "subscriptions": subscriptions})


def heard(channel: RtdsChannel[str], *frames: Frame) -> list[str]:
    return [json.loads(text)["type"] for _, text in channel.told(frames)]


@pytest.fixture
def channel() -> RtdsChannel[str]:
    return RtdsChannel()


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ("", True),
        ('{"event_slug":"an-event"}', True),
        ('{"market_slug":"a-market"}', True),
        ('{"event_slug": "an-event"}', False),
        ('{"event_slug":"another"}', False),
    ],
)
@pytest.mark.parametrize("kind", ["trades", "*"])
def test_a_filter_is_compared_letter_by_letter(
    channel: RtdsChannel[str],
    kind: str,
    filters: str,
    wanted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert channel.said("me", subscribe({"type": kind, "filters": filters})) == ""

    assert bool(heard(channel, TRADE)) is wanted


def test_who_asked_twice_hears_a_frame_once(channel: RtdsChannel[str]) -> None:
    channel.said("me", subscribe({"type": "*"}))
    channel.said("me", subscribe({"type": "trades"}, {"type": "trades", "filters": "{}"}))

    assert heard(channel, TRADE, MATCH) == ["trades", "m"]


def test_each_connection_has_its_own_name_in_the_same_frame(channel: RtdsChannel[str]) -> None:
    for name in ("me", "you"):
        channel.said(name, subscribe({"type": "trades"}))

    told = {listener: json.loads(text) for listener, text in channel.told([TRADE])}

    names = [told[listener].pop("connection_id") for listener in ("me", "you")]
    assert names[0] != names[1]
    assert told["me"] == told["you"] == {"type": "trades"}


def test_one_type_is_taken_back_and_the_other_stays(channel: RtdsChannel[str]) -> None:
    channel.said("me", subscribe({"type": "*"}))
    channel.said("me", subscribe({"type": "trades"}, action="unsubscribe"))

    assert heard(channel, TRADE, MATCH) == ["m"]
    channel.said("me", subscribe({"type": "*"}, action="unsubscribe"))
    assert len(channel) == 0


def test_who_is_gone_hears_nothing(channel: RtdsChannel[str]) -> None:
    channel.said("me", subscribe({"type": "*"}))
    channel.gone("me")
    channel.gone("never there")

    assert heard(channel, TRADE) == []


def test_without_an_action_nothing_is_said_and_nothing_comes(channel: RtdsChannel[str]) -> None:
    asked = '{"subscriptions":[{"topic":"activity","type":"*"}]}'
    for text in (asked, "PING", "", "[]", '{"action":"listen"}', '{"action":3}'):
        assert channel.said("me", text) == ""

    assert heard(channel, TRADE) == []


@pytest.mark.parametrize(
    "part", [{"topic": "weather", "type": "rain"}, {"type": "TRADES"}, {"type": ""}]
)
def test_one_unknown_part_poisons_the_whole_request(
    channel: RtdsChannel[str], part: dict[str, str]
) -> None:
    answer = json.loads(channel.said("me", subscribe({"type": "trades"}, part)))

    assert answer["statusCode"] == 401
    named = f"topic: {part.get('topic', 'activity')} and type: {part['type']} not found"
    assert answer["body"]["message"].startswith("leger GetTopics error: rpc error: code = NotFound")
    assert answer["body"]["message"].endswith(f"message: {named}")
    assert heard(channel, TRADE) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"action":"subscribe"}',
        '{"action":"subscribe","subscriptions":"all"}',
        '{"action":"subscribe","subscriptions":[{"topic":"activity"}]}',
    ],
)
def test_a_request_that_lacks_something_is_invalid(channel: RtdsChannel[str], text: str) -> None:
    answer = json.loads(channel.said("me", text))

    assert list(answer) == ["message", "connectionId", "requestId"]
    assert answer["message"] == "Invalid request body"
    assert len(channel) == 0


def test_topics_about_other_things_are_taken_and_silent(channel: RtdsChannel[str]) -> None:
    parts = [
        {"topic": "comments", "type": "*"},
        {"topic": "comments", "type": "reaction_created", "filters": '{"parentEntityID":100}'},
        {"topic": "crypto_prices", "type": "update", "filters": '{"symbol":"btcusdt"}'},
        {"topic": "equity_prices", "type": "update"},
    ]

    assert channel.said("me", subscribe(*parts)) == ""
    assert len(channel) == 1
    assert heard(channel, TRADE) == []


def execution(wallet: Wallet, size: int, *, index: int = 0, side: Side = Side.BUY) -> Execution:
    return Execution(
        order_id=VenueOrderId("0x1"),
        wallet=wallet,
        token_id=NO if index == 1 else YES,
        index=index,
        side=side,
        size_micros=size * ONE,
        price_micros=40 * CENT,
        notional_micros=size * 40 * CENT,
    )


def settled(*executions: Execution, kind: Movement = Movement.TRADE) -> Settled:
    return Settled(
        transaction_hash="0x" + "ab" * 32,
        kind=kind,
        condition_id=MARKET.condition_id,
        at_us=AT,
        executions=executions,
    )


def test_a_settled_trade_is_told_row_by_row_and_once_as_a_whole() -> None:
    """The taker first; a maker with two equal orders has two rows that are equal in every field."""
    taker, maker, other = WALLETS
    twice = execution(maker, 5, side=Side.SELL)
    trade = settled(execution(taker, 13), twice, twice, execution(other, 3, index=1))

    frames = activity.of_chain(trade, MARKET, AT + 2 * ONE)

    read = [row for frame in frames for row in reader.feed(activity.text(frame, "id"))]
    rows = [row for row in read if isinstance(row, LeaderRow)]
    assert [row.kind for row in rows] == ["trades"] * 4 + ["orders_matched"]
    assert [row.wallet for row in rows] == [taker, maker, maker, other, taker]
    assert [row.size_micros // ONE for row in rows] == [13, 5, 5, 3, 13]
    assert [row.token_id for row in rows] == [YES, YES, YES, NO, YES]
    assert Counter(rows)[rows[1]] == 2
    assert {row.transaction_hash for row in rows} == {trade.transaction_hash}


def test_a_row_about_no_single_outcome_has_the_venue_s_number_for_that() -> None:
    lost = settled(execution(WALLETS[0], 13, index=NO_OUTCOME))

    (trade, _) = activity.of_chain(lost, MARKET, AT)

    payload = json.loads(activity.text(trade, "id"))["payload"]
    assert (payload["outcomeIndex"], payload["outcome"]) == (999, "")


def test_what_is_no_trade_is_not_on_the_feed() -> None:
    assert activity.of_chain(settled(kind=Movement.SPLIT), MARKET, AT) == []


def test_a_leader_s_transaction_reads_the_same_from_the_script_and_from_the_chain() -> None:
    chance = random.Random(5)
    recording = SeededRecording(chance, markets=3, moments=90)
    script = Leaders(recording, chance, seed="5", trades=60, leaders=4)
    markets = {market.condition_id: market for market in script.markets}
    for index in range(script.total):
        transaction = script.transaction(index)
        (chain,) = settlement.of_script(transaction, AT)

        from_script = activity.of_script(transaction, markets, AT)
        from_chain = activity.of_chain(chain, markets[chain.condition_id], AT)

        assert [activity.text(frame, "x") for frame in from_script] == [
            activity.text(frame, "x") for frame in from_chain
        ]
