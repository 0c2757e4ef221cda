"""Accounts that fall behind the venue and catch up again, as an operator is told of it.

All entries of an account wait while it is behind. It blinks at each start and whenever a socket is
opened anew: that is not told, and no account's fall more than once a minute.
"""

from collections.abc import Iterable

import msgspec
from immutables import Map

from polycopy.cli.core.account_report import behind_words
from polycopy.cli.core.exits import is_on_paper
from polycopy.schemas.ids import AccountId
from polycopy.trading.account_state import Account

BLINK_MS = 3_000
TOLD_EVERY_MS = 60_000
_replace = msgspec.structs.replace


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """One account. `behind_since_ms` None: it has caught up. `told`: its last fall was told and its
    end was not."""

    behind_since_ms: int | None = None
    told: bool = False
    told_at_ms: int = 0


Watch = Map[AccountId, Watched]


def look(watch: Watch, accounts: Iterable[Account], now_ms: int) -> tuple[Watch, list[str]]:
    """What to tell now, one line for each turn. There is none of an account that no executor took
    over, and of a forward test, which nobody reports of."""
    lines = []
    for account in accounts:
        if not account.epoch or is_on_paper(account):
            continue
        before = watch.get(account.account, Watched())
        after, line = _look(before, account, now_ms)
        watch = watch.set(account.account, after)
        if line:
            lines.append(line)
    return watch, lines


def _look(one: Watched, account: Account, now_ms: int) -> tuple[Watched, str]:
    if account.caught_up:
        said = (
            f"account {account.account} has caught up: it holds no entries back any more"
            if one.told
            else ""
        )
        return _replace(one, behind_since_ms=None, told=False), said
    since_ms = now_ms if one.behind_since_ms is None else one.behind_since_ms
    one = _replace(one, behind_since_ms=since_ms)
    if one.told or now_ms - since_ms < BLINK_MS or now_ms - one.told_at_ms < TOLD_EVERY_MS:
        return one, ""
    why = behind_words(account)
    said = f"account {account.account} is behind: {why}; no entries until it has caught up"
    return _replace(one, told=True, told_at_ms=now_ms), said
