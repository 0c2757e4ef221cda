"""The body of `POST /order`, byte for byte as the venue's own client writes it.

`salt` is a JSON number below 2^53, every other number a text; `side` is a word here and 0 or 1 in
the signed struct.
"""

import msgspec

from polycopy.polymarket import wire
from polycopy.polymarket.order_hash import SignedFields
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.terms import OrderType

SALT_BELOW = 2**53
PATH = "/order"
_ENCODER = msgspec.json.Encoder(order="sorted")
_SIGNATURE_TYPES = range(4)


class PostBody(msgspec.Struct, frozen=True, kw_only=True):
    """A signed order on its way. `owner` is the API key; `expires_at_s` 0 means never and is not
    covered by the signature."""

    fields: SignedFields
    signature: str
    order_type: OrderType
    owner: str
    expires_at_s: int = 0
    defer_exec: bool = False
    post_only: bool = False


def build_post_body(post: PostBody) -> bytes:
    """The same post gives the same bytes. ValueError for a salt that a JSON number cannot hold."""
    fields = post.fields
    if not 0 <= fields.salt < SALT_BELOW:
        raise ValueError(f"salt out of range: {fields.salt}")
    order = {
        "builder": fields.builder,
        "expiration": str(post.expires_at_s),
        "maker": fields.maker,
        "makerAmount": str(fields.maker_amount),
        "metadata": fields.metadata,
        "salt": fields.salt,
        "side": fields.side.value,
        "signature": post.signature,
        "signatureType": fields.signature_type,
        "signer": fields.signer,
        "takerAmount": str(fields.taker_amount),
        "timestamp": str(fields.timestamp_ms),
        "tokenId": fields.token_id,
    }
    body: dict[str, object] = {
        "deferExec": post.defer_exec,
        "order": order,
        "orderType": post.order_type.value,
        "owner": post.owner,
    }
    if post.post_only:
        body["postOnly"] = True
    return _ENCODER.encode(body)


def parse_post_body(raw: bytes) -> PostBody | Unreadable:
    """What a server reads. Never raises."""
    try:
        return _post(wire.an_object(wire.document(raw)))
    except wire.MisfitError as error:
        return wire.unreadable(error, raw)


def _post(source: wire.Object) -> PostBody:
    order = wire.an_object(source.get("order"), "order")
    written = wire.text(source, "orderType")
    if written not in OrderType.__members__:
        raise wire.MisfitError(f"orderType is unknown: {written[:40]!r}")
    return PostBody(
        fields=_fields(order),
        signature=wire.text(order, "signature"),
        order_type=OrderType(written),
        owner=wire.text(source, "owner"),
        expires_at_s=wire.whole(order, "expiration", default=0),
        defer_exec=wire.flag(source, "deferExec"),
        post_only=wire.flag(source, "postOnly"),
    )


def _fields(order: wire.Object) -> SignedFields:
    salt = wire.whole(order, "salt")
    if not isinstance(order.get("salt"), wire.NumberText) or salt >= SALT_BELOW:
        raise wire.MisfitError("salt is no JSON number below 2^53")
    signature_type = wire.whole(order, "signatureType")
    if signature_type not in _SIGNATURE_TYPES:
        raise wire.MisfitError(f"signatureType is unknown: {signature_type}")
    return SignedFields(
        salt=salt,
        maker=wire.address(order, "maker"),
        signer=wire.address(order, "signer"),
        token_id=wire.token_id(order, "tokenId"),
        maker_amount=wire.whole(order, "makerAmount"),
        taker_amount=wire.whole(order, "takerAmount"),
        side=wire.side(order),
        signature_type=signature_type,
        timestamp_ms=wire.whole(order, "timestamp"),
        metadata=wire.bytes32(order, "metadata"),
        builder=wire.bytes32(order, "builder"),
    )
