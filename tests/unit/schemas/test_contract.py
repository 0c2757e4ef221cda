"""The approved samples and JSON Schemas hold the contract still."""

import json

import jsonschema
import msgspec
import pytest

from polycopy.schemas import catalog
from polycopy.schemas.catalog import EVENT_TYPES, decode_event
from polycopy.schemas.event import Event, UnknownEvent, decode, encode
from tests.support.contract_files import (
    JSON_SCHEMAS,
    SAMPLES,
    sample_path,
    schema_path,
    schema_text,
)
from tests.support.event_makers import make

every_type = pytest.mark.parametrize("event_type", EVENT_TYPES)
both_samples = pytest.mark.parametrize("full", [True, False], ids=["full", "minimal"])


@every_type
@both_samples
def test_an_approved_sample_reads_and_writes_to_the_same_bytes(
    event_type: str, *, full: bool
) -> None:
    approved = sample_path(event_type, full=full).read_bytes().rstrip(b"\n")
    assert encode(decode(EVENT_TYPES[event_type], approved)) == approved


@every_type
def test_the_full_sample_has_every_field(event_type: str) -> None:
    approved = json.loads(sample_path(event_type, full=True).read_bytes())
    assert set(approved) == {
        field.name for field in msgspec.structs.fields(EVENT_TYPES[event_type])
    }


@every_type
def test_the_minimal_sample_has_the_required_fields_only(event_type: str) -> None:
    approved = json.loads(sample_path(event_type, full=False).read_bytes())
    required = {
        field.name for field in msgspec.structs.fields(EVENT_TYPES[event_type]) if field.required
    }
    assert set(approved) == required


@every_type
def test_the_json_schema_is_current(event_type: str) -> None:
    assert schema_path(event_type).read_text() == schema_text(event_type)


@every_type
@both_samples
def test_a_sample_satisfies_its_json_schema(event_type: str, *, full: bool) -> None:
    schema = json.loads(schema_path(event_type).read_text())
    jsonschema.validate(json.loads(sample_path(event_type, full=full).read_bytes()), schema)


def test_no_file_is_left_over_from_a_type_that_is_gone() -> None:
    assert {path.name for path in JSON_SCHEMAS.iterdir()} == {
        f"{name}.json" for name in EVENT_TYPES
    }
    assert {path.name.rsplit(".", 2)[0] for path in SAMPLES.iterdir()} == set(EVENT_TYPES)


def test_every_event_struct_is_in_the_catalog() -> None:
    def leaves(kind: type[Event]) -> set[type[Event]]:
        below = kind.__subclasses__()
        return {leaf for child in below for leaf in leaves(child)} if below else {kind}

    assert leaves(Event) - {UnknownEvent} == set(EVENT_TYPES.values())


def test_an_unknown_type_is_kept_with_its_bytes() -> None:
    assert decode_event("polycopy.order.eaten.v9", b"{}") == UnknownEvent(
        event_type="polycopy.order.eaten.v9", body=b"{}"
    )


def test_an_unknown_field_is_let_pass() -> None:
    event = make(EVENT_TYPES["polycopy.log.created.v1"], full=True)
    assert decode(type(event), encode(event)[:-1] + b',"later":1}') == event


def test_a_body_that_does_not_fit_its_type_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_event("polycopy.order.filled.v1", b"{}")


def test_type_names_lead_back_to_their_structs() -> None:
    assert {catalog.type_name(kind): kind for kind in EVENT_TYPES.values()} == dict(EVENT_TYPES)
