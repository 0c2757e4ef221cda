"""polymarket-client, kept to what it is good for: building and signing orders.

Its `place_*` calls are never used (they send approvals on chain and post a second time), and its
`Environment` cannot be built by its public API, so a private route is taken and checked at start.
"""

import dataclasses
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from eth_account import Account
from eth_keys.backends import get_backend
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.clients.async_secure import AsyncSecureClient
from polymarket.environments import Environment
from polymarket.errors import PolymarketError, UserInputError
from polymarket.models.clob.api_key import ApiKeyCreds
from polymarket.models.clob.orders import SignedOrder
from polymarket.models.types import TokenId as ClobTokenId

from polycopy.executor.core.wallet import WalletKey
from polycopy.polymarket.auth import ApiCredentials
from polycopy.polymarket.order_body import PostBody
from polycopy.polymarket.order_hash import SignedFields
from polycopy.runtime.errors import Halt, Permanent, Transient
from polycopy.schemas.ids import TokenId, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from polycopy.trading.approval import ApprovedOrder

_FAST_BACKEND = "CoinCurveECCBackend"


class Signer:
    """Builds and signs market orders (FAK) for one wallet. A signature costs about 0.4 ms."""

    def __init__(self, client: AsyncSecureClient) -> None:
        self._client = client
        self.wallet = Wallet(client.wallet.lower())
        keys = client.credentials
        self.credentials = ApiCredentials(
            address=client.signer.lower(),
            api_key=keys.key,
            secret=keys.secret,
            passphrase=keys.passphrase,
        )

    async def warm(self, token_id: TokenId) -> None:
        """Read the market's tick and exchange now, so that signing later asks nobody (10 min)."""
        context = self._client._ctx  # noqa: SLF001 - the library has no public way to fill its cache
        try:
            await context.order_metadata.resolve_market(context, token_id=ClobTokenId(token_id))
        except PolymarketError as error:
            raise Transient(f"the market of token {token_id} cannot be read: {error}") from error

    async def sign(self, order: ApprovedOrder) -> PostBody:
        """A market order (FAK) that offers the order's amount and never trades beyond its limit."""
        amount, limit = _decimal(order.maker_micros), _decimal(order.limit_price_micros)
        try:
            if order.side is Side.BUY:
                signed = await self._client.create_market_order(
                    token_id=order.token_id, side="BUY", amount=amount, max_price=limit
                )
            else:
                signed = await self._client.create_market_order(
                    token_id=order.token_id, side="SELL", shares=amount, min_price=limit
                )
        except UserInputError as error:
            raise Permanent(f"the library refuses to build the order: {error}") from error
        except PolymarketError as error:
            raise Transient(f"the order cannot be built: {error}") from error
        return _post_body(order, signed, owner=self.credentials.api_key)


@asynccontextmanager
async def open_signer(
    clob_url: str, who: WalletKey, credentials: ApiCredentials | None
) -> AsyncIterator[Signer]:
    """Check the libraries, the key and the venue. Raises Halt with one line.

    Without credentials the venue is asked for those that belong to the key.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # The library's own requests.
    client = await _client(_environment(clob_url, who.chain_id), who, credentials)
    try:
        yield Signer(client)
    finally:
        await client.close()


def address_of(key: str) -> str:
    """The address of a private key. Raises Halt: the key itself is never repeated."""
    try:
        return str(Account.from_key(key).address)
    except (ValueError, TypeError):
        raise Halt("the file of POLYCOPY_EXECUTOR_KEY_FILE holds no private key") from None


def _environment(clob_url: str, chain_id: int) -> Environment:
    """All addresses of the library that could send anything point at the given venue."""
    if type(get_backend()).__name__ != _FAST_BACKEND:
        raise Halt("signing would take 3.5 ms an order: install coincurve")
    try:
        config = dataclasses.replace(
            PRODUCTION_CONFIG,
            chain_id=chain_id,
            clob_url=clob_url,
            gamma_url=clob_url,
            data_url=clob_url,
            relayer_url=clob_url,
            rfq_url=clob_url,
            rpc_url=clob_url,
        )
        environment = create_environment(name="polycopy", config=config)
    except (TypeError, AttributeError) as error:
        raise Halt(f"polymarket-client is not the pinned 0.14.0: {error}") from error
    return environment


async def _client(
    environment: Environment, who: WalletKey, known: ApiCredentials | None
) -> AsyncSecureClient:
    key, keys = who.key.get_secret_value(), None
    if known:
        keys = ApiKeyCreds.model_validate(
            {"apiKey": known.api_key, "secret": known.secret, "passphrase": known.passphrase}
        )
    try:
        return await AsyncSecureClient.create(
            private_key=key,
            wallet=who.wallet or address_of(key),
            environment=environment,
            credentials=keys,
        )
    except PolymarketError as error:
        raise Halt(f"the venue does not let us in: {error}") from error


def _decimal(micros: int) -> Decimal:
    return Decimal(micros).scaleb(-6)


def _post_body(order: ApprovedOrder, signed: SignedOrder, *, owner: str) -> PostBody:
    return PostBody(
        fields=SignedFields(
            salt=signed.salt,
            maker=signed.maker,
            signer=signed.signer,
            token_id=order.token_id,
            maker_amount=signed.maker_amount,
            taker_amount=signed.taker_amount,
            side=Side(signed.side),
            signature_type=signed.signature_type,
            timestamp_ms=signed.timestamp,
            metadata=signed.metadata,
            builder=signed.builder,
        ),
        signature=signed.signature,
        order_type=OrderType(signed.order_type),
        owner=owner,
    )
