"""Addresses of servers: as settings name them, and as they may be shown."""

from urllib.parse import urlsplit

_WEB = ("ws", "wss")
_PLAIN = ("nats", "tls")
_LIKE = (
    "this is no address of a NATS server: write nats://host:4222, or "
    "nats://user:password@host:4222 with none of / ? # , in the password; commas between several"
)


def nats_addresses(urls: str) -> list[str]:
    """What NATS_URL names, each with its scheme. Raises ValueError with what to write instead, and
    nothing of what was written: it may hold a password."""
    named = [one.strip() for one in urls.split(",")]
    addresses = [one if "://" in one else f"nats://{one}" for one in named]
    kinds = {_kind(one) for one in addresses}
    if kinds not in ({_WEB}, {_PLAIN}):
        raise ValueError(_LIKE)
    return addresses


def without_credentials(urls: str) -> str:
    """URLs as they may be logged: user and password left out, whatever else is wrong with them."""
    return ",".join(_shown(one) for one in urls.split(","))


def _kind(address: str) -> tuple[str, ...]:
    """The schemes that go together with this address's; () for one that cannot be connected to."""
    try:
        parts = urlsplit(address)
        good_port = parts.port is None or parts.port > 0
    except ValueError:
        return ()
    # An @ further on is a password that was cut in two: its first half would pass for a host.
    cut = "@" in parts.path + parts.query + parts.fragment
    if cut or not good_port or not parts.hostname or any(map(str.isspace, address)):
        return ()
    return next((kind for kind in (_WEB, _PLAIN) if parts.scheme in kind), ())


def _shown(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    return scheme + separator + rest.rpartition("@")[2]
