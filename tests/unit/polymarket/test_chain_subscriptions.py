"""Every wanted wallet is covered by a subscription, and there are never too many of them."""

from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket import wire
from polycopy.polymarket.chain_subscriptions import Limits, Subscriptions
from polycopy.polymarket.json_rpc import Call
from polycopy.schemas.ids import Wallet

SMALL = Limits(wallets_a_subscription=3, subscriptions_max=4)


def wallets(*numbers: int) -> frozenset[Wallet]:
    return frozenset(Wallet(f"0x{number:040x}") for number in numbers)


class Node:
    """Holds subscriptions as a node does, and answers when it is told to."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self.held: dict[str, frozenset[Wallet] | None] = {}
        self.heads = 0
        self.most = 0
        self._subscriptions = subscriptions
        self._calls: list[Call] = []

    def take(self, calls: Iterable[Call]) -> None:
        self._calls += calls

    def answer_all(self) -> None:
        while self._calls:
            call = self._calls.pop(0)
            self.take(self._subscriptions.answered(call.id, self._do(call)))
            self.most = max(self.most, len(self.held))

    def _do(self, call: Call) -> wire.Json:
        name, *rest = call.params
        if call.method == "eth_unsubscribe":
            del self.held[str(name)]
            return True
        if name == "newHeads":
            self.heads += 1
        else:
            [asked] = rest
            self.held[f"0x{call.id:x}"] = wanted(asked)
        return f"0x{call.id:x}"

    def covers(self, some: frozenset[Wallet]) -> bool:
        every = None in self.held.values()
        return every or some <= frozenset[Wallet]().union(
            *(one for one in self.held.values() if one)
        )


def wanted(asked: Any) -> frozenset[Wallet] | None:
    topics = asked["topics"]
    return frozenset(Wallet("0x" + one[-40:]) for one in topics[2]) if len(topics) > 1 else None


AIMS = st.lists(st.frozensets(st.integers(0, 30), max_size=14), min_size=1, max_size=25)


@given(AIMS, st.data())
def test_every_wanted_wallet_is_covered_when_all_is_answered(
    aims: list[frozenset[int]], data: st.DataObject
) -> None:
    subscriptions = Subscriptions(wallets(*aims[0]), count(1), SMALL)
    node = Node(subscriptions)
    node.take(subscriptions.opening())
    covered = frozenset[Wallet]()
    for aim in aims[1:]:
        if data.draw(st.booleans()):
            node.answer_all()
            covered = subscriptions.wanted
        assert node.covers(covered & subscriptions.wanted)
        node.take(subscriptions.aim(wallets(*aim)))
    node.answer_all()
    assert subscriptions.complete
    assert node.heads == 1
    assert node.covers(wallets(*aims[-1]))
    assert len(node.held) <= SMALL.subscriptions_max
    assert node.most <= 2 * SMALL.subscriptions_max


def test_ten_thousand_wallets_are_ten_subscriptions() -> None:
    calls = Subscriptions(wallets(*range(10_000)), count(1)).opening()
    assert [call.params[0] for call in calls] == ["logs"] * 10 + ["newHeads"]
    sizes = {len(wanted(call.params[1]) or ()) for call in calls[:-1]}
    assert sizes == {1_000}


def test_more_wallets_than_a_node_can_filter_are_filtered_here() -> None:
    subscriptions = Subscriptions(wallets(*range(13)), count(1), SMALL)
    [logs, heads] = subscriptions.opening()
    assert wanted(logs.params[1]) is None
    assert heads.params == ["newHeads"]
    assert subscriptions.aim(wallets(*range(40))) == []


def test_no_wallets_are_no_subscription_of_logs() -> None:
    subscriptions = Subscriptions((), count(1), SMALL)
    [heads] = subscriptions.opening()
    assert heads.params == ["newHeads"]
    [logs] = subscriptions.aim(wallets(1))
    assert wanted(logs.params[1]) == wallets(1)


def test_a_new_wallet_costs_one_subscription_and_a_removed_one_none() -> None:
    subscriptions = Subscriptions(wallets(1, 2), count(1), SMALL)
    subscriptions.opening()
    [logs] = subscriptions.aim(wallets(2, 7))
    assert wanted(logs.params[1]) == wallets(7)
    assert subscriptions.aim(wallets(2)) == []
    assert subscriptions.aim(wallets(1, 2, 7)) == []


def test_many_small_subscriptions_are_put_together_before_the_old_ones_end() -> None:
    subscriptions = Subscriptions(wallets(0), count(1), SMALL)
    node = Node(subscriptions)
    node.take(subscriptions.opening())
    for number in range(1, 4):
        node.take(subscriptions.aim(wallets(*range(number + 1))))
    node.answer_all()
    assert len(node.held) == 4
    calls = subscriptions.aim(wallets(*range(5)))
    assert [call.method for call in calls] == ["eth_subscribe"] * 2
    assert subscriptions.answered(calls[0].id, "0xa") == []
    farewells = subscriptions.answered(calls[1].id, "0xb")
    assert [call.method for call in farewells] == ["eth_unsubscribe"] * 4
    assert all(map(subscriptions.knows, (call.id for call in farewells)))
    assert not any(map(subscriptions.matters, (call.id for call in farewells)))
    subscriptions.gave_up(farewells[0].id)
    assert not subscriptions.knows(farewells[0].id)


@pytest.mark.parametrize("result", [None, True, "", {}])
def test_an_answer_that_is_no_subscription_is_refused(result: wire.Json) -> None:
    subscriptions = Subscriptions((), count(1), SMALL)
    [heads] = subscriptions.opening()
    with pytest.raises(wire.MisfitError):
        subscriptions.answered(heads.id, result)
