"""What the log says about the accounts now."""

from polycopy.cli.core.account_report import AccountReport, reports
from polycopy.cli.core.account_rows import histories
from polycopy.cli.service import control
from polycopy.runtime.log import Log
from polycopy.schemas.ids import AccountId
from polycopy.schemas.subjects import ALL_ORDERS, account_filter


async def report_all(log: Log) -> list[AccountReport]:
    """Every account that is known, by name. Reads the whole history of all of them."""
    known = await control.known_accounts(log)
    told = histories(await log.read([ALL_ORDERS]))
    return reports(told, known, await control.allowed(log), await control.switches(log))


async def report_one(log: Log, account: AccountId) -> AccountReport | None:
    """None where nobody knows such an account."""
    if account not in await control.known_accounts(log):
        return None
    told = histories(await log.read([account_filter(account)]))
    said = await control.switches(log)
    [one] = reports(told, [account], await control.allowed(log), said)
    return one
