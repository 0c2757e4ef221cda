"""A trader's record counted by hand, from nothing but the list of what the paper venue settled."""

from collections.abc import Iterator

import msgspec

from polycopy.paper_venue.core.engine.ledger import Movement, Settled
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.traders import Record
from tests.support.directing import Control

_DUST_MICROS = MICROS // 10


class VenueClock:
    """Implements Clock, as the venue has it."""

    def __init__(self, control: Control) -> None:
        self._venue = control.running.venue
        self._ours = SystemClock()

    def now_ms(self) -> int:
        return self._venue.now_us() // 1_000

    def monotonic_s(self) -> float:
        return self._ours.monotonic_s()


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """An ended position or a trade."""

    record: Record
    category: str
    price_micros: int
    at_s: int


class Held(msgspec.Struct):
    """All that ever came and went of one token."""

    condition_id: ConditionId
    size: int = 0
    bought: int = 0
    paid: int = 0
    received: int = 0
    last_s: int = 0

    def came(self, size: int, dollars: int, at_s: int) -> None:
        self.size += size
        self.bought += size
        self.paid += dollars
        self.last_s = at_s

    def went(self, size: int, dollars: int, at_s: int) -> None:
        self.size -= size
        self.received += dollars
        self.last_s = at_s


def ledger(control: Control) -> Iterator[Settled]:
    return iter(control.running.venue.settling.ledger)


def counted(control: Control, wallet: Wallet, since_s: int) -> dict[str, Record]:
    """Records by category and bracket and of the whole: `all`, `Sports`, `low`, and the same of
    what ended or was traded since: `recent all`, `recent Sports`, `recent low`."""
    found: dict[str, Record] = {}
    for deed in (*_ended(control, wallet), *_traded(control, wallet)):
        price = deed.price_micros
        bracket = "low" if price < 300_000 else "high" if price > 700_000 else "mid"
        names = ["all", deed.category, bracket]
        if deed.at_s >= since_s:
            names += [f"recent {name}" for name in names]
        for name in names:
            found[name] = _plus(found.get(name, Record()), deed.record)
    return found


def _plus(one: Record, other: Record) -> Record:
    fields = Record.__struct_fields__
    return Record(**{name: getattr(one, name) + getattr(other, name) for name in fields})


def _ended(control: Control, wallet: Wallet) -> Iterator[Deed]:
    books = control.running.venue.desk.exchange.books
    for token_id, one in _held(control, wallet).items():
        market = books[one.condition_id].market
        gone = one.size < _DUST_MICROS
        if not one.bought or not (gone or market.resolved):
            continue
        price = one.paid * MICROS // one.bought
        payout = market.tokens[market.index(token_id)].payout_micros or 0
        returned = one.received + (0 if gone else one.size * payout // MICROS)
        record = Record(
            resolved=1,
            won=int(returned > one.paid),
            cost_micros=one.paid,
            returned_micros=returned,
            entry_price_sum_micros=price,
        )
        at_s = one.last_s if gone else market.resolved_at_s
        category = market.category or "unknown"
        yield Deed(record=record, category=category, price_micros=price, at_s=at_s)


def _held(control: Control, wallet: Wallet) -> dict[TokenId, Held]:
    found: dict[TokenId, Held] = {}
    books = control.running.venue.desk.exchange.books
    for settled in ledger(control):
        condition, at_s = settled.condition_id, settled.block_s
        for part in settled.executions:
            if part.wallet == wallet:
                one = found.setdefault(part.token_id, Held(condition))
                move = one.came if part.side is Side.BUY else one.went
                move(part.size_micros, part.notional_micros, at_s)
        for transfer in settled.transfers:
            if transfer.wallet == wallet and settled.kind is Movement.REDEEM:
                one = found.setdefault(transfer.token_id, Held(condition))
                one.went(transfer.size_micros, transfer.notional_micros, at_s)
            elif transfer.wallet == wallet and settled.kind is Movement.SPLIT:
                for token in books[condition].market.tokens:
                    one = found.setdefault(token.token_id, Held(condition))
                    one.came(transfer.size_micros, transfer.notional_micros // 2, at_s)
    return found


def _traded(control: Control, wallet: Wallet) -> Iterator[Deed]:
    sums: dict[tuple[str, str, str], tuple[int, int]] = {}
    about: dict[tuple[str, str, str], tuple[str, int]] = {}
    books = control.running.venue.desk.exchange.books
    for settled in ledger(control):
        for part in settled.executions:
            if part.wallet == wallet:
                key = (settled.transaction_hash, str(part.token_id), part.side.value)
                size, dollars = sums.get(key, (0, 0))
                sums[key] = size + part.size_micros, dollars + part.notional_micros
                category = books[settled.condition_id].market.category or "unknown"
                about[key] = (category, settled.block_s)
    for key, (size, dollars) in sums.items():
        category, at_s = about[key]
        record = Record(trades=1, traded_micros=dollars)
        yield Deed(
            record=record, category=category, price_micros=dollars * MICROS // size, at_s=at_s
        )
