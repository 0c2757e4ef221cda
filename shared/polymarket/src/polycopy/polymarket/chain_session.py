"""A connection to a Polygon node that tells of the trades of some wallets. No I/O.

Send what `opening`, `aim` and `feed` give, in its order. Heads are the sign of life: a connection
without one for a while is dead. Rows that were removed by a reorganisation come as Unreadable; the
same transaction in another block comes with that block's hash, so whoever keeps sums by block hash
and takes the largest counts it once.
"""

from collections.abc import Collection, Iterable
from itertools import count, groupby

import msgspec

from polycopy.polymarket import chain_blocks, json_rpc, order_filled, wire
from polycopy.polymarket.chain_blocks import Block
from polycopy.polymarket.chain_subscriptions import Limits, Subscriptions
from polycopy.polymarket.chain_waiting import Waiting
from polycopy.polymarket.json_rpc import Answered, Call, Message, Notified, Refused
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.order_filled import Filled
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import Wallet

UNANSWERED_HEADS_MAX = 15
"""So many heads without an answer to a subscription: half a minute."""


class Head(msgspec.Struct, frozen=True):
    """The newest block. `complete`: from this block on all logs come."""

    block: Block
    complete: bool


class Rows(msgspec.Struct, frozen=True):
    """Rows of one block; its hash is empty where the node does not tell it. `raw` is what they were
    read from: a JSON list of logs that tell the time of their block, or what could not be read."""

    block_hash: str
    rows: tuple[LeaderRow | Unreadable, ...]
    raw: bytes


class Ended(msgspec.Struct, frozen=True):
    """The node refuses something without which this connection is of no use."""

    reason: str


Heard = Head | Rows | Ended


class Fed(msgspec.Struct, frozen=True):
    """What a frame said, and what to send now."""

    heard: tuple[Heard, ...] = ()
    send: tuple[bytes, ...] = ()


class ChainSession:
    """One connection's."""

    def __init__(self, wallets: Collection[Wallet], *, limits: Limits | None = None) -> None:
        ids = count(1)
        self._subscriptions = Subscriptions(wallets, ids, limits)
        self._waiting = Waiting(ids)
        self._heard: list[Heard] = []
        self._send: list[Call] = []
        self._unanswered_heads = 0

    def opening(self) -> tuple[bytes, ...]:
        return tuple(map(json_rpc.written, self._subscriptions.opening()))

    def aim(self, wallets: Collection[Wallet]) -> tuple[bytes, ...]:
        """These and no others from now on."""
        return tuple(map(json_rpc.written, self._subscriptions.aim(wallets)))

    def feed(self, raw: str | bytes) -> Fed:
        """Never raises."""
        self._heard, self._send = [], []
        for message in json_rpc.feed(raw):
            try:
                self._take(message)
            except wire.MisfitError as error:
                self._tell(wire.unreadable(error, raw))
        return Fed(tuple(self._heard), tuple(map(json_rpc.written, self._send)))

    def _take(self, message: Message) -> None:
        match message:
            case Notified(result=result) if isinstance(result, dict) and "topics" in result:
                self._log(result)
            case Notified(result=result):
                self._head(chain_blocks.read(result))
            case Answered(id=id_, result=result):
                self._answer(id_, result)
            case Refused():
                self._refusal(message)
            case Unreadable():
                self._tell(message)

    def _head(self, block: Block) -> None:
        complete = self._subscriptions.complete
        self._unanswered_heads = 0 if complete else self._unanswered_heads + 1
        self._date(block)
        self._heard.append(Head(block, complete))
        self._send += self._waiting.ask_again()
        if self._unanswered_heads >= UNANSWERED_HEADS_MAX:
            self._heard.append(Ended("the node does not answer to a subscription"))

    def _log(self, log: wire.Object) -> None:
        wallet = order_filled.wallet_of(log)
        if wallet is not None and wallet not in self._subscriptions.wanted:
            return
        filled = order_filled.read(log)
        if isinstance(filled, Unreadable):
            self._tell(filled)
        elif filled.removed:
            if not self._waiting.drop(filled):
                self._tell(Unreadable(reason="removed by a reorganisation", raw=wire.compact(log)))
        elif at_ms := filled.row.traded_at_ms or self._waiting.at_ms(filled.block):
            self._rows([filled], at_ms)
        else:
            calls = self._waiting.hold(filled)
            if calls is None:
                self._undated([filled], "too many logs wait for the time of their block")
            self._send += calls or ()

    def _answer(self, id_: int, result: wire.Json) -> None:
        if self._subscriptions.knows(id_):
            try:
                self._send += self._subscriptions.answered(id_, result)
            except wire.MisfitError as error:
                self._heard.append(Ended(str(error)))
            return
        number = self._waiting.asked_for(id_)
        if number is None:
            return  # An answer that came twice, or too late: the head told it.
        try:
            block = chain_blocks.read(result)
        except wire.MisfitError:
            block = Block(-1, 0)
        if block.number == number:
            self._date(block)
        else:
            self._not_told(number)

    def _refusal(self, refused: Refused) -> None:
        number = self._waiting.asked_for(refused.id)
        if number is not None:
            self._not_told(number)
        elif refused.id < 0 or self._subscriptions.matters(refused.id):
            self._heard.append(Ended(f"the node refuses: {refused.message} ({refused.code})"))
        else:
            self._subscriptions.gave_up(refused.id)

    def _date(self, block: Block) -> None:
        self._rows(self._waiting.told(block), block.at_ms)

    def _not_told(self, number: int) -> None:
        self._undated(self._waiting.untold(number), "the node does not know the block of a log")

    def _rows(self, filled: Iterable[Filled], at_ms: int) -> None:
        for block_hash, group in groupby(filled, key=lambda each: each.block_hash):
            logs = list(group)
            rows, raw = order_filled.dated(logs, at_ms), order_filled.kept(logs, at_ms)
            self._heard.append(Rows(block_hash, rows, raw))

    def _undated(self, filled: Iterable[Filled], reason: str) -> None:
        for each in filled:
            self._tell(Unreadable(reason=reason, raw=wire.compact(each.log)))

    def _tell(self, unreadable: Unreadable) -> None:
        self._heard.append(Rows("", (unreadable,), unreadable.raw))
