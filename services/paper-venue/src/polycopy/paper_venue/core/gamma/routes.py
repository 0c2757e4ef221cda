"""Gamma's paths. Never raises for what a stranger sends."""

import re
from collections.abc import Callable

import msgspec

from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.ledger import Ledger
from polycopy.paper_venue.core.gamma import entries, events, listing
from polycopy.paper_venue.core.gamma.entries import Entry
from polycopy.paper_venue.core.gamma.views import View
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.messages import Answer, Reply, Request
from polycopy.paper_venue.core.protocol.parameters import BadParameterError, Parameters

_SLUG = re.compile(r"[A-Za-z0-9._-]{1,300}")
_NUMBER = re.compile(r"[0-9]{1,18}")


class Gamma(msgspec.Struct, frozen=True, kw_only=True):
    """What Gamma reads."""

    exchange: Exchange
    ledger: Ledger


class _MissingError(Exception):
    """There is none; the text is Gamma's."""


def respond(gamma: Gamma, request: Request) -> Answer:
    root, *parts = request.path.removeprefix("/").split("/")
    if root not in _READERS:
        return _no(404, "not found error", "not found")
    if request.method != "GET":
        return _no(405, "method not allowed error", "method not allowed")
    view = View(gamma.exchange, gamma.ledger, request.received_at_us)
    parameters = Parameters(request, words=_words)
    try:
        return Answer(200, wire.encode(_READERS[root](view, parts, parameters)))
    except _MissingError as error:
        return _no(404, "not found error", str(error))
    except BadParameterError as error:
        return _no(422, "validation error", error.text)


def _words(name: str) -> str:
    return f"{name} is invalid"


def _no(status: int, kind: str, text: str) -> Answer:
    return Answer(status, wire.encode({"type": kind, "error": text}))


def _markets(view: View, parts: list[str], parameters: Parameters) -> Reply:
    with_tags = parts[1:] == ["tags"] or bool(parameters.flag("include_tag"))
    found = entries.of_markets(view, with_tags=with_tags)
    return _read("markets", found, parts, parameters)


def _events(view: View, parts: list[str], parameters: Parameters) -> Reply:
    return _read("events", entries.of_events(view), parts, parameters)


def _read(kind: str, found: list[Entry], parts: list[str], parameters: Parameters) -> Reply:
    match parts:
        case []:
            return listing.whole(found, parameters)
        case ["keyset"]:
            return listing.page(kind, found, parameters)
        case ["slug", slug]:
            return _one(found, "slug", slug).body()
        case [number]:
            return _one(found, "id", number).body()
        case [number, "tags"]:
            tags = _one(found, "id", number).body().get("tags", [])
            assert isinstance(tags, list)  # noqa: S101 - a body's own
            return tags
        case _:
            raise _MissingError("not found")


def _tags(view: View, parts: list[str], parameters: Parameters) -> Reply:
    known = view.catalogue.tags.values()
    match parts:
        case []:
            limit = min(parameters.whole("limit", default=listing.LIMIT_MAX, least=0), 1000)
            offset = parameters.whole("offset", default=0, least=0)
            return [events.tag(one) for one in list(known)[offset : offset + limit]]
        case ["slug", slug]:
            _check("slug", slug)
            found = [one for one in known if one.slug == slug.lower()]
        case [number]:
            _check("id", number)
            found = [one for one in known if str(one.tag_id) == number]
        case _:
            found = []
    if not found:
        raise _MissingError(f"{'slug' if parts[0] == 'slug' else 'id'} not found")
    return events.tag(found[0])


def _one(found: list[Entry], name: str, value: str) -> Entry:
    """By its number or its slug, closed or not."""
    _check(name, value)
    for entry in found:
        if value.lower() in entry.names[name]:
            return entry
    raise _MissingError(f"{name} not found")


def _check(name: str, value: str) -> None:
    if not (_SLUG if name == "slug" else _NUMBER).fullmatch(value):
        raise BadParameterError(name, _words(name))


_READERS: dict[str, Callable[[View, list[str], Parameters], Reply]] = {
    "markets": _markets,
    "events": _events,
    "tags": _tags,
}
