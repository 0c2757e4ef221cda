"""Somebody who asks the Polygon node, without a socket in between."""

from typing import Any

import msgspec

from polycopy.paper_venue.core.chain.chain import Chain
from polycopy.paper_venue.core.chain.envelope import answered
from polycopy.paper_venue.core.chain.node import Limits, Node
from polycopy.paper_venue.core.engine.ledger import BLOCK_US, Ledger, Settled
from tests.support.ledgers import MARKETS, START_US

OVER_US = START_US + BLOCK_US
"""When the first block with trades is over, and so shown."""


class Caller:
    """One who sends JSON and reads JSON."""

    def __init__(self, *settled: Settled, limits: Limits | None = None) -> None:
        self.ledger = Ledger()
        for each in settled:
            self.ledger.add(each)
        chain = Chain(self.ledger, MARKETS.__getitem__)
        self._node = Node(
            chain, MARKETS.__getitem__, seed="7", limits=limits or Limits(batch_max=3)
        )

    def send(self, raw: bytes, now_us: int = OVER_US) -> Any:
        told = answered(
            raw,
            lambda method, params: self._node.call(method, params, now_us),
            batch_max=self._node.limits.batch_max,
        )
        return msgspec.json.decode(told) if told else None

    def ask(self, method: str, *params: object, now_us: int = OVER_US) -> Any:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = self.send(msgspec.json.encode(call), now_us)
        return answer.get("result", answer.get("error"))

    def refused(self, method: str, *params: object) -> tuple[int, str]:
        error = self.ask(method, *params)
        return error["code"], error["message"]
