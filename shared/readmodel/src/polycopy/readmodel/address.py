"""The address of the database, as DATABASE_URL names it."""

import psycopg
from psycopg.conninfo import conninfo_to_dict

_PORT_MAX = 65_535
_LIKE = (
    "this is no address of a Postgres: write postgresql://user:password@host:5432/database, "
    "with @ : / ? # % of the password as %40 %3A %2F %3F %23 %25"
)


def check_address(url: str) -> str:
    """The same text, where libpq can read it. Raises ValueError with what to write instead, and
    nothing of what was written: it may hold a password."""
    try:
        read = conninfo_to_dict(url)
    except (psycopg.ProgrammingError, UnicodeError):
        raise ValueError(_LIKE) from None
    # A password with an @ or a / in it is cut in two, and a half of it would pass for a host, a
    # port or a database, which error messages name.
    names = f"{read.get('host', '')}{read.get('dbname', '')}"
    if not read or "@" in names or not all(map(_is_port, str(read.get("port") or "").split(","))):
        raise ValueError(_LIKE)
    return url


def _is_port(written: str) -> bool:
    """Empty means the usual one."""
    return not written or (written.isdecimal() and 0 < int(written) <= _PORT_MAX)
