"""Before anything starts: whose account trades, with which keys, and whether all settings fit."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from polycopy.cli.core import plan
from polycopy.cli.core.demo_strategies import PAPER_ACCOUNT
from polycopy.cli.core.doctor import open_secret_words
from polycopy.cli.core.plan import Live, Process, Servers
from polycopy.cli.core.venue import VenueUrls
from polycopy.cli.ports import World
from polycopy.runtime.config import ConfigFault

_EXECUTOR = Process(name="executor", settings={}).prefix
_STATUS_SYNC = Process(name="status-sync", settings={}).prefix
_REPORTED = f"{_STATUS_SYNC}ACCOUNT"
"""Of another account than the executor's it would hear nothing, and nobody of that one."""
_MADE_LATER = (f"{_EXECUTOR}KEY_FILE", f"{_STATUS_SYNC}API_FILE")
"""Files that the first start makes, where the operator names none."""


def live_account(
    world: World, stack: Path, given: Mapping[str, str], *, at_paper: bool
) -> Live | None:
    """The account with real orders.

    At the paper venue it is `main`, with a key that is made for this stack. At the real one it is
    what the operator's settings say; without them there are forward tests only.
    """
    account = given.get(f"{_EXECUTOR}LIVE_ACCOUNT", PAPER_ACCOUNT if at_paper else "")
    key = given.get(f"{_EXECUTOR}KEY_FILE", "")
    if not account or (not key and not at_paper):
        return None
    signing_key = Path(key) if key else world.keyring.signing_key(stack)
    api_key = Path(given.get(f"{_EXECUTOR}API_FILE", signing_key.with_name("api-key")))
    return Live(account=account, signing_key=signing_key, api_key=api_key)


async def check_settings(
    world: World,
    own: Servers | None,
    live: Live | None,
    given: Mapping[str, str],
    *,
    at_paper: bool,
) -> None:
    """Raises ConfigFault with every fault of every service, one a line. `own` are the operator's
    servers."""
    faults = [plan.unknown_settings(given), plan.at_odds(given) if at_paper else ""]
    if live and (told := given.get(_REPORTED, live.account)) != live.account:
        faults.append(
            f"{_REPORTED} is {told}, and the executor's account is {live.account}: set both alike"
        )
    asked = (world.programs.faults(one) for one in plan.to_check(own, live, given))
    later = tuple(f"{key}:" for key in _MADE_LATER if key not in given)
    for said in await asyncio.gather(*asked):
        faults += [line for line in said if not line.startswith(later)]
    if lines := [*dict.fromkeys(filter(None, faults))]:
        raise ConfigFault("\n".join(lines))


def warn_of_open_secrets(world: World, live: Live | None) -> None:
    """No refusal: what an orchestrator mounts can often be read by all."""
    for path in (live.signing_key, live.api_key) if live else ():
        if world.keyring.others_can_read(path):
            world.terminal.note(open_secret_words(str(path)))


async def make_api_key(
    world: World, urls: VenueUrls | None, live: Live | None, given: Mapping[str, str]
) -> None:
    """The credentials of that account, where there are none. The paper venue forgets its clients,
    so there they are new at every start."""
    if live is None:
        return
    if urls is not None:
        world.keyring.make(live.signing_key)
        world.keyring.forget(live.api_key)
    if not world.keyring.has(live.api_key):
        making = plan.api_key_settings(live, urls, given)
        await world.programs.run([making.module, "--make-api-key"], making.settings)
