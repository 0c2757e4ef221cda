"""The faults that are switched on, and whether they strike.

Every rule is asked about everything that it fits, whatever the others say, and what it throws for
the n-th of them is a function of the venue's seed, its own name and n. So a rule that is added
moves nobody else's dice, and the same story strikes the same requests again.
"""

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.faults.rules import (
    AFTER,
    ANY,
    BEFORE,
    PLACES,
    Fault,
    FaultKind,
)

_SIDES = 16**12


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that is on: how many things it has fitted, and how many of them it has struck."""

    name: str
    fault: Fault
    fitted: int = 0
    struck: int = 0


class _Rule(msgspec.Struct, kw_only=True):
    fault: Fault
    name: str
    wallet: str
    least: int
    fitted: int = 0
    struck: int = 0


class FaultBook:
    """Rules in the order in which they were switched on: of several that would strike one thing,
    the first does, and only it is counted as having struck."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._rules: dict[str, _Rule] = {}
        self._of_requests: list[_Rule] = []
        self._of_places: dict[str, list[_Rule]] = {}
        self.quiet = True
        """Nothing is on that could strike a request."""
        self.by_wallet = False
        """A request's fault looks at who asks."""

    def set(self, fault: Fault) -> str:
        """Switch on, with counters at 0; one of the same name is replaced and takes its place in
        the order. The name that it goes by."""
        name = fault.called
        self._rules[name] = _Rule(
            fault=fault,
            name=name,
            wallet=fault.wallet.lower(),
            least=round(fault.probability * _SIDES),
        )
        self._sort()
        return name

    def clear(self, name: str = "") -> None:
        """Off with that fault, or with all. A name that is not on is no error."""
        if name:
            self._rules.pop(name, None)
        else:
            self._rules.clear()
        self._sort()

    def snapshot(self) -> list[Standing]:
        return [
            Standing(name=rule.name, fault=rule.fault, fitted=rule.fitted, struck=rule.struck)
            for rule in self._rules.values()
        ]

    def strikes_at(self, on: str) -> bool:
        """Whether anything is on for orders, trades, balances or a socket's messages."""
        return on in self._of_places

    def strike(self, on: str, *wallets: str, kinds: frozenset[FaultKind] = ANY) -> Fault | None:
        """What strikes an order, a trade, a balance or a socket's message. `wallets`: everybody
        whom a narrowed rule may mean, in lower case. Rules of other `kinds` are not asked and
        count nothing."""
        rules = self._of_places.get(on)
        if not rules:
            return None
        return self._asked([rule for rule in rules if rule.fault.kind in kinds], wallets)

    def strike_request(
        self, on: str, *wallets: str, kinds: frozenset[FaultKind] = AFTER | BEFORE
    ) -> Fault | None:
        """What strikes a request, `on` being "METHOD /path"; `wallets`: everybody who may be meant.
        Rules of other `kinds` are not asked and count nothing."""
        fitting = [
            rule
            for rule in self._of_requests
            if rule.fault.kind in kinds and _begins(on, rule.fault.on)
        ]
        return self._asked(fitting, wallets) if fitting else None

    def _asked(self, rules: list[_Rule], wallets: tuple[str, ...]) -> Fault | None:
        first: _Rule | None = None
        for rule in rules:
            if rule.wallet and rule.wallet not in wallets:
                continue
            rule.fitted += 1
            if self._falls(rule) and first is None:
                first = rule
        if first is None:
            return None
        first.struck += 1
        return first.fault

    def _falls(self, rule: _Rule) -> bool:
        fault = rule.fault
        if rule.fitted <= fault.skip or (fault.times and rule.struck >= fault.times):
            return False
        if rule.least >= _SIDES:
            return True
        thrown = identity.digest("fault", self._seed, rule.name, rule.fitted)
        return int(thrown[:12], 16) < rule.least

    def _sort(self) -> None:
        self._of_requests = []
        self._of_places = {}
        for rule in self._rules.values():
            if rule.fault.on in PLACES:
                self._of_places.setdefault(rule.fault.on, []).append(rule)
            else:
                self._of_requests.append(rule)
        self.quiet = not self._of_requests
        self.by_wallet = any(rule.wallet for rule in self._of_requests)


def _begins(target: str, start: str) -> bool:
    """Whole parts only: "GET /data" begins "GET /data/orders", "POST /order" not "POST /orders"."""
    if not target.startswith(start):
        return False
    return len(target) == len(start) or start[-1:] in ("", "/", " ") or target[len(start)] in "/ "
