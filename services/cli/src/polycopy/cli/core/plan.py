"""Which processes make a stack, and the settings of each. Pure: paths and URLs come in."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from polycopy.cli.core.venue import VenueUrls


class Servers(msgspec.Struct, frozen=True, kw_only=True):
    """Where the log and the database are. The URLs hold passwords: never for a log."""

    nats_url: str
    nats_monitor_url: str
    database_url: str


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The account with real orders, and the files of its secrets."""

    account: str
    signing_key: Path
    api_key: Path


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """One process: `python -m <module> <arguments>` with `settings` in its environment."""

    name: str
    settings: Mapping[str, str]
    arguments: Sequence[str] = ()

    @property
    def module(self) -> str:
        return f"polycopy.{self.name.replace('-', '_')}"

    @property
    def prefix(self) -> str:
        """What the names of the process's own settings begin with."""
        return f"POLYCOPY_{self.name.replace('-', '_').upper()}_"


_AFTER_IT = ("DATA", "GAMMA", "RPC", "CONTROL")


class VenueChoice(msgspec.Struct, frozen=True, kw_only=True):
    """How the paper venue runs. `scenario` is a file or the name of a ready one; what is said here
    beside it wins. None and "" leave a thing to the scenario, or without one to the venue.

    `pace_ms` 0: a leader trade is emitted only when it is asked for. `port` is the CLOB's; the
    other addresses follow it, in the order of `_AFTER_IT`. 0: any free ones.
    """

    scenario: str = ""
    seed: int | str | None = None
    trades: int | None = None
    recording: str = ""
    pace_ms: int | None = None
    settle_ms: int | None = None
    port: int = 0

    def process(self) -> Process:
        others = enumerate(_AFTER_IT, start=1) if self.port else ()
        said = {
            "PORT": self.port,
            **{f"{name}_PORT": self.port + place for place, name in others},
            "SCENARIO": self.scenario or None,
            "SEED": self.seed,
            "TRADES": self.trades,
            "SOURCE": self.recording or None,
            "PACE_MS": self.pace_ms,
            "SETTLE_MS": self.settle_ms,
        }
        process = Process(name="paper-venue", settings={})
        settings = {
            f"{process.prefix}{name}": str(value)
            for name, value in said.items()
            if value is not None
        }
        return msgspec.structs.replace(process, settings=settings)


SCENARIO_LIST = Process(name="paper-venue", settings={}, arguments=("--list",))
"""Tells the ready scenarios and ends."""

SETTABLE = ("stream-ingest", "qualifier", "executor", "status-sync", "projector")
"""The processes that take settings from the environment; the venue has options of its own."""


def unknown_settings(given: Mapping[str, str]) -> str:
    """Which of the operator's settings no process of ours takes, in one line; "" for none. A
    misspelt limit must not be a missing limit."""
    prefixes = tuple(Process(name=name, settings={}).prefix for name in SETTABLE)
    found = sorted(name for name in given if not name.startswith(prefixes))
    if not found:
        return ""
    return (
        f"{', '.join(found)}: no service takes such a setting; they begin with POLYCOPY_ and "
        f"the service's name ({', '.join(SETTABLE)})"
    )


REAL_CLOB = "https://clob.polymarket.com"
REAL_USER_WS = "wss://ws-subscriptions-clob.polymarket.com/ws/user"


def at_odds(given: Mapping[str, str]) -> str:
    """Which of the operator's settings must not meet the paper venue, in one line; "" for none.

    A real key has no business there: it would sign orders for play money, and the API credentials
    of that venue would replace the real ones.
    """
    found = sorted(name for name in given if name.endswith(_OF_A_REAL_VENUE))
    if not found:
        return ""
    return f"{', '.join(found)}: not at the paper venue; unset it, or use --venue polymarket"


_OF_A_REAL_VENUE = (
    "_KEY_FILE",
    "_API_FILE",
    "_WALLET",
    "_CHAIN_ID",
    "_CLOB_URL",
    "_USER_WS_URL",
    "_RTDS_URL",
    "_DATA_URL",
    "_GAMMA_URL",
    "_CHAIN_URL",
    "_CHAIN_WS_URL",
)


def inner_services(servers: Servers, given: Mapping[str, str]) -> Sequence[Process]:
    """Those that need neither the venue nor a key. `given` are the operator's own settings; they
    win, and each process gets those with its own prefix and nothing of the others'."""
    log = _log(servers)
    database = {**log, "DATABASE_URL": servers.database_url}
    return [
        _service("projector", database, {}, given),
        _service("qualifier", log, {}, given),
    ]


def outer_services(
    servers: Servers, venue: VenueUrls | None, live: Live | None, given: Mapping[str, str]
) -> Sequence[Process]:
    """Those that talk to the venue; who hears the leaders comes last.

    `venue` None is the real one; without a live account nobody asks after orders.
    """
    log = _log(servers)
    return [
        _service("executor", log, executor_settings(venue, live), given),
        *([_service("status-sync", log, _status_sync(venue, live), given)] if live else []),
        _service("stream-ingest", log, _sources(venue), given),
    ]


ONE_SOURCE = {
    f"POLYCOPY_STREAM_INGEST_{name}": value
    for name, value in {
        "POLL": "false",
        "CHAIN": "false",
        "REFERENCE": "false",
        "CONNECTIONS": "1",
    }.items()
}
"""Settings for a run in step: one connection, and nothing that happens by the clock."""


def _sources(venue: VenueUrls | None) -> dict[str, str]:
    """Where leader trades come from; the real ones are stream-ingest's own defaults."""
    if venue is None:
        return {}
    return {
        "RTDS_URL": venue.rtds,
        "DATA_URL": venue.data,
        "GAMMA_URL": venue.gamma,
        "CLOB_URL": venue.clob,
        "CHAIN_URL": venue.rpc,
        "CHAIN_WS_URL": venue.rpc_ws,
    }


def projector(servers: Servers, **own: str) -> Process:
    """The projector alone, with settings of its own."""
    shared = {**_log(servers), "DATABASE_URL": servers.database_url}
    return _service("projector", shared, own, {})


def _log(servers: Servers) -> dict[str, str]:
    return {"NATS_URL": servers.nats_url, "NATS_MONITOR_URL": servers.nats_monitor_url}


def _service(
    name: str, shared: Mapping[str, str], own: Mapping[str, str], given: Mapping[str, str]
) -> Process:
    prefix = Process(name=name, settings={}).prefix
    named = {f"{prefix}{key}": value for key, value in own.items()}
    operators = {key: value for key, value in given.items() if key.startswith(prefix)}
    return Process(name=name, settings={**shared, **named, **operators})


def to_check(own: Servers | None, live: Live | None, given: Mapping[str, str]) -> Sequence[Process]:
    """The processes whose settings the operator had a hand in, as they can be looked at before
    anything runs: what is not known yet is filled in."""
    servers = own or Servers(
        nats_url="nats://127.0.0.1:4222",
        nats_monitor_url="",
        database_url="postgresql://polycopy@127.0.0.1/polycopy",
    )
    every = [*inner_services(servers, given), *outer_services(servers, None, live, given)]
    return [one for one in every if own or any(key.startswith(one.prefix) for key in given)]


def api_key_settings(live: Live, venue: VenueUrls | None, given: Mapping[str, str]) -> Process:
    """The executor as it makes its API credentials: as it will run, but for the log."""
    return _service("executor", {}, executor_settings(venue, live), given)


def executor_settings(venue: VenueUrls | None, live: Live | None) -> dict[str, str]:
    """Without the prefix."""
    own = {"CLOB_URL": venue.clob if venue else REAL_CLOB}
    if live is None:
        return own
    keys = {"KEY_FILE": str(live.signing_key), "API_FILE": str(live.api_key)}
    return {**own, **keys, "LIVE_ACCOUNT": live.account}


def _status_sync(venue: VenueUrls | None, live: Live) -> dict[str, str]:
    return {
        "ACCOUNT": live.account,
        "API_FILE": str(live.api_key),
        "CLOB_URL": venue.clob if venue else REAL_CLOB,
        "USER_WS_URL": venue.user_ws if venue else REAL_USER_WS,
    }
