"""From the bytes of a POST to an order that is proven to be its signer's."""

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.engine.orders import Asked
from polycopy.paper_venue.core.refusals import Refusal
from polycopy.paper_venue.core.signing import signatures
from polycopy.paper_venue.core.signing.wallets import wallet_of
from polycopy.polymarket import order_hash
from polycopy.polymarket.auth import ApiCredentials
from polycopy.polymarket.order_body import PostBody
from polycopy.polymarket.order_hash import (
    EOA,
    EXCHANGE_V2,
    EXCHANGE_V3,
    GNOSIS_SAFE,
    NEG_RISK_EXCHANGE_V2,
    POLY_1271,
    POLY_PROXY,
    SignedFields,
)
from polycopy.schemas.ids import TokenId, VenueOrderId, Wallet

_UINT256 = 2**256
_MICROS_MAX = 10**18
_VERSIONS = ("1", "2", "3")
_EXCHANGES = (EXCHANGE_V2, NEG_RISK_EXCHANGE_V2, EXCHANGE_V3)


def order_id(fields: SignedFields, *, neg_risk: bool) -> VenueOrderId | Refusal:
    """The EIP-712 hash under the exchange that the token is traded on."""
    amounts = max(fields.maker_amount, fields.taker_amount)
    numbers = max(int(fields.token_id), fields.timestamp_ms)
    if amounts > _MICROS_MAX or numbers >= _UINT256:
        return refusals.INVALID_PAYLOAD
    exchange = order_hash.exchange_for(TokenId(fields.token_id), neg_risk=neg_risk)
    return order_hash.order_id(fields, exchange=exchange)


def asked(
    post: PostBody, caller: ApiCredentials, *, order_id: VenueOrderId, neg_risk: bool
) -> Asked | Refusal:
    """The order, or why it is not the caller's to give."""
    refusal = _not_the_callers(post, caller)
    if refusal is None and not _signed_as_asked(post, caller, order_id, neg_risk=neg_risk):
        refusal = _badly_signed(post, caller)
    if refusal is not None:
        return refusal
    return Asked(
        order_id=order_id,
        owner=post.owner,
        maker=Wallet(post.fields.maker.lower()),
        token_id=post.fields.token_id,
        side=post.fields.side,
        order_type=post.order_type,
        maker_amount_micros=post.fields.maker_amount,
        taker_amount_micros=post.fields.taker_amount,
        signature_type=post.fields.signature_type,
        expiration_s=post.expires_at_s,
        post_only=post.post_only,
    )


def _not_the_callers(post: PostBody, caller: ApiCredentials) -> Refusal | None:
    """The API key is the EOA's, whatever wallet trades. A deposit wallet signs in its own name; a
    proxy or a Safe has its owner sign, and must be that owner's."""
    if post.owner != caller.api_key:
        return refusals.OWNER_IS_NOT_KEY
    fields = post.fields
    maker, signer, owner = fields.maker.lower(), fields.signer.lower(), Wallet(caller.address)
    if fields.signature_type == POLY_1271:
        return None if maker == signer else refusals.INVALID_PAYLOAD
    if fields.signature_type not in (EOA, POLY_PROXY, GNOSIS_SAFE):
        return refusals.INVALID_PAYLOAD
    if signer != owner:
        return refusals.SIGNER_IS_NOT_KEY
    own = maker == wallet_of(owner, fields.signature_type)
    return None if own else refusals.DEPOSIT_WALLET_ONLY


def _signed_as_asked(
    post: PostBody, caller: ApiCredentials, order_id: VenueOrderId, *, neg_risk: bool
) -> bool:
    signature = signatures.from_hex(post.signature)
    if post.fields.signature_type != POLY_1271:
        # What an EOA signs is the order's id: no need to hash the order again.
        return signatures.signer_of(signatures.from_hex(order_id), signature) == caller.address
    exchange = order_hash.exchange_for(post.fields.token_id, neg_risk=neg_risk)
    return signatures.order_signer(post.fields, signature, exchange) == caller.address


def _badly_signed(post: PostBody, caller: ApiCredentials) -> Refusal:
    """A signature for another exchange or version is told apart from one that is nobody's."""
    signature = signatures.from_hex(post.signature)
    for known in _EXCHANGES:
        for version in _VERSIONS:
            other = order_hash.Exchange(address=known.address, version=version)
            if signatures.order_signer(post.fields, signature, other) == caller.address:
                return refusals.VERSION_MISMATCH
    return refusals.INVALID_SIGNATURE
