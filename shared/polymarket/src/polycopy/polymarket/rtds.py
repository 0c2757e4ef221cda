"""The venue's real-time data socket, topic `activity`: every trade of every wallet.

Undocumented by the venue. `trades` are single executions of makers and takers, `orders_matched` a
taker's order as a whole: two sources, never to be added up. There is no filter by wallet. The
socket can fall silent while it stays open; a text PING every five seconds helps, a missing answer
means nothing.
"""

from collections.abc import Container

import msgspec

from polycopy.polymarket import rtds_usual, wire
from polycopy.polymarket.leader_rows import HashlessRow, LeaderRow
from polycopy.polymarket.wire import Unreadable

PING = "PING"
PING_EVERY_S = 5
TOPIC, KINDS = rtds_usual.TOPIC, rtds_usual.KINDS

Row = LeaderRow | HashlessRow | Unreadable


class _Who(msgspec.Struct):
    proxyWallet: str  # noqa: N815 - the venue's name


class _Glance(msgspec.Struct):
    payload: _Who


_GLANCE = msgspec.json.Decoder(_Glance)


def subscribe_message() -> str:
    """What to send on connecting. Without `action` nothing ever arrives."""
    subscriptions = [{"topic": TOPIC, "type": kind} for kind in KINDS]
    message = {"action": "subscribe", "subscriptions": subscriptions}
    return msgspec.json.encode(message).decode()


def feed(raw: str | bytes, *, wallets: Container[str] | None = None) -> list[Row]:
    """The rows of a frame; with `wallets` (lower-case) only theirs. Never raises.

    A frame of a stranger's trade costs one look at one field. A row of another topic is let pass
    silently, a row that cannot be read is returned as Unreadable beside the rows that can.
    """
    if wallets is not None:
        try:
            if _GLANCE.decode(raw).payload.proxyWallet.lower() not in wallets:
                return []
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass  # Not the usual shape: the careful reading below decides.
    if (usual := rtds_usual.row(raw)) is not None:
        return [usual]
    if not raw.strip() or raw in ("PONG", b"PONG"):
        return []
    return _read(raw, wallets)


def _read(raw: str | bytes, wallets: Container[str] | None) -> list[Row]:
    try:
        parsed = wire.document(raw)
    except wire.MisfitError as error:
        return [wire.unreadable(error, raw)]
    if isinstance(parsed, dict):
        return _rows(parsed, raw, wallets)
    try:
        frames = wire.a_list(parsed)
    except wire.MisfitError as error:
        return [wire.unreadable(error, raw)]
    return [row for frame in frames for row in _rows(frame, wire.compact(frame), wallets)]


def _rows(frame: wire.Json, raw: str | bytes, wallets: Container[str] | None) -> list[Row]:
    try:
        envelope = wire.an_object(frame, "the frame")
        if not _is_ours(envelope):
            return []
        payload = envelope.get("payload", envelope)
        listed = [payload] if isinstance(payload, dict) else wire.a_list(payload, "the payload")
    except wire.MisfitError as error:
        return [wire.unreadable(error, raw)]
    found: list[Row] = []
    for part in listed:
        try:
            row = _row(envelope, wire.an_object(part, "a row"), wallets, raw)
        except wire.MisfitError as error:
            found.append(wire.unreadable(error, raw))
        else:
            found.extend([] if row is None else [row])
    return found


def _is_ours(envelope: wire.Object) -> bool:
    """Topic and type were missing in some captures: then the shape of the payload decides."""
    topic = wire.text(envelope, "topic", default=TOPIC)
    kind = wire.text(envelope, "type", default=KINDS[0])
    return topic == TOPIC and kind in KINDS


def _row(
    envelope: wire.Object, payload: wire.Object, wallets: Container[str] | None, raw: str | bytes
) -> LeaderRow | HashlessRow | None:
    wallet = wire.wallet(payload, "proxyWallet")
    if wallets is not None and wallet not in wallets:
        return None
    if not wire.text(payload, "transactionHash", default=""):
        return HashlessRow(wallet=wallet, raw=raw.encode() if isinstance(raw, str) else raw)
    size_micros = wire.amount(payload, "size")
    if not size_micros:
        raise wire.MisfitError("size is not positive")
    is_wrapped = payload is not envelope
    return LeaderRow(
        kind=wire.text(envelope, "type", default=TOPIC) if is_wrapped else TOPIC,
        transaction_hash=wire.transaction_hash(payload, "transactionHash"),
        wallet=wallet,
        token_id=wire.token_id(payload, "asset"),
        condition_id=wire.condition_id(payload, "conditionId"),
        side=wire.side(payload),
        size_micros=size_micros,
        price_micros=wire.price(payload, "price"),
        traded_at_ms=wire.time_ms(payload, "timestamp"),
        sent_at_ms=wire.time_note_ms(envelope, "timestamp") if is_wrapped else 0,
        outcome=wire.note(payload, "outcome"),
        slug=wire.note(payload, "slug"),
        title=wire.note(payload, "title"),
    )
