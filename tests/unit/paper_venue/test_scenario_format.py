"""A scenario file is read whole, with every fault, and without floats."""

import contextlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.adapters import scenarios as files
from polycopy.paper_venue.core.faults.rules import PLACES, Fault, FaultKind
from polycopy.paper_venue.core.limits.signer_limits import Limiting
from polycopy.paper_venue.core.scenarios import laws
from polycopy.paper_venue.core.scenarios.commands import BY_NAME, SetFault, SetTick, SetWallet
from polycopy.paper_venue.core.scenarios.scenario import (
    Credit,
    Scenario,
    Timing,
)
from polycopy.paper_venue.core.scenarios.scenario_file import (
    ScenarioFault,
    commands,
    of_json,
    of_tables,
    parse,
    tables_of,
)
from polycopy.runtime.errors import Halt
from tests.support.scenarios import scenarios
from tests.support.toml_text import toml

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["venue", "source", "market", "wallet", "fault", "step", "vanue"])


WRONG = """
venu = 1
source = 3
wallet = {}
[venue]
seeds = 1
settle_ms = [1]
failed = 2.0
clock = "fast"
[[market]]
tick = 0.03
bids = [[1.5, 10], [0.4, -1]]
ends = 2026-01-01T00:00:00
[[fault]]
kind = "gap"
on = "order"
probability = 3
skip = -1
[[step]]
at_ms = 10
after_trades = 4
do = "set_tik"
[[step]]
do = "set_fault"
fault = { kind = "gap", on = 3 }
[[step]]
do = "set_tick"
tik = 0.1
market = "x"
"""


def faults_of(text: str) -> list[str]:
    with pytest.raises(ScenarioFault) as raised:
        parse(text)
    return str(raised.value).split("; ")


@given(scenarios())
def test_any_scenario_is_the_same_after_it_was_written_down(scenario: Scenario) -> None:
    tables = tables_of(scenario)
    assert of_tables(tables) == scenario
    assert parse(toml(tables)) == scenario
    assert of_tables(of_json(msgspec.json.encode(tables))) == scenario


@given(st.dictionaries(KEYS, ANYTHING | st.lists(st.dictionaries(st.text(), ANYTHING))))
def test_whatever_the_tables_hold_it_is_a_scenario_or_a_fault(tables: dict[str, Any]) -> None:
    with contextlib.suppress(ScenarioFault):
        of_tables(tables)


@given(ANYTHING | st.fixed_dictionaries({"do": st.sampled_from([*BY_NAME, "x"])}))
def test_whatever_a_body_holds_it_is_commands_or_a_fault(body: Any) -> None:
    with contextlib.suppress(ScenarioFault):
        commands(body)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_whatever_a_text_holds_it_is_a_scenario_or_a_fault(text: str) -> None:
    with contextlib.suppress(ScenarioFault):
        parse(text)
    with contextlib.suppress(ScenarioFault):
        of_json(text.encode())


def test_an_empty_file_is_a_calm_venue() -> None:
    scenario = parse("")
    assert scenario == Scenario()
    assert scenario.opening == ()
    assert scenario.venue.failed == scenario.venue.retried == 0
    assert scenario.venue.rate_limits is Limiting.WARNING
    assert scenario.venue.credit is Credit.MATCH


def test_what_a_file_says_of_wallets_and_faults_is_ordered_before_anybody_comes() -> None:
    scenario = parse("""
        [[fault]]
        kind = "gap"
        on = "rtds"
        [[wallet]]
        address = "0xABcdefABcdefABcdefABcdefABcdefABcdefABcd"
        cash = 0.1
        shares = { a-market = [1, "2.5"] }
    """)
    wallet, fault = scenario.opening
    assert wallet == SetWallet(
        wallet="0xabcdefabcdefabcdefabcdefabcdefabcdefabcd",
        cash=Decimal("0.1"),
        shares={"a-market": (Decimal(1), Decimal("2.5"))},
    )
    assert fault == SetFault(fault=Fault(kind=FaultKind.GAP, on="rtds"))


def test_a_step_is_a_command_and_its_time_in_one_table() -> None:
    (step,) = parse("""
        [[step]]
        after_orders = 3
        do = "set_tick"
        market = "m"
        tick = 0.001
    """).steps
    assert step.timing == Timing(after_orders=3)
    assert step.command == SetTick(market="m", tick=Decimal("0.001"))


def test_all_faults_are_told_at_once_each_with_its_place() -> None:
    assert faults_of(WRONG) == [
        "venu: unknown table (did you mean venue?)",
        "venue: seeds: unknown key (did you mean seed?)",
        "venue: settle_ms: expected a list of length 2, got 1",
        "venue: failed: a share is from 0 to 1: 0.02 is 2 %",
        "venue: clock: invalid enum value 'fast': it is one of real, manual",
        "source: must be a table",
        "market 1: slug: missing",
        "market 1: tick: it is one of 0.0001, 0.001, 0.0025, 0.005, 0.01, 0.1",
        "market 1: ends: a date with time needs its offset: 2026-12-01T18:00:00Z",
        "market 1: bids: level 1: a price lies between 0 and 1, "
        "level 2: must be from 0 to 1000000000",
        "wallet: must be a list of tables: write [[wallet]]",
        "fault 1: on: gap strikes user or market or rtds",
        "fault 1: probability: from 0 to 1",
        "fault 1: skip: must not be negative",
        "step 1: one of at_ms, after_trades, after_orders, after_fills",
        "step 1: do: there is no command 'set_tik' (did you mean set_tick?)",
        "step 2: fault: on: expected a text, got a whole number",
        "step 3: tik: unknown key (did you mean tick?)",
        "step 3: tick: missing",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[venue]\nfailed = 0.6\nretried = 0.6", "failed and retried: together at most 1"),
        ("[venue]\nstarts_at = 2026-01-01T00:00:00Z", 'starts_at: it needs clock = "manual"'),
        ("[venue]\nsettle_ms = [9, 3]", "the smaller bound first"),
        ("[venue]\ncash = 0.0000001", "more than six decimals"),
        ("[venue]\ncash = nan", "not a finite number"),
        ("[venue]\nfailed = inf", "a share is from 0 to 1"),
        ("[venue]\ncash = true", "expected a number, got true or false"),
        ("[venue]\nseed = ''", "seed: expected a text of length >= 1"),
        ("[[market]]\nslug='a'\n[[market]]\nslug='a'", "market: a is there 2 times"),
        ("[[market]]\nslug='a'\nversion=3", "market 1: version: it is 1 or 2"),
        ("[[market]]\nslug='a'\nprice=0.5\nbids=[]", "not both"),
        ("[[market]]\nslug='a'\nbids=[[0.5,1]]\nasks=[[0.5,1]]", "the book is crossed"),
        ("[[market]]\nslug='a'\ntick=0.1\nbids=[[0.55,1]]", "level 1: 0.55 is not on the tick"),
        ("[[market]]\nslug='a'\nbids=[[0.5,1],[0.5,2]]", "price 0.5 is there twice"),
        ("[[wallet]]\naddress='0x12'", "not a wallet: 0x and 40 hex digits"),
        ("[[fault]]\nkind='slow'\non='GET /book'", "delay_ms: slow needs one"),
        ("[[fault]]\nkind='missing_keys'\non='GET /book'", "name the keys"),
        ("[[fault]]\nkind='error_after'\non='GET /book'\nstatus=200", "from 400 to 599"),
        ("[[fault]]\nkind='garbage'\non='GET /book'\nstatus=999", "from 200 to 599"),
        ("[[fault]]\nkind='slow'\non='/book'\ndelay_ms=1", "a method and the beginning of a path"),
        ("[[fault]]\nkind='gap'\non='rtds'\nwallet='anna'", "wallet: 0x and 40 hex digits"),
        ("[[fault]]\nkind='gap'\non='rtds'\nfraction=1.0", "fraction: between 0 and 1"),
        ("[[fault]]\nkind='gap'\non='rtds'\nprobability=-0.1", "probability: from 0 to 1"),
        ("[[fault]]\nkind='gap'\non='rtds'\ndelay_ms=-1", "delay_ms: must not be negative"),
        ("[[market]]\nslug='a'\noutcomes=['A','A']", "outcomes: two different names"),
        ("[[market]]\nslug='a'\nfee_rate=1.5", "0.07 is the rate of crypto markets"),
        ("[[market]]\nslug='a'\nends=-1", "seconds after the start"),
        ("[[step]]\ndo='put_book'\nmarket='m'\nbids=[[0.5,1]]\nasks=[[0.4,1]]", "is crossed"),
        ("[[step]]\ndo='split'\nwallet='0x" + "1" * 40 + "'\nmarket='m'\nsize=0", "more than 0"),
        ("step = [3]", "step 1: must be a table"),
        ("[[step]]\ndo='resolve'\nmarket='m'\npayouts=[1,1]", "payouts: together they are 1"),
        ("[[step]]\ndo='next'\ntimes=3", "times: it needs every_ms"),
        ("[[step]]\nat_ms=3", "step 1: do: missing"),
        ("[[step]]\ndo='mode'\nmode='shut'", "it is one of open, post_only"),
        ("[[wallet]]\naddress='0x" + "1" * 40 + "'\ntier='wood'", "it is one of standard, copper"),
        ("step = 3", "write [[step]]"),
        ("[[", "not TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, words: str) -> None:
    (fault,) = faults_of(text)
    assert words in fault


def test_the_faults_of_a_body_are_told_with_the_number_of_the_command() -> None:
    with pytest.raises(ScenarioFault) as raised:
        commands([{"do": "next"}, {"do": "nxt"}, 3, {"do": "next", "count": 0}])
    assert str(raised.value).split("; ") == [
        "command 2: do: there is no command 'nxt' (did you mean next?)",
        "command 3: must be an object with a `do`",
        "command 4: count: expected a whole number >= 1",
    ]
    with pytest.raises(ScenarioFault, match=r"^do: missing$"):
        commands({})


def test_a_number_of_a_body_is_never_a_float() -> None:
    (tick,) = commands(of_json(b'{"do": "set_tick", "market": "m", "tick": 0.1}'))
    assert tick == SetTick(market="m", tick=Decimal("0.1"))
    with pytest.raises(ScenarioFault, match="not JSON: NaN is no number"):
        of_json(b'{"do": NaN}')


def test_every_kind_of_fault_has_its_place() -> None:
    for kind in FaultKind:
        fault = Fault(kind=kind, on="POST /order", delay_ms=1, keys=("a",), status=503)
        places = [on for on, kinds in PLACES.items() if kind in kinds] or ["POST /order"]
        for on in places:
            assert not list(laws.of_fault(msgspec.structs.replace(fault, on=on)))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ('kind = "no_outcome"\non = "user"', "no_outcome strikes rtds"),
        (f'kind = "gap"\non = "market"\nwallet = "0x{"1" * 40}"', "is about nobody"),
    ],
)
def test_a_fault_that_can_strike_nothing_is_refused(fault: str, words: str) -> None:
    with pytest.raises(ScenarioFault, match=words):
        parse(f"[[fault]]\n{fault}")


def test_a_step_cannot_take_its_time_for_a_key_of_its_command() -> None:
    keys = {name for kind in BY_NAME.values() for name in kind.__struct_fields__}
    assert not keys & set(Timing.__struct_fields__)


@pytest.mark.parametrize("name", files.ready())
def test_every_ready_scenario_loads_and_says_what_it_is(name: str) -> None:
    scenario, _ = files.load(name)
    assert scenario.source.name == "seeded"
    assert 20 < len(files.ready()[name]) < 100
    assert of_tables(tables_of(scenario)) == scenario


def test_a_scenario_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(Halt, match=r"ready ones are .*rough-day.* .did you mean rough-day"):
        files.load("rough-dya")
    with pytest.raises(Halt, match="cannot be read"):
        files.load(str(tmp_path))
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b"\xff")
    with pytest.raises(Halt, match="no text in UTF-8"):
        files.load(str(bad))
    bad.write_text("a = 1\nb = 2")
    with pytest.raises(Halt, match="is refused: a: unknown table; b: unknown table"):
        files.load(str(bad))


@pytest.mark.parametrize(
    ("key", "most"), [("fee_exponent", 4), ("depth", 9_999), ("spread_ticks", 9_999)]
)
def test_numbers_of_a_market_that_cost_time_are_bounded(key: str, most: int) -> None:
    text = '[[market]]\nslug = "mine"\n'
    assert getattr(parse(f"{text}{key} = {most}").markets[0], key) == most
    with pytest.raises(ScenarioFault, match=f"market 1: {key}"):
        parse(f"{text}{key} = {most + 1}")
