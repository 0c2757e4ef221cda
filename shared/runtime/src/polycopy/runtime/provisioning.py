"""Streams and consumers: the one place with their settings. Made here, read back, and compared.

A setting that is not what it must be is never changed silently: on a stream that holds money an
operator does that, and knows why.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from polycopy.runtime.errors import Halt
from polycopy.runtime.nats_api import CONSUMER_MISSING, STREAM_MISSING, Api, ApiRefusal, StreamInfo
from polycopy.schemas.subjects import (
    CAPTURE_STREAM,
    EVENT_STREAM,
    EVENT_SUBJECTS,
    PARKED_STREAM,
)

CAPTURE_SUBJECT = "capture"
PARKED_SUBJECT = "parked"
SNAPSHOT_STREAM = "KV_SNAPSHOTS"
SNAPSHOT_SUBJECT = "$KV.SNAPSHOTS"

ACK_WAIT_S = 5.0
"""A message whose worker died comes again after this long."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS = 1_000_000_000
_MINUTE_NS = 60 * _NS
_DAY_NS = 24 * 60 * _MINUTE_NS
_GIB = 1024**3
_FOLLOWER_UNUSED_NS = 30 * _NS

Settings = Mapping[str, object]


class StreamSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`exact` settings must be as written. `at_least` are made as in `made` and may be larger."""

    name: str
    exact: Settings
    at_least: Mapping[str, int]
    made: Mapping[str, int]

    def creation(self) -> dict[str, object]:
        return {"name": self.name, **self.exact, **self.made}


class Floor(msgspec.Struct, frozen=True):
    """Everything up to here is answered."""

    stream_seq: int


class WorkerInfo(msgspec.Struct, frozen=True):
    """Where a durable consumer stands."""

    ack_floor: Floor
    num_ack_pending: int


_EVERY_STREAM: Settings = {
    "retention": "limits",
    "storage": "file",
    "max_msgs": -1,
    "max_msgs_per_subject": -1,
    "max_msg_size": -1,
    "max_consumers": -1,
    "sealed": False,
    "no_ack": False,
    "allow_rollup_hdrs": False,
    "allow_msg_ttl": False,
}

EVENTS = StreamSpec(
    name=EVENT_STREAM,
    exact={
        **_EVERY_STREAM,
        "subjects": sorted(EVENT_SUBJECTS),
        "discard": "new",
        "max_age": 0,
        "deny_delete": True,
        "deny_purge": True,
        "persist_mode": "",
    },
    at_least={"max_bytes": 1, "duplicate_window": 10 * _MINUTE_NS, "num_replicas": 1},
    made={"max_bytes": 4 * _GIB, "duplicate_window": 10 * _MINUTE_NS, "num_replicas": 1},
)
"""The log. Full means that appends fail; nothing is ever thrown away to make room."""

CAPTURE = StreamSpec(
    name=CAPTURE_STREAM,
    exact={
        **_EVERY_STREAM,
        "subjects": [f"{CAPTURE_SUBJECT}.>"],
        "discard": "old",
        # Raw frames can be had again: no fsync for each, though the server syncs always.
        "persist_mode": "async",
    },
    at_least={"max_bytes": 1, "max_age": 1},
    made={"max_bytes": _GIB // 4, "max_age": 7 * _DAY_NS, "num_replicas": 1},
)

PARKED = StreamSpec(
    name=PARKED_STREAM,
    exact={
        **_EVERY_STREAM,
        "subjects": [f"{PARKED_SUBJECT}.>"],
        "discard": "new",
        "max_age": 0,
        "deny_delete": True,
        "deny_purge": True,
        "persist_mode": "",
    },
    at_least={"max_bytes": 1, "duplicate_window": 10 * _MINUTE_NS},
    made={"max_bytes": _GIB // 16, "duplicate_window": 10 * _MINUTE_NS, "num_replicas": 1},
)

SNAPSHOTS = StreamSpec(
    name=SNAPSHOT_STREAM,
    exact={
        **_EVERY_STREAM,
        "subjects": [f"{SNAPSHOT_SUBJECT}.>"],
        "max_msgs_per_subject": 1,
        "discard": "new",
        "max_age": 0,
        "deny_delete": True,
        "allow_rollup_hdrs": True,
        # All of it can be had again from the log.
        "persist_mode": "async",
    },
    at_least={"max_bytes": 1},
    made={"max_bytes": _GIB // 8, "num_replicas": 1},
)
"""A key-value bucket, for the tools that know one, without a history."""

STREAMS = (EVENTS, CAPTURE, PARKED, SNAPSHOTS)


async def make_streams(api: Api, *, events_bytes_max: int | None = None) -> None:
    """Make the streams that are not there. Those that are there are left as they are."""
    for spec in STREAMS:
        wanted = spec.creation()
        if spec is EVENTS and events_bytes_max is not None:
            wanted["max_bytes"] = events_bytes_max
        if await _existing(api, spec.name) is None:
            await _make(api, spec, wanted)


async def check_streams(api: Api) -> None:
    """Raises Halt where a stream is missing, set otherwise, or has lost a message. The snapshots
    are made where they are missing: a log of an earlier build has none, and needs none."""
    for spec in STREAMS:
        info = await _existing(api, spec.name)
        if info is None and spec is SNAPSHOTS:
            await _make(api, spec, spec.creation())
            info = await _existing(api, spec.name)
        if info is None:
            raise Halt(f"stream {spec.name} does not exist: run `polycopy up` once to make it")
        differs(f"stream {spec.name}", info.config, spec.exact, spec.at_least)
        state = info.state
        if spec is EVENTS and (state.num_deleted or state.messages != state.last_seq):
            raise Halt(
                f"stream {spec.name} has {state.messages} messages and ends at sequence "
                f"{state.last_seq}: messages were lost; restore it from a copy"
            )


async def make_worker(api: Api, durable: str, filters: Sequence[str], *, start: int) -> WorkerInfo:
    """The durable consumer of a worker, made if need be to begin at sequence `start`, and compared.

    One message in hand at a time, so that the order holds through redeliveries; no limit of
    deliveries, because the server would skip the message in silence: the worker parks it instead.
    """
    exact: Settings = {
        "durable_name": durable,
        "ack_policy": "explicit",
        "ack_wait": int(ACK_WAIT_S * _NS),
        "max_deliver": -1,
        "max_ack_pending": 1,
        "replay_policy": "instant",
        "filter_subjects": sorted(filters),
    }
    try:
        info: Settings = await api.ask(f"CONSUMER.INFO.{EVENT_STREAM}.{durable}")
    except ApiRefusal as no:
        if no.code != CONSUMER_MISSING:
            raise
        settings = {**exact, "name": durable, **_beginning(start)}
        info = await _create_consumer(api, durable, settings)
    config = msgspec.convert(info["config"], dict[str, object])
    differs(f"consumer {durable}", config, exact, {})
    return msgspec.convert(info, WorkerInfo)


async def make_follower(api: Api, name: str, filters: Sequence[str], *, start: int) -> None:
    """A consumer that nobody answers and that goes away when unused. No filters: everything."""
    await _create_consumer(api, name, _unanswered(name, filters) | _beginning(start))


async def make_capture_reader(
    api: Api, name: str, filters: Sequence[str], *, after: int, since_ms: int
) -> int:
    """As `make_follower`, for the raw frames stored after a sequence, or since a time (milliseconds
    since the epoch) where that is 0. Returns how many there are."""
    moment = _EPOCH + timedelta(milliseconds=since_ms)
    since = {"deliver_policy": "by_start_time", "opt_start_time": moment.isoformat()}
    config = _unanswered(name, filters) | (_beginning(after + 1) if after else since)
    info = await _create_consumer(api, name, config, stream=CAPTURE_STREAM)
    return msgspec.convert(info["num_pending"], int)


def differs(what: str, found: Settings, exact: Settings, at_least: Mapping[str, int]) -> None:
    """Raise Halt with one line that names every setting that is not as it must be."""
    wrong = [
        f"{name} is {found.get(name)!r} and must be {wanted!r}"
        for name, wanted in exact.items()
        if not _same(found.get(name), wanted)
    ]
    for name, least in at_least.items():
        value = found.get(name)
        if not isinstance(value, int) or value < least:
            wrong.append(f"{name} is {value!r} and must be at least {least}")
    if wrong:
        raise Halt(f"{what}: {'; '.join(wrong)}")


def _same(found: object, wanted: object) -> bool:
    """The server leaves out what is empty, and keeps lists in the order of their maker."""
    if isinstance(found, list) and isinstance(wanted, list):
        return sorted(found) == wanted
    return found == wanted or (not found and not wanted)


def _beginning(start: int) -> dict[str, object]:
    if start <= 1:
        return {"deliver_policy": "all"}
    return {"deliver_policy": "by_start_sequence", "opt_start_seq": start}


def _unanswered(name: str, filters: Sequence[str]) -> dict[str, object]:
    return {
        "name": name,
        "ack_policy": "none",
        "replay_policy": "instant",
        "mem_storage": True,
        "num_replicas": 1,
        "inactive_threshold": _FOLLOWER_UNUSED_NS,
        **({"filter_subjects": sorted(filters)} if filters else {}),
    }


async def _create_consumer(
    api: Api, name: str, config: Settings, *, stream: str = EVENT_STREAM
) -> Settings:
    return await api.ask(
        f"CONSUMER.CREATE.{stream}.{name}", {"stream_name": stream, "config": config}
    )


async def _make(api: Api, spec: StreamSpec, settings: Settings) -> None:
    try:
        await api.ask(f"STREAM.CREATE.{spec.name}", settings)
    except ApiRefusal as no:
        raise Halt(f"the server does not make stream {spec.name}: {no}") from no


async def _existing(api: Api, stream: str) -> StreamInfo | None:
    try:
        return await api.stream_info(stream)
    except ApiRefusal as no:
        if no.code == STREAM_MISSING:
            return None
        raise
