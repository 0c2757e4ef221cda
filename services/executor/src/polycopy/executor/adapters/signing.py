"""polymarket-client, kept to what it is good for: building and signing orders.

Its `place_*` calls are never used (they send approvals on chain and post a second time). Two things
have no public way: an `Environment` of our own, and a client of a contract wallet that asks no
relayer for it, where one that is missing would be deployed. So private routes are taken, and at the
start an order is signed for every exchange contract, and its signature read back.
"""

import dataclasses
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

from eth_account import Account
from eth_keys.backends import get_backend
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from polymarket._internal.actions.orders.types import OrderDraft
from polymarket._internal.environment import (
    PRODUCTION_CONFIG,
    create_environment,
    get_environment_config,
)
from polymarket.clients.async_secure import AsyncSecureClient
from polymarket.environments import Environment
from polymarket.errors import PolymarketError, TransportError, UserInputError
from polymarket.models.clob.api_key import ApiKeyCreds
from polymarket.models.clob.orders import SignedOrder
from polymarket.models.types import TokenId as ClobTokenId
from polymarket.types import EvmAddress

from polycopy.executor.adapters.wallets import TradingWallet, trading_wallet
from polycopy.executor.core.wallet import WalletKey
from polycopy.polymarket import order_hash
from polycopy.polymarket.auth import ApiCredentials
from polycopy.polymarket.order_body import SALT_BELOW, PostBody
from polycopy.polymarket.order_hash import SignedFields
from polycopy.runtime import unreached
from polycopy.runtime.errors import Away, Halt, Permanent, Transient
from polycopy.schemas.ids import TokenId, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from polycopy.trading.approval import ApprovedOrder

_FAST_BACKEND = "CoinCurveECCBackend"
_SIGNATURE_BYTES = 65
_RECOVERY_OFFSET = 27
_PROBES = {
    TokenId(str(2**256 - 1)): order_hash.EXCHANGE_V2,
    TokenId(str(2**256 - 2)): order_hash.NEG_RISK_EXCHANGE_V2,
    TokenId("1"): order_hash.EXCHANGE_V3,
}
"""A token that is traded on each contract."""


class Signer:
    """Builds and signs market orders (FAK) for one wallet. A signature costs about 0.4 ms."""

    def __init__(self, client: AsyncSecureClient, trading: TradingWallet) -> None:
        self._client = client
        self.wallet = Wallet(trading.address.lower())
        self.signature_type = trading.signature_type
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
        if signed.salt >= SALT_BELOW:
            raise Permanent(f"the library drew a salt of 2^53 or more: {signed.salt}")
        if signed.order_type != order.order_type:
            raise Permanent(f"a {order.order_type} was approved, the library built another order")
        return PostBody(
            fields=_fields(order.token_id, signed),
            signature=signed.signature,
            order_type=OrderType(signed.order_type),
            owner=self.credentials.api_key,
        )

    async def prove(self, chain_id: int) -> None:
        """Sign an order for each exchange contract, and read back who signed what. Raises Halt."""
        for token_id, exchange in _PROBES.items():
            draft = OrderDraft(
                chain_id=chain_id,
                exchange_address=EvmAddress(exchange.address),
                expiration=0,
                funder_address=self._client.wallet,
                offered_amount=1,
                order_type="FAK",
                side="BUY",
                signer=self._client.signer,
                requested_amount=1,
                asset_id=ClobTokenId(token_id),
            )
            signed = await self._client._sign_order(draft, post_only=False)  # noqa: SLF001 - what `create_market_order` calls
            fields = _fields(token_id, signed)
            digest = order_hash.signing_digest(fields, exchange=exchange, chain_id=chain_id)
            trailer = order_hash.signature_trailer(fields, exchange=exchange, chain_id=chain_id)
            signs = fields.signature_type, fields.maker.lower()
            if signs != (self.signature_type, self.wallet) or not _signed_by(
                self.credentials.address, signed.signature, digest, trailer
            ):
                raise Halt(
                    f"polymarket-client signs orders of type {self.signature_type} in another way "
                    "than the venue reads them: install the pinned 0.14.0"
                )


@asynccontextmanager
async def open_signer(
    clob_url: str, who: WalletKey, credentials: ApiCredentials | None
) -> AsyncIterator[Signer]:
    """Check the libraries, the key, the wallet and the venue. Raises Halt with one line.

    Without credentials the venue is asked for those that belong to the key.
    """
    logging.getLogger("httpx").setLevel(logging.WARNING)  # The library's own requests.
    environment = _environment(clob_url, who.chain_id)
    owner = address_of(who.key.get_secret_value())
    derivation = get_environment_config(environment).wallet_derivation
    trading = trading_wallet(owner, who.wallet, who.signature_type, derivation)
    async with AsyncExitStack() as opened:
        client = await _client(environment, who, owner, credentials)
        opened.push_async_callback(client.close)
        if trading.signature_type != order_hash.EOA:
            client = _for_contract(client, trading)
            opened.push_async_callback(client.close)
        signer = Signer(client, trading)
        await signer.prove(who.chain_id)
        yield signer


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
    environment: Environment, who: WalletKey, owner: str, known: ApiCredentials | None
) -> AsyncSecureClient:
    """As the key's own wallet, whichever trades: the API key is its address's."""
    credentials = None
    if known:
        credentials = ApiKeyCreds.model_validate(
            {"apiKey": known.api_key, "secret": known.secret, "passphrase": known.passphrase}
        )
    try:
        return await AsyncSecureClient.create(
            private_key=who.key.get_secret_value(),
            wallet=owner,
            environment=environment,
            credentials=credentials,
        )
    except TransportError as error:
        raise Away(
            f"no venue at POLYCOPY_EXECUTOR_CLOB_URL ({unreached.why(error)}): see whether it can "
            "be reached from here"
        ) from error
    except PolymarketError as error:
        raise Halt(f"the venue does not let us in: {error}") from error


def _for_contract(client: AsyncSecureClient, trading: TradingWallet) -> AsyncSecureClient:
    """The same key, signing for a wallet that it owns."""
    context = client._ctx  # noqa: SLF001 - see above
    try:
        return AsyncSecureClient._construct_for_wallet(  # noqa: SLF001
            signer=context.signer,
            wallet=trading.address,
            wallet_type=trading.kind,
            signer_type="OWNER",
            environment=context.environment,
            config=context.environment_config,
            credentials=context.credentials,
            api_key=None,
            logger=None,
            on_rate_limit_update=None,
        )
    except (TypeError, AttributeError) as error:
        raise Halt(f"polymarket-client is not the pinned 0.14.0: {error}") from error


def _decimal(micros: int) -> Decimal:
    return Decimal(micros).scaleb(-6)


def _fields(token_id: TokenId, signed: SignedOrder) -> SignedFields:
    return SignedFields(
        salt=signed.salt,
        maker=signed.maker,
        signer=signed.signer,
        token_id=token_id,
        maker_amount=signed.maker_amount,
        taker_amount=signed.taker_amount,
        side=Side(signed.side),
        signature_type=signed.signature_type,
        timestamp_ms=signed.timestamp,
        metadata=signed.metadata,
        builder=signed.builder,
    )


def _signed_by(owner: str, signature: str, digest: bytes, trailer: bytes) -> bool:
    raw = bytes.fromhex(signature.removeprefix("0x"))
    if len(raw) != _SIGNATURE_BYTES + len(trailer) or not raw.endswith(trailer):
        return False
    recovery = raw[_SIGNATURE_BYTES - 1] - _RECOVERY_OFFSET
    if recovery not in (0, 1):
        return False
    try:
        found = Signature(raw[: _SIGNATURE_BYTES - 1] + bytes([recovery]))
        return found.recover_public_key_from_msg_hash(digest).to_address() == owner
    except BadSignature:
        return False
