"""API keys: who may speak for which address. Keys are functions of the seed and the address, so a
venue that was started anew gives the same key to the same wallet."""

import base64

from polycopy.paper_venue.core import identity, refusals
from polycopy.paper_venue.core.protocol.messages import Headers
from polycopy.paper_venue.core.refusals import Refusal
from polycopy.paper_venue.core.signing import signatures
from polycopy.polymarket import auth
from polycopy.polymarket.auth import ApiCredentials
from polycopy.schemas.ids import Wallet

SKEW_S_MAX = 60
_NONCE_MAX = 2**63
_NONCE_DIGITS_MAX = len(str(_NONCE_MAX))


def credentials_for(seed: str, address: Wallet, nonce: int) -> ApiCredentials:
    secret = bytes.fromhex(identity.digest("secret", seed, address, nonce))
    return ApiCredentials(
        address=address,
        api_key=identity.uuid_like("key", seed, address, nonce),
        secret=base64.urlsafe_b64encode(secret).decode(),
        passphrase=identity.digest("passphrase", seed, address, nonce),
    )


def signed_in(headers: Headers, seed: str, *now_s: int) -> ApiCredentials | Refusal:
    """L1: the key pair of a wallet that has proven that it is that wallet."""
    address = Wallet(headers.address.lower())
    nonce = headers.nonce or "0"
    known = nonce.isdecimal() and len(nonce) <= _NONCE_DIGITS_MAX and int(nonce) < _NONCE_MAX
    if not (_fresh(headers.timestamp, *now_s) and known):
        return refusals.INVALID_L1_HEADERS
    digest = signatures.l1_digest(address, headers.timestamp, int(nonce))
    if signatures.signer_of(digest, signatures.from_hex(headers.signature)) != address:
        return refusals.INVALID_L1_HEADERS
    return credentials_for(seed, address, int(nonce))


def authentic(
    headers: Headers,
    known: dict[str, ApiCredentials],
    *,
    method: str,
    path: str,
    body: bytes,
    now_s: tuple[int, ...],
) -> ApiCredentials | None:
    """L2: the credentials that a request was signed with, None where they prove nothing."""
    credentials = known.get(headers.api_key)
    if credentials is None or not _fresh(headers.timestamp, *now_s):
        return None
    given = {
        auth.ADDRESS: headers.address,
        auth.SIGNATURE: headers.signature,
        auth.TIMESTAMP: headers.timestamp,
        auth.API_KEY: headers.api_key,
        auth.PASSPHRASE: headers.passphrase,
    }
    proven = auth.verify_l2(credentials, given, method=method, path=path, body=body)
    return credentials if proven else None


def _fresh(timestamp: str, *now_s: int) -> bool:
    if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > 12:  # noqa: PLR2004
        return False
    return any(abs(int(timestamp) - each) <= SKEW_S_MAX for each in now_s)
