"""The venue's day, as a scenario: three markets with deep books, and nothing happens by itself.

What goes wrong is ordered by a test, through the control port.
"""

from tests.support.executing import KEY

SETTLE_MS = 40
PRICES = (30, 50, 70)
"""In cents: of the first outcome of each market, between the best bid and the best ask."""
_NEAR, _FAR = 8, 50_000
"""Shares at the best price, so that many an order takes two; and behind it."""

_MARKET = """
[[market]]
slug = "{slug}"
fee_rate = {fee_rate}
bids = [[0.{below}, {near}], [0.{far_below}, {far}]]
asks = [[0.{above}, {near}], [0.{far_above}, {far}]]
"""


def slug(price: int) -> str:
    return f"fault-{price}"


def scenario(seed: str, *, settle_ms: int = SETTLE_MS, venue: str = "", more: str = "") -> str:
    """`venue`: more lines of its table; `more`: more tables."""
    markets = "".join(
        _MARKET.format(
            slug=slug(price),
            fee_rate="0.07",
            below=price - 1,
            far_below=price - 2,
            above=price + 1,
            far_above=price + 2,
            near=_NEAR,
            far=_FAR,
        )
        for price in PRICES
    )
    return (
        f'[venue]\nseed = "{seed}"\nsettle_ms = {settle_ms}\nrate_limits = "off"\n{venue}\n'
        f'[source]\nname = "seeded"\ntrades = 1\nmarkets = 1\n{markets}\n{more}'
    )


def wallet(*, cash: int) -> str:
    """The wallet that trades has so many dollars at the venue, whatever the log believes."""
    return f'[[wallet]]\naddress = "{KEY.address}"\ncash = {cash}\n'
