"""Whether a new strategy can have the account that it names. Pure."""

from collections.abc import Collection

from polycopy.schemas.control import Strategy, VenueName
from polycopy.schemas.ids import AccountId


def refusal(wanted: Strategy, known: Collection[Strategy], served: Collection[AccountId]) -> str:
    """Why not, in one line with what to do; empty where it can. `served`: the accounts that an
    executor took over so far.

    Paper money is counted by account, so each forward test has one of its own. Real orders go out
    only for the account whose key an executor holds; of any other, every copy would be refused.
    """
    account = wanted.account
    others = [one for one in known if one.account == account]
    on_paper = {one.account for one in known if one.venue is VenueName.PAPER}
    if wanted.venue is VenueName.PAPER:
        if others:
            return (
                f"account {account} is that of strategy {others[0].strategy_id}, and a forward "
                "test has one of its own: choose another account"
            )
        if account in served:
            return f"account {account} is for real orders: choose another account"
        return ""
    if account in on_paper:
        return f"account {account} is a forward test's: choose another account"
    real = sorted(set(served) - on_paper)
    if account in real:
        return ""
    where = f"it does for {', '.join(real)}" if real else "it does for none"
    return (
        f"no executor sends real orders for account {account}, {where}: choose that account, or "
        "set POLYCOPY_EXECUTOR_LIVE_ACCOUNT and its keys and start it again"
    )
