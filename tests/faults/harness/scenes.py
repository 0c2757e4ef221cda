"""The venue's day, as a scenario: three markets with deep books, and nothing happens by itself.

What goes wrong is ordered by a test, through the control port.
"""

from tests.support.executing import KEY

_SETTLE_MS = 40
PRICES = (30, 50, 70)
"""In cents: of the first outcome of each market, between the best bid and the best ask."""
_NEAR, _FAR = 8, 50_000
"""Shares at the best price, so that many an order takes two; and behind it."""

_MARKET = """
[[market]]
slug = "{slug}"
fee_rate = 0.07
bids = [[0.{below}, {near}], [0.{far_below}, {far}]]
asks = [[0.{above}, {near}], [0.{far_above}, {far}]]
"""

_REFILL = """
[[step]]
at_ms = 100
every_ms = 150
do = "put_book"
market = "{slug}"
bids = [[0.{below}, {near}], [0.{far_below}, {far}]]
asks = [[0.{above}, {near}], [0.{far_above}, {far}]]
"""


def slug(price: int) -> str:
    return f"fault-{price}"


def scenario(seed: str, *, more: str = "") -> str:
    """`more`: more tables."""
    return (
        f'[venue]\nseed = "{seed}"\nsettle_ms = {_SETTLE_MS}\nrate_limits = "off"\n'
        f'[source]\nname = "seeded"\ntrades = 1\nmarkets = 1\n{_of_each(_MARKET)}\n{more}'
    )


def refilled() -> str:
    """Strangers come back to the best prices, so that orders take two levels again and again, and
    find somebody after those that a fault sent away."""
    return _of_each(_REFILL)


def _of_each(text: str) -> str:
    """A table for each market."""
    return "".join(
        text.format(
            slug=slug(price),
            below=price - 1,
            far_below=price - 2,
            above=price + 1,
            far_above=price + 2,
            near=_NEAR,
            far=_FAR,
        )
        for price in PRICES
    )


def wallet(*, cash: int) -> str:
    """The wallet that trades has so many dollars at the venue, whatever the log believes."""
    return f'[[wallet]]\naddress = "{KEY.address}"\ncash = {cash}\n'
