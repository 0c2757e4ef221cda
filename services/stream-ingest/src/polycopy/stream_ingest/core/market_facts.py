"""Two descriptions of a market become one event. Pure.

The CLOB has the last word on what an order meets there: tick, minimum, fees, delays, tokens, the
exchange it goes to, whether it is taken. Gamma alone has the words (title, category, tags), the
times and the end: a closed market takes no orders, though the CLOB goes on saying so. What one of
the two does not list stays as it was said last.
"""

import msgspec

from polycopy.polymarket.clob import ClobMarket
from polycopy.polymarket.gamma_market import GammaMarket
from polycopy.polymarket.resolutions import Resolution
from polycopy.schemas.event import encode
from polycopy.schemas.ids import TokenId, derive
from polycopy.schemas.markets import MarketDescribed, MarketOutcome, MarketResolved, Payout

CLOB, GAMMA, RESOLUTIONS = "clob", "gamma", "data-api"
_replace = msgspec.structs.replace


def market_described(
    gamma: GammaMarket | None,
    clob: ClobMarket | None,
    *,
    at_ms: int,
    before: MarketDescribed | None = None,
) -> MarketDescribed | None:
    """None where neither lists the market. `before`: what was said of it last."""
    if gamma is not None:
        told = _by_gamma(gamma, at_ms)
        return told if clob is None and before is None else _ruled(told, clob, before)
    if clob is None:
        return None
    blank = MarketDescribed(
        condition_id=clob.condition_id,
        outcomes=(),
        tick_size_micros=0,
        minimum_size_micros=0,
        fee=clob.fee,
        source="",
        read_at_ms=at_ms,
    )
    known = _replace(before or blank, source="", read_at_ms=at_ms)
    return _ruled(known, clob, before)


def changed(before: MarketDescribed | None, after: MarketDescribed) -> bool:
    """Whether anything is new but who said it and when."""
    return before is None or content(before) != content(after)


def content(event: MarketDescribed) -> str:
    """32 hex digits of what is said; the same whoever said it, whenever."""
    return derive("market", encode(_replace(event, source="", read_at_ms=0)).decode())


def market_resolved(
    tokens: tuple[TokenId, ...],
    resolution: Resolution | None,
    gamma: GammaMarket | None,
    *,
    at_ms: int,
) -> MarketResolved | None:
    """`tokens` in the order of the outcomes. None where nobody says what the shares pay.

    The chain's payouts, as the Data API has them, go before Gamma's last prices. A time that nobody
    says is when it was read.
    """
    if resolution is not None and resolution.payouts_micros:
        condition, payouts = resolution.condition_id, resolution.payouts_micros
        source, resolved_at_ms = RESOLUTIONS, resolution.resolved_at_ms
    elif gamma is not None and gamma.payouts_micros:
        condition, payouts = gamma.condition_id, gamma.payouts_micros
        source, resolved_at_ms = GAMMA, gamma.closed_at_ms
    else:
        return None
    if len(payouts) != len(tokens):
        return None
    return MarketResolved(
        condition_id=condition,
        payouts=tuple(
            Payout(token_id=token_id, price_micros=price)
            for token_id, price in zip(tokens, payouts, strict=True)
        ),
        resolved_at_ms=resolved_at_ms or at_ms,
        source=source,
        read_at_ms=at_ms,
    )


def _by_gamma(gamma: GammaMarket, at_ms: int) -> MarketDescribed:
    return MarketDescribed(
        condition_id=gamma.condition_id,
        outcomes=tuple(
            MarketOutcome(token_id=each.token_id, outcome=each.outcome) for each in gamma.outcomes
        ),
        tick_size_micros=gamma.tick_size_micros,
        minimum_size_micros=gamma.minimum_size_micros,
        fee=gamma.fee,
        source=GAMMA,
        read_at_ms=at_ms,
        version=gamma.version,
        slug=gamma.slug,
        title=gamma.title,
        event_slug=gamma.event_slug,
        category=gamma.category,
        tags=gamma.tags,
        starts_at_ms=gamma.starts_at_ms,
        game_starts_at_ms=gamma.game_starts_at_ms,
        ends_at_ms=gamma.ends_at_ms,
        neg_risk=gamma.neg_risk,
        taker_delayed=gamma.delay_s > 0,
        taker_delay_ms=gamma.delay_s * 1_000,
        accepting_orders=gamma.accepting_orders and not gamma.closed,
        closed=gamma.closed,
    )


def _ruled(
    told: MarketDescribed, clob: ClobMarket | None, before: MarketDescribed | None
) -> MarketDescribed:
    """`told` with the CLOB's rules. Where it lists the market no more, with those of before, unless
    there were none."""
    if clob is None:
        known = before is not None and before.tick_size_micros > 0 and before.outcomes
        if before is None or not known:
            return told
        return _replace(
            told,
            outcomes=before.outcomes,
            tick_size_micros=before.tick_size_micros,
            minimum_size_micros=before.minimum_size_micros,
            fee=before.fee,
            version=before.version,
            neg_risk=before.neg_risk,
            taker_delayed=before.taker_delayed,
            taker_delay_ms=before.taker_delay_ms,
        )
    return _replace(
        told,
        outcomes=_outcomes(told, clob),
        tick_size_micros=clob.tick_size_micros or told.tick_size_micros,
        minimum_size_micros=clob.minimum_size_micros or told.minimum_size_micros,
        fee=clob.fee,
        source=f"{told.source}+{CLOB}" if told.source else CLOB,
        version=clob.version or told.version,
        neg_risk=clob.neg_risk,
        taker_delayed=clob.taker_delayed or clob.delay_s > 0,
        taker_delay_ms=clob.delay_s * 1_000,
        accepting_orders=clob.accepting_orders and not told.closed,
    )


def _outcomes(told: MarketDescribed, clob: ClobMarket) -> tuple[MarketOutcome, ...]:
    """The CLOB's tokens, in Gamma's order where both have the same: payouts come in that order."""
    tokens = {token.token_id for token in clob.tokens}
    if not tokens or tokens == {outcome.token_id for outcome in told.outcomes}:
        return told.outcomes
    return tuple(
        MarketOutcome(token_id=token.token_id, outcome=token.outcome) for token in clob.tokens
    )
