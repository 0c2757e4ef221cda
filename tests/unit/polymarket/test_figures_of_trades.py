"""Sizes and prices that no trade has."""

import json

import pytest

from polycopy.polymarket.user_channel import feed
from polycopy.polymarket.wire import Unreadable
from tests.unit.polymarket.test_user_channel import MAKER, TRADE, trade


@pytest.mark.parametrize("name", ["size", "price"])
@pytest.mark.parametrize("written", ["0", "-1", "0.0000001", "1e18", "nan", ""])
def test_a_trade_of_nothing_or_of_all_there_is_cannot_be_read(name: str, written: str) -> None:
    [found] = feed(json.dumps(TRADE | {name: written}))

    assert isinstance(found, Unreadable)
    assert name in found.reason


@pytest.mark.parametrize("name", ["matched_amount", "price"])
@pytest.mark.parametrize("written", ["0", "-1", "0.0000001", "1e18", "nan", ""])
def test_neither_can_a_maker_s_part(name: str, written: str) -> None:
    assert trade(maker_orders=[MAKER | {name: written}]).unread_makers == ("0xcd",)
