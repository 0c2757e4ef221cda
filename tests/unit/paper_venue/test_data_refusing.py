"""What strangers ask of the Data API and of Gamma: each has its own "no", and neither raises."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.data_api import routes
from polycopy.paper_venue.core.gamma import routes as gamma_routes
from polycopy.paper_venue.core.protocol.messages import Request
from polycopy.schemas.money import Side
from tests.support.data_venue import ANNA, FIRST, MARKETS, NOBODY, YES, Chain, did, request

DATA_PATHS = (
    *("/trades", "/activity", "/positions", "/closed-positions", "/value", "/holders"),
    *("/v1/leaderboard", "/v2/trades", "/v2/activity", "/v2/positions", "/v2/value"),
    *("/v2/leaderboard", "/v2/resolutions", "/v2/status"),
)
GAMMA_PATHS = (
    *("/markets", "/markets/keyset", "/events", "/events/keyset", "/tags"),
    *("/markets/500001", "/events/20001", "/markets/500001/tags", "/markets/slug/market-0"),
)
NAMES = (
    *("user", "market", "condition", "conditionId", "event_id", "eventId", "type", "side", "limit"),
    *("offset", "cursor", "after_cursor", "start", "end", "sortBy", "sort_by", "sortDirection"),
    *("sort_direction", "takerOnly", "taker_only", "filterType", "filter_type", "filterAmount"),
    *("filter_amount", "sizeThreshold", "redeemable", "mergeable", "title", "status", "minBalance"),
    *("timePeriod", "time_period", "orderBy", "category", "userName", "question_id", "_", "id"),
    *("slug", "clob_token_ids", "condition_ids", "closed", "active", "archived", "tag_id", "order"),
    *("ascending", "include_tag", "end_date_min", "start_date_max", "volume_num_min", "version"),
    *("liquidity_num_max", "exclude_deposits_withdrawals", "include_archived"),
)
NASTY = (
    *("", "0", "-1", "1", "9" * 400, "-" + "9" * 30, "1e9", "1e400", "NaN", "Infinity"),
    *("0x", ANNA, NOBODY, FIRST.condition_id, YES, "BUY", "TRADE", "true", "nope", "١٢"),
    *("\x00", "\ud800", "💥", "a" * 5000, ",,,", "%00", "'; DROP TABLE trades;--"),
    *("2026-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "volumeNum"),
    *("CLOSED", "OPEN", "REDEEMABLE", "ASC", "day", "DAY", "v2", "id,volume"),
)
VALUES = st.one_of(st.sampled_from(NASTY), st.text(max_size=30), st.integers().map(str))
WORST = ("9" * 400, "-1", "NaN", "\x00", "\ud800", "a" * 5000, ",,,", "0001-01-01T00:00:00+14:00")
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6)


def busy() -> Chain:
    chain = Chain()
    for place, market in enumerate(MARKETS):
        token = market.tokens[0].token_id
        chain.trade(did(ANNA, Side.BUY, 5, 40, token), of=market, at_s=place)
    return chain


CHAIN = busy()


def of_pairs(path: str, pairs: list[tuple[str, str]]) -> Request:
    plain = request(path)
    return Request(
        method="GET",
        path=path,
        query=dict(pairs),
        headers=plain.headers,
        body=b"",
        received_at_us=plain.received_at_us,
        pairs=tuple(pairs),
        target=f"{path}?" + "&".join("=".join(pair) for pair in pairs),
    )


@given(st.sampled_from(DATA_PATHS), PAIRS)
def test_the_data_api_answers_whatever_it_is_asked(path: str, pairs: list[tuple[str, str]]) -> None:
    answer = routes.respond(CHAIN.data, of_pairs(path, pairs))

    body = json.loads(answer.body)
    assert answer.status in (200, 400)
    if answer.status == 400 and path.startswith("/v2/"):
        assert {"error", "code", "retryable", "trace_id"} <= set(body)
    elif answer.status == 400:
        assert list(body) == ["error"]


@given(st.sampled_from(GAMMA_PATHS), PAIRS)
def test_gamma_answers_whatever_it_is_asked(path: str, pairs: list[tuple[str, str]]) -> None:
    answer = gamma_routes.respond(CHAIN.gamma, of_pairs(path, pairs))

    assert answer.status in (200, 422)
    if answer.status == 422:
        assert json.loads(answer.body)["type"] == "validation error"


@pytest.mark.parametrize("path", [*DATA_PATHS, *GAMMA_PATHS])
def test_every_parameter_can_be_wrong_in_the_worst_ways(path: str) -> None:
    for name in NAMES:
        for value in WORST:
            asked = of_pairs(path, [("user", ANNA), (name, value)])
            asked = of_pairs(path, [(name, value)]) if name == "user" else asked
            if path in DATA_PATHS:
                answer = routes.respond(CHAIN.data, asked)
            else:
                answer = gamma_routes.respond(CHAIN.gamma, asked)
            assert answer.status in (200, 400, 422), (name, value)
            json.loads(answer.body)


@given(st.sampled_from(("/markets/", "/events/", "/tags/", "/markets/slug/")), st.text(max_size=40))
def test_gamma_answers_whatever_is_named_in_a_path(start: str, name: str) -> None:
    answer = gamma_routes.respond(CHAIN.gamma, of_pairs(start + name, []))

    assert answer.status in (200, 404, 422)
    json.loads(answer.body)


@pytest.mark.parametrize("path", ["/v3/trades", "/order", "/"])
def test_a_path_of_nobody_is_refused_in_each_api_s_own_form(path: str) -> None:
    old = routes.respond(CHAIN.data, request(path))
    assert (old.status, json.loads(old.body)) == (404, {"error": "not found"})
    gamma = gamma_routes.respond(CHAIN.gamma, request(path))
    assert (gamma.status, json.loads(gamma.body)["type"]) == (404, "not found error")


def test_a_path_of_nobody_in_the_second_version_is_a_problem_of_that_version() -> None:
    new = routes.respond(CHAIN.data, request("/v2/nothing"))
    told = json.loads(new.body)
    assert (new.status, told["code"], told["retryable"]) == (404, "not_found", False)


def test_nothing_is_written_here() -> None:
    for path in ("/trades", "/v2/trades"):
        answer = routes.respond(CHAIN.data, request(path, method="POST"))
        assert answer.status == 405
    answer = gamma_routes.respond(CHAIN.gamma, request("/markets", method="DELETE"))
    assert answer.status == 405


def test_a_cursor_of_another_endpoint_or_with_a_changed_letter_is_refused() -> None:
    chain = Chain()
    for _ in range(3):
        chain.trade(did(ANNA, Side.BUY, 5, 40))
    _, body = chain.ask("/v2/trades?limit=1")
    cursor = body["pagination"]["next_cursor"]

    for target in (
        f"/v2/activity?user={ANNA}&cursor={cursor}",
        f"/v2/trades?cursor={cursor[:-3]}",
        f"/v2/trades?cursor=A{cursor}",
    ):
        status, refused = chain.ask(target)
        assert (status, refused["error"], refused["code"]) == (
            400,
            "invalid cursor",
            "invalid_request",
        )


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("/activity", "required query param 'user' not provided"),
        ("/activity?user=0x123", "required query param 'user' not provided"),
        ("/positions?market=1", "required query param 'user' not provided"),
        ("/trades?offset=3001", "max historical activity offset of 3000 exceeded"),
        (f"/activity?user={NOBODY}&offset=5001", "max historical activity offset of 5000 exceeded"),
        ("/trades?side=HOLD", "side must be BUY or SELL"),
        (f"/positions?user={ANNA}&sortDirection=UP", "invalid query param 'sortDirection'"),
        (f"/positions?user={ANNA}&sortBy=BEAUTY", "invalid query param 'sortBy'"),
        ("/trades?filterType=GOLD", "filterType must be CASH or TOKENS"),
    ],
)
def test_version_one_refuses_in_its_own_words(target: str, text: str) -> None:
    assert Chain().ask(target) == (400, {"error": text})


@pytest.mark.parametrize(
    ("target", "parameter", "text"),
    [
        ("/v2/activity", "user", "required query param 'user' not provided"),
        ("/v2/trades?limit=1001", "limit", "invalid query param 'limit'"),
        ("/v2/trades?offset=0", "offset", "offset is not supported, follow 'cursor' instead"),
        ("/v2/trades?side=HOLD", "side", "side must be BUY or SELL"),
        ("/v2/trades?condition=0x12", "condition", "invalid condition id: 0x12"),
        (
            f"/v2/activity?user={ANNA}&sort_by=CASH",
            "sort_by",
            "only sortBy=TIMESTAMP with sortDirection=DESC is supported",
        ),
        (
            "/v2/trades?user=0xE111180000d2663C0091e4f400237545B87B996B",
            "user",
            "'user' is a protocol contract address",
        ),
        (
            "/v2/resolutions?event_id=1&condition=0x1",
            "condition",
            "provide exactly one of 'question_id', 'condition', or 'event_id'",
        ),
        ("/v2/leaderboard?offset=1", "offset", "offset is not supported, follow 'cursor' instead"),
        (
            f"/v2/positions?user={ANNA}&offset=1",
            "offset",
            "offset is not supported, follow 'cursor' instead",
        ),
        (
            "/v2/positions?event_id=1",
            "condition",
            "exactly one 'condition' is needed without 'user'",
        ),
        ("/v2/positions", "user", "required query param 'user' or 'condition' not provided"),
        (
            f"/v2/positions?user={ANNA}&title={'a' * 201}",
            "title",
            "title must be at most 200 characters",
        ),
        (
            f"/v2/positions?condition={FIRST.condition_id}&status=REDEEMABLE_LOST",
            "status",
            "REDEEMABLE_LOST requires 'user'",
        ),
        (
            f"/v2/positions?user={ANNA}&status=CLOSED&includeArchived=true",
            "include_archived",
            "include_archived is invalid with CLOSED",
        ),
        (f"/v2/positions?user={ANNA}&sort_by=NOPE", "sort_by", "invalid position sortBy: NOPE"),
        (
            f"/v2/trades?event_id=1&condition={FIRST.condition_id}",
            "event_id",
            "'condition' and 'event_id' are mutually exclusive",
        ),
        (
            "/v2/trades?event_id=" + ",".join(map(str, range(1, 22))),
            "event_id",
            "at most 20 distinct values are allowed for 'event_id'",
        ),
        (
            f"/v2/trades?filter_amount={'9' * 18}",
            "filter_amount",
            "invalid query param 'filter_amount'",
        ),
        ("/v2/leaderboard?sort_by=NOPE", "sort_by", "sort_by must be PNL or VOLUME"),
    ],
)
def test_version_two_names_the_parameter_that_it_refuses(
    target: str, parameter: str, text: str
) -> None:
    answer = Chain().answer(target)
    status, body = Chain().ask(target)

    assert status == 400
    assert list(body) == ["error", "code", "parameter", "retryable", "trace_id"]
    assert (body["parameter"], body["error"], body["retryable"]) == (parameter, text, False)
    assert ("x-trace-id", body["trace_id"]) in answer.headers
