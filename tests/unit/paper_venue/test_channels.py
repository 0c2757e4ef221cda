"""Who listens to what on the market and the user channel, message by message."""

import json

import pytest

from polycopy.paper_venue.core.streams.channels import (
    INVALID_OPERATION,
    INVALID_SUBSCRIPTION,
    SNAPSHOTS_UP_TO,
    Heard,
    MarketChannel,
    UserChannel,
    UserSubscribe,
    user_subscribe,
)
from polycopy.schemas.ids import ConditionId, TokenId

YES, NO = TokenId("111"), TokenId("222")
NONSENSE = ("PING", "", "[]", "{}", '{"assets_ids":3}', '{"type":"market"}', "\x00")
AUTH = {"apiKey": "key", "secret": "secret", "passphrase": "passphrase"}


def market(*tokens: str, **more: object) -> str:
    return json.dumps({"type": "market", "assets_ids": tokens, **more})


def operation(name: str, *tokens: str, **more: object) -> str:
    return json.dumps({"operation": name, "assets_ids": tokens, **more})


@pytest.fixture
def channel() -> MarketChannel[str]:
    return MarketChannel()


@pytest.mark.parametrize("text", NONSENSE)
def test_a_first_message_that_is_no_subscription_closes_the_connection(
    channel: MarketChannel[str], text: str
) -> None:
    assert channel.said("me", text) == Heard(closes=INVALID_SUBSCRIPTION)
    assert user_subscribe(text) == Heard(closes=INVALID_SUBSCRIPTION)


@pytest.mark.parametrize("text", [*NONSENSE, market("222"), operation("listen", "222")])
def test_a_later_message_that_is_no_operation_changes_nothing(
    channel: MarketChannel[str], text: str
) -> None:
    channel.said("me", market(YES))

    assert channel.said("me", text) == Heard(text=INVALID_OPERATION)
    assert channel.listeners([NO], custom=False) == []


def test_a_whole_subscription_for_another_channel_closes_the_connection(
    channel: MarketChannel[str],
) -> None:
    heard = channel.said("me", '{"type":"user","assets_ids":["111"]}')

    assert heard == Heard(closes=INVALID_SUBSCRIPTION)


def test_tokens_are_added_and_taken_back(channel: MarketChannel[str]) -> None:
    assert channel.said("me", market(YES)) == Heard(new=(YES,), dumped=True)
    assert channel.said("me", operation("subscribe", NO)) == Heard(new=(NO,), dumped=True)
    channel.said("you", market(NO))

    assert channel.said("me", operation("unsubscribe", YES, NO, "333")) == Heard(left=(YES,))
    assert channel.listeners([YES, NO], custom=False) == ["you"]
    assert channel.remove("you") == (NO,)
    assert channel.remove("you") == ()


def test_a_token_that_one_has_already_is_owed_no_book_again(channel: MarketChannel[str]) -> None:
    channel.said("me", market(YES))

    heard = channel.said("me", operation("subscribe", YES, custom_feature_enabled=True))

    assert heard.new == ()
    assert channel.listeners([YES], custom=True) == ["me"]


def test_custom_features_count_for_the_connection_until_they_are_switched_off(
    channel: MarketChannel[str],
) -> None:
    channel.said("me", market(YES, custom_feature_enabled=True))
    channel.said("you", market())
    assert channel.said("me", operation("subscribe", NO)).dumped
    assert channel.listeners([NO], custom=True) == ["me"]
    assert channel.listeners([], custom=True) == ["me"]
    assert channel.listeners([], custom=False) == ["me", "you"]

    channel.said("me", operation("subscribe", NO, custom_feature_enabled=False))

    assert channel.listeners([], custom=True) == []


def test_a_listener_of_both_tokens_hears_a_message_about_both_once(
    channel: MarketChannel[str],
) -> None:
    channel.said("me", market(YES, NO))

    assert channel.listeners([YES, NO], custom=False) == ["me"]


def test_no_book_is_dumped_where_none_is_wanted_or_the_connection_has_too_many(
    channel: MarketChannel[str],
) -> None:
    many = [str(number) for number in range(SNAPSHOTS_UP_TO)]

    assert not channel.said("quiet", market(YES, initial_dump=False)).dumped
    assert channel.said("me", market(*many)).dumped
    assert channel.said("me", operation("subscribe", "one more")) == Heard(
        new=(TokenId("one more"),)
    )
    assert channel.listeners([TokenId("one more")], custom=False) == ["me"]


@pytest.fixture
def users() -> UserChannel[str]:
    """Two listeners of one key: to everything, and to one market."""
    users: UserChannel[str] = UserChannel()
    for name, markets in (("all", {}), ("one", {"markets": ["0xC0"]})):
        asked = user_subscribe(json.dumps({"type": "user", "auth": AUTH, **markets}))
        assert isinstance(asked, UserSubscribe)
        users.add(name, asked)
    return users


def test_a_user_subscription_may_name_its_markets(users: UserChannel[str]) -> None:
    assert users.listeners("key", ConditionId("0xc0")) == ["all", "one"]
    assert users.listeners("key", ConditionId("0xc1")) == ["all"]
    assert users.listeners("other", ConditionId("0xc0")) == []
    users.remove("all")
    users.remove("never there")
    assert (len(users), users.knows("all"), users.knows("one")) == (1, False, True)


def test_a_user_s_markets_are_added_and_taken_back(users: UserChannel[str]) -> None:
    users.said("one", '{"operation":"subscribe","markets":["0xC1"]}')
    assert users.listeners("key", ConditionId("0xc1")) == ["all", "one"]

    users.said("one", '{"operation":"unsubscribe","markets":["0xc0","0xc9"]}')
    assert users.listeners("key", ConditionId("0xc0")) == ["all"]

    users.said("one", '{"operation":"unsubscribe","markets":["0xc1"]}')
    assert users.listeners("key", ConditionId("0xc9")) == ["all", "one"]


@pytest.mark.parametrize("text", ["nonsense", "{}", '{"operation":"listen","markets":[]}'])
def test_a_user_s_later_message_that_is_no_operation_changes_nothing(
    users: UserChannel[str], text: str
) -> None:
    assert users.said("all", text) == Heard(text=INVALID_OPERATION)
