"""Requests that nobody thought of, made by schemathesis from the description of the REST side.

Whatever comes in: an answer in time, of the described status and shape, and no 5xx. The cases are
few and the same at every run. Private endpoints get them behind a valid signature too, so that they
come through.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.auth import AuthBase
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.openapi import from_path
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from yarl import URL

from polycopy.paper_venue.core import pipeline, routes
from polycopy.polymarket.auth import ApiCredentials, l2_headers
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.terms import OrderType
from tests.support.paper_venue import Key, Running, Trader, Wish, paper_venue

Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]
DESCRIPTION = Path(__file__).parents[3] / "services/paper-venue/openapi/clob.yaml"
SCHEMA = from_path(DESCRIPTION)
OPERATIONS: dict[str, Operation] = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}
PRIVATE = sorted(
    label
    for label, operation in OPERATIONS.items()
    if {"L2": []} in operation.definition.raw.get("security", [])
)
CASES = 20
ANSWER_S_MAX = 20
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


class Signed(AuthBase):
    """L2 headers over the very bytes that are sent."""

    def __init__(self, credentials: ApiCredentials) -> None:
        self._credentials = credentials

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        assert isinstance(body, str | bytes)
        headers = l2_headers(
            self._credentials,
            method=request.method or "",
            path=URL(request.url or "").path,
            body=body.encode() if isinstance(body, str) else body,
            timestamp_s=SystemClock().now_us() // 1_000_000,
        )
        request.headers.update(headers)
        return request


@pytest.fixture
async def venue() -> AsyncIterator[Running]:
    async with paper_venue() as running:
        yield running


@pytest.fixture
async def trader(venue: Running) -> AsyncIterator[Trader]:
    """Somebody with open orders and a trade, so that there is something to read."""
    token_id = venue.script.markets[0].tokens[0].token_id
    async with aiohttp.ClientSession() as http:
        trader = await Trader(http, venue.urls["clob"], Key(5)).sign_in()
        resting = Wish(token_id=token_id, maker_amount=100_000, order_type=OrderType.GTC)
        taking = Wish(token_id=token_id, maker_amount=9_500_000)
        for wish in (resting, taking):
            assert (await trader.post(wish))[0] == 200
        yield trader


def cases(operation: Operation, venue: Running) -> st.SearchStrategy[AnyCase]:
    """Valid ones, invalid ones, and valid ones about what the venue has."""
    market = venue.script.markets[0]
    known = {"token_id": market.tokens[0].token_id, "condition_id": market.condition_id}
    path = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    named = {parameter.name for parameter in operation.query}
    query = {name: value for name, value in known.items() if name in named}
    chosen = [operation.as_strategy(path_parameters=path or None, query=query or None)]
    if path or query:
        chosen.append(operation.as_strategy())
    if named or path or operation.headers or operation.body:
        chosen.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    return st.one_of(chosen)


def hunt(
    operation: Operation, venue: Running, auth: AuthBase | None, *, count: int = CASES
) -> set[int]:
    """The statuses of a handful of requests, each of them checked."""
    statuses: set[int] = set()

    @settings(max_examples=count)
    @given(cases(operation, venue))
    def one(case: AnyCase) -> None:
        answer = case.call(base_url=venue.urls["clob"], auth=auth, timeout=ANSWER_S_MAX)
        case.validate_response(answer, checks=CHECKS)
        statuses.add(answer.status_code)

    one()
    return statuses


def test_what_is_described_is_what_is_served() -> None:
    described = {
        (operation.method.upper(), re.sub(r"{\w+}", "{}", operation.path))
        for operation in OPERATIONS.values()
    }

    assert described == routes.endpoints() | pipeline.OWN


@pytest.mark.parametrize("label", OPERATIONS)
async def test_any_request_is_answered_as_described(
    venue: Running, trader: Trader, label: str
) -> None:
    auth = Signed(trader.credentials) if label in PRIVATE else None

    statuses = await asyncio.to_thread(hunt, OPERATIONS[label], venue, auth)

    assert statuses


@pytest.mark.parametrize("label", PRIVATE)
async def test_any_request_without_a_signature_is_a_401(venue: Running, label: str) -> None:
    assert await asyncio.to_thread(hunt, OPERATIONS[label], venue, None, count=5) == {401}
