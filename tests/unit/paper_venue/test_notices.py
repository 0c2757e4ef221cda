"""Whom the user channel tells of what."""

from polycopy.paper_venue.core.engine.facts import OrderAccepted, TradeMatched
from polycopy.paper_venue.core.streams.channels import Auth, UserChannel, UserSubscribe
from polycopy.paper_venue.core.streams.notices import Notice, notices
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import ANNA, BERT, Play


def kinds(told: list[Notice]) -> list[tuple[str, object]]:
    return [(owner, body["type"]) for owner, _, body in told]


def test_both_parties_of_a_trade_are_told_and_of_them_only_who_listens() -> None:
    play = Play()
    play.place(ANNA, Side.BUY, 50, 10)
    play.ladder([(50, 1)], [(60, 100)])
    play.place(BERT, Side.BUY, 60, 10, OrderType.FAK)
    placed = play.place(BERT, Side.SELL, 50, 10, OrderType.FAK)
    trade = next(fact for fact in placed.facts if isinstance(fact, TradeMatched))
    anna, bert = f"key-{ANNA}", f"key-{BERT}"

    everything = kinds(notices(play.exchange, trade))

    assert sorted(everything) == sorted(
        [(anna, "TRADE"), (bert, "TRADE"), (anna, "UPDATE"), (bert, "UPDATE")]
    )
    for who in (anna, bert):
        told = kinds(notices(play.exchange, trade, who.__eq__))
        assert told == [each for each in everything if each[0] == who]


def test_nothing_is_made_where_nobody_listens() -> None:
    play = Play()
    placed = play.place(ANNA, Side.BUY, 50, 10)
    (accepted,) = (fact for fact in placed.facts if isinstance(fact, OrderAccepted))

    assert notices(play.exchange, accepted, lambda _: False) == []


def test_a_key_is_heard_from_its_first_listener_to_its_last() -> None:
    channel: UserChannel[int] = UserChannel()
    subscribe = UserSubscribe(auth=Auth("key", "secret", "passphrase"))
    assert not channel.heard("key")

    channel.add(1, subscribe)
    channel.add(2, subscribe)
    channel.remove(1)

    assert channel.heard("key")
    assert not channel.heard("other")
    channel.remove(2)
    assert not channel.heard("key")
