"""The API keys that the venue knows, and how well it knows them."""

import hmac

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.protocol.messages import Request
from polycopy.paper_venue.core.refusals import Refusal
from polycopy.paper_venue.core.signing import keys
from polycopy.polymarket.auth import ApiCredentials


class KeyRing:
    """Keys are functions of the seed and the wallet, so one that was lost comes back the same.

    A key may have lapsed: it opens nothing until it is derived or created again. A new one may not
    have got around yet.
    """

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self.forget()

    def forget(self) -> None:
        self._known: dict[str, ApiCredentials] = {}
        self._lapsed: set[str] = set()
        self._known_from_us: dict[str, int] = {}

    def sign_in(self, request: Request, *, create: bool, delay_ms: int) -> ApiCredentials | Refusal:
        """L1: the key of a wallet that has proven to be that wallet. `delay_ms`: until one that is
        new is known."""
        credentials = keys.signed_in(request.headers, self._seed, *request.clocks_s)
        if isinstance(credentials, Refusal):
            return credentials
        # A key that has lapsed is revived by either call, and is the same one.
        api_key, lapsed = credentials.api_key, credentials.api_key in self._lapsed
        self._lapsed.discard(api_key)
        if create and api_key in self._known and not lapsed:
            return refusals.KEY_EXISTS
        if delay_ms and api_key not in self._known:
            self._known_from_us[api_key] = request.received_at_us + delay_ms * 1000
        self._known[api_key] = credentials
        return credentials

    def caller(self, request: Request) -> ApiCredentials | None:
        """L2: whose key signed the request."""
        api_key = request.headers.api_key
        known_from_us = self._known_from_us.get(api_key, 0)
        if api_key in self._lapsed or request.received_at_us < known_from_us:
            return None
        return keys.authentic(
            request.headers,
            self._known,
            method=request.method,
            path=request.path,
            body=request.body,
            now_s=request.clocks_s,
        )

    def recognises(self, api_key: str, secret: str, passphrase: str) -> bool:
        """Whether a socket's `auth` names a key and knows its secrets."""
        known = self._known.get(api_key)
        if known is None or api_key in self._lapsed:
            return False
        right = hmac.compare_digest(secret.encode(), known.secret.encode())
        return hmac.compare_digest(passphrase.encode(), known.passphrase.encode()) and right

    def delete(self, api_key: str) -> None:
        """It opens nothing any more. Its orders stay where they are."""
        self._known.pop(api_key, None)

    def lapse(self, api_key: str) -> None:
        """One that is not known has nothing to lose."""
        if api_key in self._known:
            self._lapsed.add(api_key)

    def of_address(self, address: str) -> list[str]:
        return [key for key, known in self._known.items() if known.address == address]

    def address_of(self, api_key: str) -> str:
        """Whose key it is, in lower case; empty for one that is not known."""
        known = self._known.get(api_key)
        return "" if known is None else known.address
