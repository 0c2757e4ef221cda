"""The wallet against the log: an alarm, never a source. Nothing is corrected by what is found here.

A balance is looked at only while nothing is in flight for its token, and disputed only where two
looks in a row differ while nothing happened in between. An error says nothing.
"""

import msgspec
from immutables import Map

from polycopy.schemas.accounts import BalanceAgreed, BalanceDisputed
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import LIMIT
from polycopy.schemas.orders import OrderEvent
from polycopy.status_sync.core.ledger import SETTLED, Ledger
from polycopy.status_sync.core.rules import Rules
from polycopy.trading.account_state import Account, open_orders
from polycopy.trading.order_state import DUST_MICROS

PUSD = TokenId("")
_RECENT_MS = 3_600_000
"""A token that is held no more is looked at for so long after it was last traded."""
_LOOKS_MAX = 20
"""In one go."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A balance to be looked at, what the log explains of it, and its last event."""

    token_id: TokenId
    expected_micros: int
    touched_at_ms: int


class Balances(msgspec.Struct, frozen=True, kw_only=True):
    """When each balance was last looked at, and of those that differed then, what was looked at."""

    looked: Map[TokenId, int] = Map()
    differed: Map[TokenId, Look] = Map()


def due(ledger: Ledger, balances: Balances, rules: Rules, at_ms: int) -> list[Look]:
    """The balances to be looked at now, those that waited longest first."""
    waiting = [
        (balances.looked.get(token_id, 0), look)
        for token_id in _tokens(ledger, at_ms)
        if not 0 <= at_ms - balances.looked.get(token_id, 0) < rules.balance_every_ms
        and (look := _look(ledger, token_id, rules, at_ms)) is not None
    ]
    waiting.sort(key=lambda one: (one[0], one[1].token_id))
    return [look for _, look in waiting[:_LOOKS_MAX]]


def looked(balances: Balances, look: Look, at_ms: int) -> Balances:
    """It was asked for, whatever came of it."""
    return msgspec.structs.replace(balances, looked=balances.looked.set(look.token_id, at_ms))


def judge(
    ledger: Ledger, balances: Balances, look: Look, venue_micros: int, rules: Rules, at_ms: int
) -> tuple[Balances, list[OrderEvent]]:
    """What a look says; nothing where the token moved since it began."""
    account, token_id = ledger.account, look.token_id
    venue_micros = min(venue_micros, LIMIT)  # A wire has any number of 256 bits.
    if _look(ledger, token_id, rules, at_ms) != look:
        return balances, []
    before = balances.differed.get(token_id)
    if not _differs(look, venue_micros):
        rest = balances.differed.delete(token_id) if before else balances.differed
        return msgspec.structs.replace(balances, differed=rest), _agreed(
            account, token_id, venue_micros, at_ms
        )
    differed = balances.differed.set(token_id, look)
    after = msgspec.structs.replace(balances, differed=differed)
    if before != look or token_id in account.disputes:
        return after, []
    disputed = BalanceDisputed(
        account=account.account,
        token_id=token_id,
        expected_micros=look.expected_micros,
        venue_micros=venue_micros,
        checked_at_ms=at_ms,
    )
    return after, [disputed]


def _tokens(ledger: Ledger, at_ms: int) -> set[TokenId]:
    """What is held or was traded a while ago, but for resolved markets; what is disputed; pUSD."""
    account = ledger.account
    traded = {
        token_id
        for token_id, touched_ms in ledger.touched.items()
        if touched_ms != SETTLED
        and (token_id in account.positions or at_ms - touched_ms <= _RECENT_MS)
    }
    return traded | set(account.disputes) | {PUSD}


def _look(ledger: Ledger, token_id: TokenId, rules: Rules, at_ms: int) -> Look | None:
    """None while something is in flight for the token; for pUSD, anything."""
    account = ledger.account
    whole = token_id == PUSD
    touched_ms = ledger.touched_at_ms if whole else ledger.touched.get(token_id, 0)
    touched_ms = 0 if touched_ms == SETTLED else touched_ms
    if at_ms - touched_ms < rules.balance_settled_ms:
        return None
    if any(whole or order.token_id == token_id for order in open_orders(account)):
        return None
    unsettled = (account.order_by_venue_id(order_id) for _, order_id in ledger.unsettled)
    if any(whole or (order and order.token_id == token_id) for order in unsettled):
        return None
    return Look(
        token_id=token_id, expected_micros=_expected(account, token_id), touched_at_ms=touched_ms
    )


def _expected(account: Account, token_id: TokenId) -> int:
    if token_id == PUSD:
        return account.free_micros + account.locked_micros
    held = account.positions.get(token_id)
    return held.size_micros if held else 0


def _differs(look: Look, venue_micros: int) -> bool:
    """There may be more pUSD in the wallet than the strategies were given, never less."""
    missing = look.expected_micros - venue_micros
    return (missing if look.token_id == PUSD else abs(missing)) > DUST_MICROS


def _agreed(account: Account, token_id: TokenId, venue_micros: int, at_ms: int) -> list[OrderEvent]:
    if token_id not in account.disputes:
        return []
    return [
        BalanceAgreed(
            account=account.account,
            token_id=token_id,
            venue_micros=venue_micros,
            checked_at_ms=at_ms,
        )
    ]
