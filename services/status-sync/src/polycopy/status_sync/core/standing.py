"""Whether the venue's word about the account is complete: said when it ceases to be, and when it is
again, once each.
"""

from polycopy.schemas.accounts import AccountCaughtUp, AccountFellBehind
from polycopy.schemas.orders import OrderEvent
from polycopy.status_sync.core.reading import Reading
from polycopy.trading.account_state import Account


def fell_behind(account: Account, reason: str, at_ms: int) -> list[OrderEvent]:
    """[] where that is said already, or nobody was told otherwise."""
    if not account.caught_up:
        return []
    return [_behind(account, reason, at_ms)]


def kept_behind(account: Account, reason: str, at_ms: int) -> list[OrderEvent]:
    """What will not pass by itself: said also of an account that is behind already, once. [] where
    there is no such reason, or no executor that could trade."""
    if not reason or not account.epoch:
        return []
    said = not account.caught_up and account.behind_reason == reason
    return [] if said else [_behind(account, reason, at_ms)]


def caught_up(account: Account, epoch: int, reading: Reading, at_ms: int) -> list[OrderEvent]:
    """All was read, and `epoch` had begun before that. [] where it is said already, where another
    epoch has begun since, and where none has ever."""
    if not epoch or account.epoch != epoch or account.caught_up:
        return []
    return [
        AccountCaughtUp(
            account=account.account,
            epoch=epoch,
            read_from_ms=reading.traded.from_ms,
            orders_read=reading.orders_read,
            trades_read=reading.traded.read,
            caught_up_at_ms=at_ms,
        )
    ]


def _behind(account: Account, reason: str, at_ms: int) -> OrderEvent:
    return AccountFellBehind(account=account.account, reason=reason, fell_behind_at_ms=at_ms)
