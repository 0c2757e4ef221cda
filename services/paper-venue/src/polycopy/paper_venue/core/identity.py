"""Ids and strangers: pure functions of the run's seed, so that two equal runs have equal ids."""

import hashlib

from polycopy.schemas.ids import VenueOrderId, VenueTradeId, Wallet


def digest(*parts: object) -> str:
    """64 hex digits."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def uuid_like(*parts: object) -> str:
    """The shape of the venue's trade ids and API keys."""
    text = digest(*parts)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"


def trade_id(seed: str, number: int) -> VenueTradeId:
    return VenueTradeId(uuid_like("trade", seed, number))


def transaction_hash(seed: str, *parts: object) -> str:
    return "0x" + digest("transaction", seed, *parts)


def wallet(*parts: object) -> Wallet:
    return Wallet("0x" + digest("wallet", *parts)[:40])


def stranger(*parts: object) -> tuple[VenueOrderId, str, Wallet]:
    """Order id, owner and address behind a level of the recorded book: one of a few quoters."""
    text = digest("stranger", *parts)
    owner, address = _QUOTERS[int(text[:8], 16) % len(_QUOTERS)]
    return VenueOrderId("0x" + text), owner, address


_QUOTERS = tuple((uuid_like("quoter", place), wallet("quoter", place)) for place in range(7))
