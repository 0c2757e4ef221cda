"""`schemas/asyncapi.yaml`: what is on the wire, for people and for AsyncAPI tools.

Messages come from the catalog, addresses from the subjects that examples get, headers from the
envelope, and who says what from the senders. Typed here are only the words about them.
"""

from importlib.metadata import version
from typing import Any

import yaml

from polycopy.schemas.catalog import EVENT_TYPES, event_token, type_name
from polycopy.schemas.envelope import Origin, draft, from_headers, to_headers
from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.senders import SENDERS
from polycopy.schemas.subjects import EVENT_STREAM, order_subject, subject_of
from tests.support.event_makers import make, text_of

_HEAD = "# Made by `make contract`: what is changed here by hand is lost.\n"
_ABOUT = (
    f"Every event of the log: one NATS JetStream stream, `{EVENT_STREAM}`, one total order."
    " A message is a CloudEvent in binary mode: its attributes are headers, its body is the event"
    " as JSON. `name` of a message is its `ce-type`; the last token of its subject is the third"
    " word of that name. Operations tell who may say what. Amounts are integers, in millionths of"
    " a pUSD or of a share."
)
_CHANNELS = {
    "control.log.events.{event}": ("log", "The log itself."),
    "control.target.{wallet}.{event}": ("targets", "Which wallets are followed."),
    "control.target.name-{name}.{event}": ("named-targets", "Which traders are, by their names."),
    "control.target.pool-{pool}.{event}": ("pools", "Which leaderboards' traders are."),
    "control.strategy.{id}.{event}": ("strategies", "Which strategies run."),
    "control.account.{account}.{event}": (
        "accounts",
        "What an account may send and risk; `control.trading.every.state-set` is for all.",
    ),
    "control.order.{order}.{event}": ("wishes", "What the operator wants done about an order."),
    "trades.{wallet}.{event}": ("trades", "What followed wallets did. One writer wins."),
    "feeds.{source}.{event}": ("feeds", "What happened to our sources."),
    "markets.{condition}.{event}": ("markets", "What is known of a market."),
    "traders.{wallet}.{event}": ("traders", "How a trader did so far."),
    "traders.pool-{pool}.{event}": ("pool-members", "Who is on a leaderboard."),
    "traders.name-{name}.{event}": ("name-owners", "Whose a trader's name is."),
    "signals.{wallet}.{event}": ("signals", "What every strategy said to a trade of a wallet."),
    "orders.{account}.{event}": ("orders", "What happened to an account. One writer wins."),
}
_PARAMETERS = {
    "wallet": ("wallet", "Lower-case `0x` address of a trader."),
    "strategy_id": ("id", "The strategy's name."),
    "source": ("source", "Where we hear of trades."),
    "condition_id": ("condition", "The venue's id of a market."),
    "order_id": ("order", "Our id of an order."),
    "pool_id": ("pool", "The pool's name."),
    "name": ("name", "`ids.name_key` of the name that a trader has at the venue."),
    "account": ("account", "Whose orders, capital and positions. A strategy file names it."),
}
_HEADERS = {
    "Nats-Msg-Id": "As `ce-id`: the server stores no id twice.",
    "ce-specversion": "Of CloudEvents.",
    "ce-id": "32 hex digits, a function of what the event says; the same again after a restart.",
    "ce-type": "The message's `name`, with its version.",
    "ce-source": "The service that says it.",
    "ce-time": "When it was said: RFC 3339, UTC, milliseconds.",
    "ce-subject": "What it is about: the subject without its last token.",
    "x-causation-id": "The event (or command) that it follows from.",
    "x-correlation-id": "The leader trade that it goes back to.",
    "x-aggregate-version": "Counts the events of the aggregate from 1; 0 where nobody counts.",
    "traceparent": "W3C trace context; the trace is the leader trade.",
}


def asyncapi_text() -> str:
    """The file, the same bytes at every call."""
    body: str = yaml.safe_dump(
        document(), sort_keys=False, default_flow_style=None, allow_unicode=True, width=100
    )
    return _HEAD + body


def document() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "PolyCopy",
            "version": version("polycopy-schemas"),
            "description": _ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {channel_of(kind): _channel(address_of(kind)) for kind in EVENT_TYPES.values()},
        "operations": _operations(),
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in EVENT_TYPES.values()},
            "parameters": {name: {"description": text} for name, text in _PARAMETERS.values()},
            "schemas": {"Headers": _headers()},
        },
    }


def address_of(kind: type[Event]) -> str:
    """`orders.{account}.{event}` for OrderFilled: its subject, with names where values stand."""
    *kinds, identity, _ = _subject(make(kind, full=True)).split(".")
    names = {text_of(field): f"{{{name}}}" for field, (name, _) in _PARAMETERS.items()}
    for chosen in ("name", "pool"):
        if identity.startswith(f"{chosen}-"):
            names[identity] = f"{chosen}-{{{chosen}}}"
    return ".".join([*kinds, names.get(identity, identity), "{event}"])


def channel_of(kind: type[Event]) -> str:
    """The name of the event's channel."""
    return _CHANNELS[address_of(kind)][0]


def senders_of(kind: type[Event]) -> list[str]:
    return [service for service, said in SENDERS.items() if kind in said]


def _subject(event: Any) -> str:
    if isinstance(event, OrderEvent):
        return order_subject(AccountId(text_of("account")), event)
    return subject_of(event)


def _channel(address: str) -> dict[str, Any]:
    kinds = [kind for kind in EVENT_TYPES.values() if address_of(kind) == address]
    names = [name for name, _ in _PARAMETERS.values() if f"{{{name}}}" in address]
    return {
        "address": address,
        "summary": _CHANNELS[address][1],
        "parameters": {
            **{name: _ref(f"#/components/parameters/{name}") for name in names},
            "event": {"enum": [event_token(kind) for kind in kinds]},
        },
        "messages": {
            kind.__name__: _ref(f"#/components/messages/{kind.__name__}") for kind in kinds
        },
    }


def _operations() -> dict[str, Any]:
    """One for each channel that a service says something on."""
    said: dict[str, Any] = {}
    for service, kinds in SENDERS.items():
        for kind in kinds:
            channel = channel_of(kind)
            operation = {
                "action": "send",
                "tags": [{"name": service}],
                "channel": _ref(f"#/channels/{channel}"),
                "messages": [],
            }
            messages = said.setdefault(f"{service}.{channel}", operation)["messages"]
            messages.append(_ref(f"#/channels/{channel}/messages/{kind.__name__}"))
    return said


def _message(kind: type[Event]) -> dict[str, Any]:
    summary = (kind.__doc__ or "").split("\n\n", maxsplit=1)[0]
    said_by = "" if senders_of(kind) else " No service says it yet."
    return {
        "name": type_name(kind),
        "summary": " ".join(summary.split()) + said_by,
        "headers": _ref("#/components/schemas/Headers"),
        "payload": _ref(f"json/{type_name(kind)}.json"),
    }


def _headers() -> dict[str, Any]:
    """Every header that an event has; required are those without which it is not read."""
    event = make(EVENT_TYPES["polycopy.log.created.v1"], full=True)
    origin = Origin(source="cli", time_ms=0, causation_id="")
    headers = to_headers(draft(event, subject=_subject(event), origin=origin).envelope)
    return {
        "type": "object",
        "required": [name for name in headers if not _reads_without(headers, name)],
        "properties": {name: {"type": "string", "description": _HEADERS[name]} for name in headers},
    }


def _reads_without(headers: dict[str, str], name: str) -> bool:
    try:
        from_headers({other: value for other, value in headers.items() if other != name})
    except ValueError:
        return False
    return True


def _ref(target: str) -> dict[str, str]:
    return {"$ref": target}
