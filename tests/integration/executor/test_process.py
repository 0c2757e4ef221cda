"""The executor and status-sync as processes, with a real log and a venue in its own process."""

import json
import stat
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.log import Log
from polycopy.runtime.nats_log import open_log
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.orders import OrderRequested
from polycopy.trading.account_state import Account as Fold
from polycopy.trading.order_life import TERMINAL
from tests.support.executing import KEY, events_of, eventually
from tests.support.nats_server import Account
from tests.support.service_process import ended, service_process, venue_process
from tests.support.signalling import LIVE, create, decision, signal_of, strategy

COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)
EXECUTOR = "polycopy.executor"


@pytest.fixture
async def urls() -> AsyncIterator[dict[str, Any]]:
    async with venue_process(SETTLE_MS="20") as printed:
        yield printed


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text(KEY.hex)
    path.chmod(0o600)
    return path


@pytest.fixture
def settings(
    nats_account: Account, urls: dict[str, Any], key_file: Path, tmp_path: Path
) -> dict[str, str]:
    return {
        "NATS_URL": nats_account.url,
        "NATS_MONITOR_URL": nats_account.monitor_url,
        "POLYCOPY_EXECUTOR_CLOB_URL": urls["clob"],
        "POLYCOPY_EXECUTOR_LIVE_ACCOUNT": LIVE,
        "POLYCOPY_EXECUTOR_KEY_FILE": str(key_file),
        "POLYCOPY_EXECUTOR_API_FILE": str(tmp_path / "api.json"),
        "POLYCOPY_EXECUTOR_TICK_S": "0.05",
    }


async def test_a_key_gives_credentials_in_a_file_for_its_owner_alone(
    settings: dict[str, str], tmp_path: Path
) -> None:
    code, said = await ended(EXECUTOR, settings)
    assert (code, said.count("\n")) == (2, 1)
    assert "cannot read POLYCOPY_EXECUTOR_API_FILE" in said

    code, _ = await ended(EXECUTOR, settings, "--make-api-key")

    assert code == 0
    path = tmp_path / "api.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    made = json.loads(path.read_bytes())
    assert made["address"] == KEY.address
    assert all(made[name] for name in ("api_key", "secret", "passphrase"))


async def test_kill_nine_loses_no_order_and_doubles_none(
    nats_account: Account, settings: dict[str, str], urls: dict[str, Any], tmp_path: Path
) -> None:
    code, _ = await ended(EXECUTOR, settings, "--make-api-key")
    assert code == 0
    sync = {
        "NATS_URL": nats_account.url,
        "NATS_MONITOR_URL": nats_account.monitor_url,
        "POLYCOPY_STATUS_SYNC_CLOB_URL": urls["clob"],
        "POLYCOPY_STATUS_SYNC_USER_WS_URL": urls["user_ws"],
        "POLYCOPY_STATUS_SYNC_ACCOUNT": LIVE,
        "POLYCOPY_STATUS_SYNC_API_FILE": str(tmp_path / "api.json"),
        "POLYCOPY_STATUS_SYNC_POLL_S": "0.1",
    }
    async with AsyncExitStack() as running:
        log = await running.enter_async_context(
            open_log(
                nats_account.url,
                source="test",
                clock=SystemClock(),
                create=True,
                monitor_url=nats_account.monitor_url,
            )
        )
        await create(log, COPY)
        await running.enter_async_context(service_process("polycopy.status_sync", sync))
        for number in (1, 2):
            async with service_process(EXECUTOR, settings):
                await eventually(log, LIVE, partial(_trades, number))
                await _signal(log, urls, number)
                # It is killed as soon as the order is in the log, most likely before it leaves.
                await eventually(log, LIVE, partial(_holds, number))
        async with service_process(EXECUTOR, settings):
            await eventually(log, LIVE, partial(_trades, 3))
            await _signal(log, urls, 3)
            await eventually(log, LIVE, lambda fold: _holds(3, fold) and _ended(fold))
        requests = [one for one in await events_of(log, LIVE) if isinstance(one, OrderRequested)]
    journal = await _control("GET", urls, "journal")
    accepted = [order["venue_order_id"] for order in journal["orders"] if order["accepted"]]
    assert sorted(accepted) == sorted(request.venue_order_id for request in requests)
    assert len(set(accepted)) == len(accepted) == 3


async def _signal(log: Log, urls: dict[str, Any], number: int) -> None:
    """The venue's next leader trade, evaluated."""
    [row, *_] = (await _control("POST", urls, "next"))["rows"]
    await signal_of(
        log,
        ConditionId(row["condition_id"]),
        TokenId(row["token_id"]),
        decision(COPY, notional=2_000_000),
        number=number,
    )


async def _control(method: str, urls: dict[str, Any], name: str) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, f"{urls['control']}/control/{name}") as answer,
    ):
        body: dict[str, Any] = await answer.json()
        return body


def _trades(epoch: int, fold: Fold) -> bool:
    return fold.epoch == epoch and fold.caught_up


def _holds(number: int, fold: Fold) -> bool:
    return len(fold.orders) >= number


def _ended(fold: Fold) -> bool:
    return all(
        order.state in TERMINAL and all(fill.confirmed for fill in order.fills.values())
        for order in fold.orders.values()
    )
