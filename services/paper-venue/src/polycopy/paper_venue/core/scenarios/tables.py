"""A table of a scenario file, or a JSON object of the control port, as a struct: with every fault.

msgspec stops at the first fault and pydantic does not know our structs, so the fields are read one
by one. Numbers are decimals or whole numbers; a float never comes in (`tomllib` and `json` are told
so). A field's type may carry rules: functions that raise ValueError with what is wrong. A law looks
at a whole struct and yields what is at odds in it.
"""

import difflib
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
Law = Callable[[Any], Iterable[str]]
Laws = Mapping[type, Law]

_WORDS = {
    "int": "a whole number",
    "decimal": "a number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "datetime": "a date with time and offset",
    "null": "nothing",
}


class Reader:
    """Reads tables and keeps the faults of all of them. `laws` are looked up by struct."""

    def __init__(self, laws: Laws) -> None:
        self._laws = laws
        self.faults: list[str] = []

    def table(self, kind: type[S], raw: object, place: str) -> S | None:
        """None where it has faults. `place` is what they begin with: `step 3`, or nothing."""
        if not isinstance(raw, dict):
            self.fault(place, "must be a table")
            return None
        before = len(self.faults)
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for key in raw:
            if key not in fields:
                self.fault(inside(place, key), f"unknown key{closest(str(key), fields)}")
        values: dict[str, Any] = {}
        for key, field in fields.items():
            if key in raw:
                values[field.name] = self._value(field.type, raw[key], inside(place, key))
            elif field.required:
                self.fault(inside(place, key), "missing")
        if len(self.faults) > before:
            return None
        made = kind(**values)
        for words in self._laws.get(kind, _no_law)(made):
            self.fault(place, words)
        return made if len(self.faults) == before else None

    def tables(self, kind: type[S], raw: object, name: str) -> list[S]:
        """`[[name]]`: those without faults, each counted from 1 in its place."""
        found = []
        for number, each in self.numbered(raw, name):
            made = self.table(kind, each, f"{name} {number}")
            if made is not None:
                found.append(made)
        return found

    def numbered(self, raw: object, name: str) -> Iterator[tuple[int, object]]:
        if not isinstance(raw, list):
            self.fault(name, f"must be a list of tables: write [[{name}]]")
            return
        yield from enumerate(raw, start=1)

    def fault(self, place: str, words: str) -> None:
        self.faults.append(f"{place}: {words}" if place else words)

    def _value(self, kind: Any, raw: object, place: str) -> Any:
        bare, _ = _unwrapped(kind)
        if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
            return self.table(bare, raw, place)
        try:
            value = msgspec.convert(raw, kind)
        except (msgspec.ValidationError, OverflowError) as error:
            at, words = _located(str(error))
            self.fault(f"{place}{at}", words + _choices(bare, words))
            return None
        self._ruled(kind, value, place)
        return value

    def _ruled(self, kind: Any, value: Any, place: str) -> None:
        """The rules of a value, and of the values within it."""
        bare, rules = _unwrapped(kind)
        if value is None:
            return
        for rule in rules:
            try:
                rule(value)
            except ValueError as error:
                self.fault(place, str(error))
        inner = get_args(bare)
        if get_origin(bare) is tuple:
            kinds = inner[:1] * len(value) if inner[1:] == (...,) else inner
            for number, (each, part) in enumerate(zip(kinds, value, strict=True), start=1):
                self._ruled(each, part, f"{place} {number}")
        elif isinstance(value, Mapping):
            for key, part in value.items():
                self._ruled(inner[1], part, inside(place, key))


def inside(place: str, key: object) -> str:
    return f"{place}: {key}" if place else str(key)


def closest(key: str, known: Iterable[str]) -> str:
    """` (did you mean …?)`, or nothing."""
    near = difflib.get_close_matches(key, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _no_law(_: object) -> Iterable[str]:
    return ()


def _unwrapped(kind: Any) -> tuple[Any, list[Callable[[Any], object]]]:
    """The type under `… | None` and `Annotated`, and the rules on the way."""
    rules: list[Callable[[Any], object]] = []
    while True:
        if get_origin(kind) is Annotated:
            kind, *notes = get_args(kind)
            rules += [note for note in notes if callable(note)]
        elif get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind):
            rest = [each for each in get_args(kind) if each is not type(None)]
            if len(rest) > 1:
                return kind, rules
            kind = rest[0]
        else:
            return kind, rules


def _located(message: str) -> tuple[str, str]:
    """msgspec's message as a place below the field and words of ours."""
    words, _, path = message.partition(" - at `$")
    words = words[:1].lower() + words[1:].replace(" | null", "")
    for theirs, ours in _WORDS.items():
        words = words.replace(f"`{theirs}`", ours)
    return path.rstrip("`"), words.replace("`", "")


def _choices(kind: Any, words: str) -> str:
    if isinstance(kind, type) and issubclass(kind, StrEnum) and "invalid enum" in words:
        return f": it is one of {', '.join(kind)}"
    return ""
