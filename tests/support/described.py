"""Requests made by schemathesis from the OpenAPI descriptions of the venue's REST side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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

from polycopy.polymarket.auth import ApiCredentials, l2_headers
from polycopy.runtime.clock import SystemClock

Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]

ANSWER_S_MAX = 60.0
CASES = 20
_FOLDER = Path(__file__).parents[2] / "services/paper-venue/openapi"
_CHECKS = [
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


def operations(name: str) -> dict[str, Operation]:
    """What a description has, by method and path."""
    found = from_path(_FOLDER / f"{name}.yaml").get_all_operations()
    return {one.ok().label: one.ok() for one in found if isinstance(one, Ok)}


def hunt(
    operation: Operation,
    address: str,
    known: Mapping[str, str],
    *,
    auth: AuthBase | None = None,
    count: int = CASES,
) -> set[int]:
    """The statuses of a handful of requests, each answered in time and as described. `known`:
    values of parameters about which the venue has something to say. Blocks."""
    statuses: set[int] = set()

    @settings(max_examples=count)
    @given(_cases(operation, known))
    def one(case: AnyCase) -> None:
        answer = case.call(base_url=address, auth=auth, timeout=ANSWER_S_MAX)
        case.validate_response(answer, checks=_CHECKS)
        statuses.add(answer.status_code)

    one()
    return statuses


def _cases(operation: Operation, known: Mapping[str, str]) -> st.SearchStrategy[AnyCase]:
    """Valid ones, invalid ones, and valid ones about what the venue has."""
    path = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    named = {parameter.name for parameter in operation.query}
    query = {name: value for name, value in known.items() if name in named}
    chosen = [operation.as_strategy(path_parameters=path or None, query=query or None)]
    if path or query:
        chosen.append(operation.as_strategy())
    if named or path or operation.headers or operation.body:
        chosen.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    return st.one_of(chosen)
