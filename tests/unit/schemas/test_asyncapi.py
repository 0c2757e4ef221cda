"""`asyncapi.yaml` tells what the code does. No maintained package carries AsyncAPI's own schema,
so what matters of its structure is checked here.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from polycopy.schemas.catalog import EVENT_TYPES
from polycopy.schemas.envelope import Origin, draft, to_headers
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import OrderEvent, PositionSettled
from polycopy.schemas.senders import SENDERS
from polycopy.schemas.subjects import order_subject, subject_of
from tests.support.asyncapi import asyncapi_text
from tests.support.contract_files import ASYNCAPI, ROOT, schema_path
from tests.support.event_makers import make

DOCUMENT = yaml.safe_load(ASYNCAPI.read_text())
CHANNELS = DOCUMENT["channels"]
MESSAGES = DOCUMENT["components"]["messages"]
every_type = pytest.mark.parametrize("event_type", EVENT_TYPES)


def subject(event: Any) -> str:
    if isinstance(event, OrderEvent):
        return order_subject(AccountId("main"), event)
    return subject_of(event)


def references(node: Any) -> Iterator[str]:
    """Every `$ref` of the document."""
    below = list(node.values()) if isinstance(node, dict) else node
    if isinstance(below, list):
        for child in below:
            yield from references(child)
    if isinstance(node, dict) and "$ref" in node:
        yield node["$ref"]


def at(reference: str) -> Any:
    """What a `$ref` into the document leads to."""
    node = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def test_the_file_is_current() -> None:
    assert ASYNCAPI.read_text() == asyncapi_text(), "run `make contract`"


def test_it_has_the_parts_of_an_asyncapi_3_document_and_no_other() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    parts = {"asyncapi", "info", "defaultContentType", "channels", "operations", "components"}
    assert set(DOCUMENT) == parts


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        if reference.startswith("#/"):
            assert at(reference)
        else:
            assert (ASYNCAPI.parent / reference).is_file(), reference


@every_type
def test_every_event_type_is_a_message_with_headers_and_its_json_schema(event_type: str) -> None:
    [message] = [message for message in MESSAGES.values() if message["name"] == event_type]
    assert message["headers"] == {"$ref": "#/components/schemas/Headers"}
    assert (ASYNCAPI.parent / message["payload"]["$ref"]) == schema_path(event_type)


def test_there_is_no_other_message() -> None:
    assert {message["name"] for message in MESSAGES.values()} == set(EVENT_TYPES)


def test_the_headers_are_those_of_the_envelope() -> None:
    event = make(EVENT_TYPES["polycopy.target.added.v1"], full=True)
    origin = Origin(source="cli", time_ms=0, causation_id="")
    headers = to_headers(draft(event, subject=subject(event), origin=origin).envelope)
    told = DOCUMENT["components"]["schemas"]["Headers"]
    assert list(told["properties"]) == list(headers)
    assert {"ce-id", "ce-type", "ce-source"} <= set(told["required"])


@every_type
def test_the_subject_of_an_event_fits_the_address_of_its_one_channel(event_type: str) -> None:
    kind = EVENT_TYPES[event_type]
    [channel] = [each for each in CHANNELS.values() if kind.__name__ in each["messages"]]
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[A-Za-z0-9_-]+)", channel["address"])
    found = re.fullmatch(pattern.replace(".", r"\."), subject(make(kind, full=True)))
    assert found
    assert found["event"] in channel["parameters"]["event"]["enum"]
    assert set(found.groupdict()) == set(channel["parameters"])


def test_the_parameters_are_the_agreed_ones() -> None:
    parameters = {name for channel in CHANNELS.values() for name in channel["parameters"]}
    assert parameters == {
        *("wallet", "account", "condition", "order", "source", "id", "event"),
        *("name", "pool"),
    }


def test_operations_tell_what_every_service_may_say() -> None:
    told: dict[str, list[str]] = {}
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] == "send"
        [service] = [tag["name"] for tag in operation["tags"]]
        channel = operation["channel"]["$ref"]
        for message in operation["messages"]:
            assert message["$ref"].startswith(f"{channel}/messages/")
            told.setdefault(service, []).append(message["$ref"].rsplit("/", 1)[1])
    assert told == {
        service: [kind.__name__ for kind in kinds] for service, kinds in SENDERS.items()
    }


def test_senders_are_services_and_say_nothing_twice() -> None:
    assert set(SENDERS) <= {path.name for path in (ROOT / "services").iterdir()}
    assert all(len(set(kinds)) == len(kinds) for kinds in SENDERS.values())


def test_all_but_the_settlement_of_positions_is_said_by_somebody() -> None:
    said = {kind for kinds in SENDERS.values() for kind in kinds}
    assert set(EVENT_TYPES.values()) - said == {PositionSettled}
    assert "No service says it yet" in MESSAGES["PositionSettled"]["summary"]
