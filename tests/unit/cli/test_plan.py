"""Each process is told what it needs and nothing of the others' secrets."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from polycopy.cli.config import load
from polycopy.cli.core.doctor import Finding, clock_finding, is_well
from polycopy.cli.core.plan import (
    Live,
    Process,
    Servers,
    VenueChoice,
    api_key_settings,
    at_odds,
    inner_services,
    outer_services,
    to_check,
    unknown_settings,
)
from polycopy.cli.core.venue import VenueUrls
from polycopy.cli.core.words import cents, money, plain, short
from polycopy.schemas.moments import moment

SERVERS = Servers(
    nats_url="nats://u:p@127.0.0.1:1", nats_monitor_url="http://127.0.0.1:2", database_url="pg://"
)
URLS = VenueUrls(clob="http://c", user_ws="ws://u", market_ws="ws://m", rtds="ws://r")
LIVE = Live(account="main", signing_key=Path("/k"), api_key=Path("/a"))


def services(
    servers: Servers, venue: VenueUrls | None, live: Live | None, given_settings: dict[str, str]
) -> list[Process]:
    inner = inner_services(servers, given_settings)
    return [*inner, *outer_services(servers, venue, live, given_settings)]


def test_only_the_projector_knows_the_database() -> None:
    knowing = [p.name for p in services(SERVERS, URLS, LIVE, {}) if "DATABASE_URL" in p.settings]
    assert knowing == ["projector"]


def test_only_the_executor_knows_the_signing_key() -> None:
    knowing = [p.name for p in services(SERVERS, URLS, LIVE, {}) if "/k" in p.settings.values()]
    assert knowing == ["executor"]


def test_looked_at_beforehand_is_each_service_that_the_operator_set_something_of() -> None:
    given_settings = {"POLYCOPY_EXECUTOR_TICK_S": "9", "POLYCOPY_STATUS_SYNC_POLL_S": "1"}
    asked = to_check(None, LIVE, given_settings)
    assert [one.name for one in asked] == ["executor", "status-sync"]
    assert to_check(None, LIVE, {}) == []


def test_with_servers_of_the_operators_every_service_is_looked_at() -> None:
    asked = to_check(SERVERS, LIVE, {})
    assert [one.name for one in asked] == [one.name for one in services(SERVERS, URLS, LIVE, {})]
    assert all(one.settings["NATS_URL"] == SERVERS.nats_url for one in asked)


def test_who_hears_the_leaders_starts_last() -> None:
    assert services(SERVERS, URLS, LIVE, {})[-1].name == "stream-ingest"


def test_without_a_live_account_nobody_asks_after_orders() -> None:
    names = [process.name for process in services(SERVERS, None, None, {})]
    assert "status-sync" not in names
    assert "executor" in names


def test_the_operators_settings_win_and_reach_their_own_service_alone() -> None:
    given_settings = {"POLYCOPY_EXECUTOR_TICK_S": "9", "POLYCOPY_EXECUTOR_CLOB_URL": "http://mine"}
    for process in services(SERVERS, URLS, LIVE, given_settings):
        own = {key: process.settings.get(key) for key in given_settings}
        if process.name == "executor":
            assert own == given_settings
        else:
            assert set(own.values()) == {None}


def test_a_real_key_never_meets_the_paper_venue() -> None:
    harmless = {"POLYCOPY_EXECUTOR_TICK_S": "9", "POLYCOPY_EXECUTOR_LIVE_ACCOUNT": "main"}
    assert at_odds(harmless) == ""
    key, clob = "POLYCOPY_EXECUTOR_KEY_FILE", "POLYCOPY_STATUS_SYNC_CLOB_URL"
    line = at_odds({**harmless, clob: "https://a", key: "/key"})
    assert line.startswith(f"{key}, {clob}: not at the paper venue")


def test_api_credentials_are_made_with_the_operators_own_settings() -> None:
    given_settings = {
        "POLYCOPY_EXECUTOR_CLOB_URL": "http://mine",
        "POLYCOPY_EXECUTOR_WALLET": "0xab",
        "POLYCOPY_STATUS_SYNC_POLL_S": "9",
    }
    made = api_key_settings(LIVE, None, given_settings).settings
    assert made["POLYCOPY_EXECUTOR_CLOB_URL"] == "http://mine"
    assert made["POLYCOPY_EXECUTOR_WALLET"] == "0xab"
    assert made["POLYCOPY_EXECUTOR_KEY_FILE"] == "/k"
    assert not [name for name in made if "STATUS_SYNC" in name or "NATS" in name]


def test_a_misspelt_setting_is_not_a_missing_one() -> None:
    fine = {"POLYCOPY_EXECUTOR_TICK_S": "9", "POLYCOPY_HOME": "/h", "PATH": "/bin"}
    assert set(load(fine).given) == {"POLYCOPY_EXECUTOR_TICK_S"}
    assert unknown_settings(load(fine).given) == ""
    misspelt = {**fine, "POLYCOPY_LOG_LEVEL": "debug", "POLYCOPY_EXECUTER_TICK_S": "9"}
    why = unknown_settings(load(misspelt).given)
    assert why.startswith("POLYCOPY_EXECUTER_TICK_S, POLYCOPY_LOG_LEVEL: no service takes such a")


def test_the_venue_is_told_its_choice() -> None:
    process = VenueChoice(seed=7, trades=3, recording="tape.jsonl.gz").process()
    assert process.module == "polycopy.paper_venue"
    assert process.settings["POLYCOPY_PAPER_VENUE_SEED"] == "7"
    assert process.settings["POLYCOPY_PAPER_VENUE_SOURCE"] == "tape.jsonl.gz"


def test_what_nobody_said_is_left_to_the_scenario_or_to_the_venue() -> None:
    settings = VenueChoice(scenario="rough-day", pace_ms=0).process().settings
    assert settings == {
        "POLYCOPY_PAPER_VENUE_PORT": "0",
        "POLYCOPY_PAPER_VENUE_SCENARIO": "rough-day",
        "POLYCOPY_PAPER_VENUE_PACE_MS": "0",
    }


def test_with_a_port_the_venue_s_other_addresses_follow_it() -> None:
    settings = VenueChoice(port=8080).process().settings

    ports = {name.removeprefix("POLYCOPY_PAPER_VENUE_"): port for name, port in settings.items()}
    assert ports == {
        "PORT": "8080",
        "DATA_PORT": "8081",
        "GAMMA_PORT": "8082",
        "RPC_PORT": "8083",
        "CONTROL_PORT": "8084",
    }


def test_a_clock_within_the_venues_whole_second_is_right() -> None:
    assert clock_finding(1_000_999, 1_000, 5).ok
    assert clock_finding(1_000_000, 1_000, 5).ok


def test_a_clock_that_is_off_is_told_by_how_much() -> None:
    slow = clock_finding(990_000, 1_000, 5)
    assert not slow.ok
    assert "-10000 ms" in slow.says


@given(st.integers(min_value=10**9, max_value=2 * 10**9), st.integers(-900, 900))
def test_less_than_a_second_off_is_never_bad(venue_s: int, off_ms: int) -> None:
    assert clock_finding(venue_s * 1_000 + off_ms, venue_s, 0).ok


def test_one_bad_finding_is_enough() -> None:
    fine = Finding(name="a", ok=True, says="")
    unknown = Finding(name="b", ok=None, says="")
    assert is_well([fine, unknown])
    assert not is_well([fine, Finding(name="c", ok=False, says="")])


def test_a_text_of_a_stranger_is_one_line_that_commands_nothing() -> None:
    hostile = "\x1b[2J\x9b31mUp\n\u202eno\x00\u2028 – ü"
    assert plain(hostile) == "\\u001b[2J\\u009b31mUp\\u000a\\u202eno\\u0000\\u2028 – ü"
    assert plain("Will it? · $0.5 ≤ ✓") == "Will it? · $0.5 ≤ ✓"


@given(st.text())
def test_whatever_a_text_holds_a_terminal_can_show_it(text: str) -> None:
    assert plain(text).isprintable()
    assert plain(plain(text)) == plain(text)


def test_figures_read_as_people_write_them() -> None:
    assert moment(10**15) == "1000000000000000 ms"
    assert money(-1_500_000) == "-$1.5"
    assert cents(-1_234_567_890) == "-$1,234.57"
    assert moment(1_795_327_986_814) == "2026-11-22 06:13:06.814Z"
    assert short("0x" + "ab" * 20) == "0xababa…abab"
    assert short("plain") == "plain"
