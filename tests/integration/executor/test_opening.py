"""What keeps the executor from starting is said in one line that tells what to change."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from polycopy.executor.adapters.credentials import read_credentials, write_credentials
from polycopy.executor.adapters.signing import Signer, open_signer
from polycopy.executor.adapters.venues import Waits, open_venues
from polycopy.executor.adapters.wallets import TradingWallet
from polycopy.executor.core.wallet import WalletKey
from polycopy.polymarket.auth import ApiCredentials
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Away, Halt
from tests.support.executing import KEY, sign_in, wallet_key
from tests.support.paper_venue import Running

NOWHERE = "http://127.0.0.1:1"
WORD = "c2VjcmV0"
SOME = ApiCredentials(address=KEY.address, api_key="k", secret=WORD, passphrase=WORD)


async def test_a_venue_that_is_away() -> None:
    told = r"no venue at POLYCOPY_EXECUTOR_CLOB_URL http\S+ \(.*: connection refused\): see "
    with pytest.raises(Away, match=told):
        async with open_venues(NOWHERE, None, waits=Waits(answer_s=1), clock=SystemClock()):
            pass


async def test_a_signer_without_a_venue(tmp_path: Path) -> None:
    told = r"no venue at POLYCOPY_EXECUTOR_CLOB_URL \(All connection attempts failed\): see "
    with pytest.raises(Away, match=told):
        async with open_signer(NOWHERE, wallet_key(tmp_path), SOME):
            pass


async def test_a_key_that_is_none(venue: Running, tmp_path: Path) -> None:
    who = WalletKey(
        key=SecretStr("no key at all"), wallet="", chain_id=137, api_file=tmp_path / "api.json"
    )

    with pytest.raises(Halt, match="KEY_FILE holds no private key") as caught:
        async with open_signer(venue.urls["clob"], who, None):
            pass

    assert "no key at all" not in str(caught.value)


async def test_a_library_that_signs_otherwise_than_we_expect(
    venue: Running, tmp_path: Path
) -> None:
    async with open_signer(venue.urls["clob"], wallet_key(tmp_path), None) as signer:
        proxy = TradingWallet(address=signer.wallet, signature_type=1)
        with pytest.raises(Halt, match=r"signs orders of type 1 in another way .* install"):
            await Signer(signer._client, proxy).prove(137)  # noqa: SLF001 - as the library made it


def test_credentials_that_are_missing_or_something_else(tmp_path: Path) -> None:
    path = tmp_path / "api.json"
    with pytest.raises(Halt, match="cannot read POLYCOPY_EXECUTOR_API_FILE"):
        read_credentials(path)

    path.write_text('{"api_key": 7, "secret": "hush"}')
    with pytest.raises(Halt, match="make them with") as caught:
        read_credentials(path)
    assert "hush" not in str(caught.value)


def test_credentials_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(Halt, match="cannot write POLYCOPY_EXECUTOR_API_FILE"):
        write_credentials(tmp_path / "missing" / "api.json", SOME)


async def test_credentials_that_are_read_back(venue: Running, tmp_path: Path) -> None:
    made = await sign_in(venue, tmp_path)

    assert read_credentials(tmp_path / "api.json") == made
    assert await sign_in(venue, tmp_path) == made, "a key has one set of credentials"
