"""The venue's L2 authentication: an HMAC over time, method, path and body.

The path goes in without its query. The key of the HMAC is the secret decoded from base64url, the
signature is base64url again, with padding. The address is that of the key's owner (an EOA), also
where a deposit wallet trades.
"""

import base64
import hmac
from collections.abc import Mapping

import msgspec

ADDRESS = "POLY_ADDRESS"
SIGNATURE = "POLY_SIGNATURE"
TIMESTAMP = "POLY_TIMESTAMP"
API_KEY = "POLY_API_KEY"
PASSPHRASE = "POLY_PASSPHRASE"  # noqa: S105 - the name of a header


class ApiCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """What an L2 request is signed with. Its repr shows neither secret nor passphrase."""

    address: str
    api_key: str
    secret: str
    passphrase: str

    def __repr__(self) -> str:
        return f"ApiCredentials(address={self.address!r}, api_key={self.api_key[:8]!r}…)"


def l2_headers(
    credentials: ApiCredentials, *, method: str, path: str, body: bytes, timestamp_s: int
) -> dict[str, str]:
    """The five headers. `body` must be the very bytes that are sent. ValueError for a secret that
    is no base64url."""
    return {
        ADDRESS: credentials.address,
        SIGNATURE: l2_signature(
            credentials.secret, method=method, path=path, body=body, timestamp_s=timestamp_s
        ),
        TIMESTAMP: str(timestamp_s),
        API_KEY: credentials.api_key,
        PASSPHRASE: credentials.passphrase,
    }


def l2_signature(secret: str, *, method: str, path: str, body: bytes, timestamp_s: int) -> str:
    """ValueError for a secret that is no base64url."""
    try:
        key = base64.urlsafe_b64decode(secret)
    except ValueError as error:
        raise ValueError("the API secret is no base64url") from error
    signed_path = path.partition("?")[0]
    message = f"{timestamp_s}{method.upper()}{signed_path}".encode() + body
    return base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")).decode()


def verify_l2(
    credentials: ApiCredentials, headers: Mapping[str, str], *, method: str, path: str, body: bytes
) -> bool:
    """Whether a request was signed with these credentials: what the venue checks, age excepted."""
    given = {name.upper(): value for name, value in headers.items()}
    timestamp = given.get(TIMESTAMP, "")
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) > 12:  # noqa: PLR2004 - seconds
        return False
    signature = l2_signature(
        credentials.secret, method=method, path=path, body=body, timestamp_s=int(timestamp)
    )
    address = given.get(ADDRESS, "").lower() == credentials.address.lower()
    secrets = (
        (SIGNATURE, signature),
        (API_KEY, credentials.api_key),
        (PASSPHRASE, credentials.passphrase),
    )
    return address and all(
        hmac.compare_digest(given.get(name, "").encode(errors="replace"), value.encode())
        for name, value in secrets
    )
