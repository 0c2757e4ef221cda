"""What DATABASE_URL may be, and what is said of it."""

import pytest

from polycopy.readmodel.address import check_address
from polycopy.readmodel.faults import Unavailable
from polycopy.readmodel.reader import open_reader

BAD = [
    "",
    "hello",
    "::::",
    "hush secret=1",
    "mysql://me:hush@host/x",
    "postgresql://",
    "postgresql://[::1",
    "postgresql://me:hush%zz@host/x",
    "postgresql://me:hush@host/x?hush=1",
    "postgresql://me:hush@host:port/x",
    "postgresql://me:hush@host:99999/x",
    "postgresql://me:hu@hush@host/x",
    "postgresql://me:hush/hush@host/x",
    "postgresql://me:12/hush@host",
    "host=127.0.0.1 port=hush",
    "host=127.0.0.1 pass=hush",
    "\udcffhush",
]


@pytest.mark.parametrize("url", BAD)
async def test_what_is_no_address_is_refused_with_what_to_write_instead(url: str) -> None:
    with pytest.raises(Unavailable) as caught:
        async with open_reader(url):
            pass
    line = str(caught.value)
    assert line.startswith("DATABASE_URL: this is no address of a Postgres: write postgresql://")
    assert "\n" not in line
    assert "hush" not in line


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hush@host:5432/x",
        "postgres://me:p%40ss%2F@[::1]/x",
        "postgresql://one:1,other:2/x?target_session_attrs=read-write",
        "postgresql:///x?host=/run/postgresql",
        "host=/run/postgresql dbname=x",
    ],
)
def test_all_that_libpq_reads_is_an_address(url: str) -> None:
    assert check_address(url) == url
