"""The venue's words for "no", verbatim (docs.polymarket.com error page; research 2.2 and 2.5)."""

import msgspec

from polycopy.schemas.ids import TokenId, VenueOrderId, Wallet
from polycopy.schemas.money import Side, decimal_text


class Refusal(msgspec.Struct, frozen=True):
    """An HTTP status and the text of the body's `error`."""

    status: int
    text: str


UNAUTHORIZED = Refusal(401, "Unauthorized/Invalid api key")
INVALID_L1_HEADERS = Refusal(401, "Invalid L1 Request headers")
KEY_EXISTS = Refusal(400, "Could not create api key")
INVALID_PAYLOAD = Refusal(400, "Invalid order payload")
INVALID_BODY = Refusal(400, "Invalid payload")
INVALID_SIGNATURE = Refusal(400, "invalid signature")
VERSION_MISMATCH = Refusal(400, "order_version_mismatch")
SIGNER_IS_NOT_KEY = Refusal(400, "the order signer address has to be the address of the API KEY")
OWNER_IS_NOT_KEY = Refusal(400, "the order owner has to be the owner of the API KEY")
DEPOSIT_WALLET_ONLY = Refusal(400, "maker address not allowed, please use the deposit wallet flow")
INVALID_EXPIRATION = Refusal(400, "invalid expiration")
MARKET_NOT_READY = Refusal(400, "the market is not yet ready to process new orders")
CROSSES_BOOK = Refusal(400, "invalid post-only order: order crosses book")
FOK_KILLED = Refusal(400, "order couldn't be fully filled. FOK orders are fully filled or killed.")
FAK_KILLED = Refusal(
    400,
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found.",
)
ORDER_NOT_FOUND = Refusal(404, "Order not found")
NO_BOOK = Refusal(404, "No orderbook exists for the requested token id")
MARKET_NOT_FOUND = Refusal(404, "market not found")
PATH_NOT_FOUND = Refusal(404, "not found")
METHOD_NOT_ALLOWED = Refusal(405, "method not allowed")
GEOBLOCKED = Refusal(
    403,
    "Trading restricted in your region, please refer to available regions - "
    "https://docs.polymarket.com/developers/CLOB/geoblock",
)
RESTARTING = Refusal(425, "service not ready")
TRADING_DISABLED = Refusal(503, "Trading is currently disabled. Check polymarket.com for updates")
CANCEL_ONLY = Refusal(
    503,
    "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed.",
)
POST_ONLY = Refusal(503, "post-only mode: only post-only orders and cancels are allowed")
TOO_MANY_REQUESTS = Refusal(429, "Too Many Requests")
INVALID_HEARTBEAT = "Invalid Heartbeat ID"
INVALID_QUERY = Refusal(400, "Invalid query parameters")

CANCEL_NOT_FOUND = "Order not found or already canceled"
CANCEL_MATCHED = "Order already matched"
CANCEL_DELAYED = "cannot cancel because the order is in pending/delayed status"


def banned(address: Wallet) -> Refusal:
    return Refusal(400, f"'{address}' address banned")


def closed_only(address: Wallet) -> Refusal:
    """It may sell what it has, and buy nothing."""
    return Refusal(400, f"'{address}' address in closed only mode")


def no_orderbook(token_id: TokenId) -> Refusal:
    """The market is over: its books are gone."""
    return Refusal(400, f"the orderbook {token_id} does not exist")


def off_tick(order_id: VenueOrderId, price: str, tick_micros: int) -> Refusal:
    """The price is no multiple of the tick, or not within [tick, 1 - tick]."""
    tick = decimal_text(tick_micros)
    text = f"order {order_id} is invalid. Price ({price}) breaks minimum tick size rule: {tick}"
    return Refusal(400, text)


def too_small(order_id: VenueOrderId, size_micros: int, minimum_micros: int) -> Refusal:
    """Fewer shares than the market's minimum."""
    size, minimum = decimal_text(size_micros), decimal_text(minimum_micros)
    return Refusal(
        400, f"order {order_id} is invalid. Size ({size}) lower than the minimum: {minimum}"
    )


def too_precise(side: Side, taker_decimals: int) -> Refusal:
    """A FAK or FOK whose amounts have more decimals than the matcher takes."""
    kind = "market buy" if side is Side.BUY else "sell"
    return Refusal(
        400,
        f"invalid amounts, the {kind} orders maker amount supports a max accuracy of 2 decimals, "
        f"taker amount a max of {taker_decimals} decimals",
    )


def below_one_dollar(amount_micros: int) -> Refusal:
    """A BUY that would match now for less than a dollar."""
    amount = decimal_text(amount_micros)
    return Refusal(400, f"invalid amount for a marketable BUY order (${amount}), min size: $1")


def duplicated(order_id: VenueOrderId) -> Refusal:
    """This very order is known already: it must be adopted, it has not failed."""
    return Refusal(400, f"order {order_id} is invalid. Duplicated.")


def not_enough(what: str, have: int, active: int, matched: int, amount: int) -> Refusal:
    """`what`: balance or allowance. The venue names the sums that stand in the way where there are
    some (`active`: of open orders; `matched`: of orders that are not settled). Both forms have been
    quoted by users since July 2026."""
    sums = f", sum of active orders: {active}, sum of matched orders: {matched}"
    inside = f"{sums}, order amount (inc. fees): {amount}"
    told = inside if active or matched else f", order amount: {amount}"
    return Refusal(
        400,
        f"not enough balance / allowance: the {what} is not enough -> {what}: {have}{told}",
    )


def too_many(count: int, most: int) -> Refusal:
    return Refusal(400, f"Too many orders in payload: {count}, max allowed: {most}")
