"""Rate limits of trading, by signer: two token buckets each, for orders and for cancels.

Sources: docs.polymarket.com trading rate limits (research 2.6); the cancel figures above Copper,
about which the research is silent, are twice the order figures on that page too. Buckets are in
millionths of a token, so that a rate of tokens a second is exactly as many units a microsecond.
"""

from enum import StrEnum

import msgspec

from polycopy.paper_venue.core.protocol.parsing import parsed

_TOKEN = 1_000_000
_SECOND_US = 1_000_000
PERIOD_DAYS = 30


class Limiting(StrEnum):
    """How far the limits go. `warning`: they are counted and told, nobody is turned away."""

    OFF = "off"
    WARNING = "warning"
    ENFORCED = "enforced"


class Rate(msgspec.Struct, frozen=True):
    """Tokens a second, and how many a bucket holds."""

    per_s: int
    burst: int


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """What a signer's volume of thirty days earns it. `debt`: the cancels of a `cancel-all` may
    take its bucket below zero."""

    name: str
    from_dollars: int
    orders: Rate
    cancels: Rate
    debt: bool


def _tier(name: str, from_dollars: int, per_s: int, burst: int, *, debt: bool = True) -> Tier:
    return Tier(
        name=name,
        from_dollars=from_dollars,
        orders=Rate(per_s, burst),
        cancels=Rate(2 * per_s, 2 * burst),
        debt=debt,
    )


STANDARD = _tier("standard", 0, 40, 60)
TIERS = (
    STANDARD,
    _tier("copper", 30_000, 60, 90),
    _tier("bronze", 50_000, 80, 120),
    _tier("silver", 100_000, 200, 300),
    _tier("gold", 500_000, 400, 600),
    _tier("platinum", 2_500_000, 450, 675, debt=False),
    Tier(
        name="diamond",
        from_dollars=5_000_000,
        orders=Rate(525, 787),
        cancels=Rate(1_050, 1_575),  # Twice 787.5, as the page has it.
        debt=False,
    ),
    _tier("elite", 10_000_000, 600, 900, debt=False),
)
_BY_NAME = {tier.name: tier for tier in TIERS}


class Which(StrEnum):
    ORDERS = "orders"
    CANCELS = "cancels"


class Cost(msgspec.Struct, frozen=True):
    """What a request takes, from which bucket. `each`: one more for every order that it cancels,
    which is known afterwards."""

    which: Which
    tokens: int
    each: bool = False


_ORDERS_ONE, _CANCELS_ONE = Cost(Which.ORDERS, 1), Cost(Which.CANCELS, 1)
_CANCELS_EACH = Cost(Which.CANCELS, 1, each=True)
_FIXED = {
    ("POST", "/order"): _ORDERS_ONE,
    ("DELETE", "/order"): _CANCELS_ONE,
    ("DELETE", "/cancel-all"): _CANCELS_EACH,
    ("DELETE", "/cancel-market-orders"): _CANCELS_EACH,
}
_BATCHES = {("POST", "/orders"): Which.ORDERS, ("DELETE", "/orders"): Which.CANCELS}


def cost(method: str, path: str, body: bytes) -> Cost | None:
    """What a request takes. None: nothing, and its answer tells of no limit; so for a batch that
    is empty or cannot be read."""
    fixed = _FIXED.get((method, path))
    if fixed is not None:
        return fixed
    which = _BATCHES.get((method, path))
    if which is None:
        return None
    tokens = len(parsed(body, list[msgspec.Raw]) or ())
    return Cost(which, tokens) if tokens else None


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket after a request. `short`: it held too little; `retry_after_s` 0: waiting cannot
    help, the cost is above the burst."""

    tier: Tier
    remaining: int
    reset_s: int
    short: bool = False
    retry_after_s: int = 0


class _Bucket(msgspec.Struct):
    level: int
    at_us: int


class SignerLimits:
    """Buckets are full at first sight. The signer is the address of the API key."""

    def __init__(self) -> None:
        self._tiers: dict[str, Tier] = {}
        self._others = STANDARD
        self._buckets: dict[tuple[str, Which], _Bucket] = {}

    def put(self, signer: str, tier_name: str) -> None:
        """ValueError for a tier that there is not."""
        self._tiers[signer.lower()] = _named(tier_name)

    def put_others(self, tier_name: str) -> None:
        """The tier of everybody who was not put into one. ValueError as above."""
        self._others = _named(tier_name)

    def tier(self, signer: str) -> Tier:
        return self._tiers.get(signer.lower(), self._others)

    def spend(self, signer: str, cost: Cost, now_us: int) -> Spent:
        """All or nothing: a bucket that holds too little keeps what it has."""
        tier = self.tier(signer)
        rate = _rate(tier, cost.which)
        bucket = self._refilled(signer, cost.which, rate, now_us)
        short = bucket.level < cost.tokens * _TOKEN
        if not short:
            bucket.level -= cost.tokens * _TOKEN
        return _spent(tier, rate, bucket, cost.tokens if short else 0)

    def owe(self, signer: str, tokens: int, now_us: int) -> Spent:
        """A token for every order that a `cancel-all` has cancelled."""
        tier = self.tier(signer)
        rate = _rate(tier, Which.CANCELS)
        bucket = self._refilled(signer, Which.CANCELS, rate, now_us)
        bucket.level -= tokens * _TOKEN
        if not tier.debt:
            bucket.level = max(bucket.level, 0)
        return _spent(tier, rate, bucket, 0)

    def told(self, signer: str) -> dict[str, object]:
        """`GET /v1/user/rate-limit-tier`. Field names as documented, but those of `tier_details`,
        of which the documentation says no more than what they are about. `usdc_volume` is left
        out, as at the venue for tiers that were given by hand."""
        tier = self.tier(signer)
        told: dict[str, object] = {
            "tier": tier.name,
            "period": PERIOD_DAYS,
            "tier_details": {
                "order_rate_per_sec": tier.orders.per_s,
                "order_burst": tier.orders.burst,
                "cancel_rate_per_sec": tier.cancels.per_s,
                "cancel_burst": tier.cancels.burst,
                "allow_negative_cancel_balance": tier.debt,
            },
        }
        if tier is STANDARD:
            told["next_tier_threshold"] = TIERS[1].from_dollars
        return told

    def _refilled(self, signer: str, which: Which, rate: Rate, now_us: int) -> _Bucket:
        full = rate.burst * _TOKEN
        bucket = self._buckets.get((signer, which))
        if bucket is None:
            bucket = self._buckets[signer, which] = _Bucket(full, now_us)
            return bucket
        passed_us = max(now_us - bucket.at_us, 0)
        bucket.level = min(bucket.level + passed_us * rate.per_s, full)
        bucket.at_us = max(now_us, bucket.at_us)
        return bucket


def _named(tier_name: str) -> Tier:
    tier = _BY_NAME.get(tier_name.lower())
    if tier is None:
        raise ValueError(f"no rate limit tier {tier_name!r}: one of {', '.join(_BY_NAME)}")
    return tier


def _rate(tier: Tier, which: Which) -> Rate:
    return tier.orders if which is Which.ORDERS else tier.cancels


def _spent(tier: Tier, rate: Rate, bucket: _Bucket, wanted: int) -> Spent:
    """`reset_s`: when the wait is over, which is now where there is no wait."""
    never = wanted > rate.burst
    missing = max(wanted * _TOKEN - bucket.level, -bucket.level, 0)
    wait_us = 0 if never else -(-missing // rate.per_s)
    return Spent(
        tier=tier,
        remaining=bucket.level // _TOKEN,
        reset_s=-(-(bucket.at_us + wait_us) // _SECOND_US)
        if wait_us
        else bucket.at_us // _SECOND_US,
        short=wanted > 0,
        retry_after_s=-(-wait_us // _SECOND_US) if wanted and not never else 0,
    )
