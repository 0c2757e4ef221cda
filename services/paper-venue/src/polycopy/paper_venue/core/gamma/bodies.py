"""Markets as Gamma's JSON: its names, its order of keys, lists inside of texts.

What is zero or empty is often left out there; what is left out here was left out in recordings.
"""

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.gamma import identities
from polycopy.paper_venue.core.gamma.catalogue import Listed, event_slug, market_slug
from polycopy.paper_venue.core.gamma.figures import Figures
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.instants import calendar_day, rfc3339, spaced
from polycopy.schemas.money import MICROS, decimal_text

_V2 = 2
_REBATE_PPM = 200_000


def market(
    listed: Listed,
    shown: Figures,
    *,
    events: list[wire.Body] | None,
    tags: list[wire.Body] | None,
) -> wire.Body:
    """One market. `events` None inside of an event, `tags` None where nobody asked for them."""
    one = listed.market
    return {
        **_head(listed, shown),
        **_origin(one),
        **_trading(one, shown),
        **_volumes(shown),
        **_tokens(one),
        **_volumes_of_the_book(shown),
        **_fees(one),
        "acceptingOrders": one.accepting and not one.resolved,
        "negRisk": one.neg_risk,
        **_neg_risk(one),
        **({} if events is None else {"events": events}),
        "ready": False,
        "funded": False,
        "acceptingOrdersTimestamp": rfc3339(one.created_at_s),
        **({} if tags is None else {"tags": tags}),
        **_prices(one, shown),
        **_flags(one),
        **_fee_schedule(one),
        **_protocol(one),
    }


def outcome_prices(one: Market, shown: Figures) -> list[str]:
    """The payouts of a market that is over, the two prices that add up to one before."""
    if one.resolved:
        return [decimal_text(token.payout_micros or 0) for token in one.tokens]
    return [decimal_text(shown.mark_micros), decimal_text(MICROS - shown.mark_micros)]


def listed_text(values: list[str]) -> str:
    """A list as Gamma writes it: JSON inside a text, with a space after each comma."""
    return "[" + ", ".join(msgspec.json.encode(value).decode() for value in values) + "]"


def _head(listed: Listed, shown: Figures) -> wire.Body:
    one = listed.market
    return {
        "id": str(listed.market_id),
        "question": one.title,
        "conditionId": one.condition_id,
        "slug": market_slug(one),
        "resolutionSource": "",
        **({"endDate": rfc3339(one.ends_at_s)} if one.ends_at_s else {}),
        "liquidity": decimal_text(shown.liquidity_micros),
        **({"startDate": rfc3339(_starts_s(one))} if _starts_s(one) else {}),
        "image": "",
        "icon": "",
        "description": one.title,
        "outcomes": listed_text([token.outcome for token in one.tokens]),
        "outcomePrices": listed_text(outcome_prices(one, shown)),
        "volume": decimal_text(shown.volume_micros),
        "active": True,
        "closed": one.resolved,
        "marketMakerAddress": "",
        "createdAt": rfc3339(one.created_at_s),
        "updatedAt": rfc3339(max(one.created_at_s, one.resolved_at_s)),
    }


def _origin(one: Market) -> wire.Body:
    return {
        **({"closedTime": spaced(one.resolved_at_s)} if one.resolved else {}),
        "new": False,
        "featured": False,
        "submitted_by": identity.wallet("submitter"),
        "archived": False,
        "resolvedBy": identity.wallet("resolver"),
        "restricted": True,
        "groupItemTitle": "",
        "groupItemThreshold": "0",
        "questionID": identities.question_id(one.condition_id),
        **({"umaEndDate": rfc3339(one.resolved_at_s)} if one.resolved else {}),
    }


def _trading(one: Market, shown: Figures) -> wire.Body:
    return {
        "enableOrderBook": True,
        "orderPriceMinTickSize": wire.number(one.tick_size_micros),
        "orderMinSize": wire.number(one.minimum_size_micros),
        **({"umaResolutionStatus": "resolved"} if one.resolved and one.version != _V2 else {}),
        "volumeNum": wire.number(shown.volume_micros),
        "liquidityNum": wire.number(shown.liquidity_micros),
        **({"endDateIso": calendar_day(one.ends_at_s)} if one.ends_at_s else {}),
        **({"startDateIso": calendar_day(_starts_s(one))} if _starts_s(one) else {}),
        "hasReviewedDates": True,
        **({"gameStartTime": spaced(one.game_starts_at_s)} if one.game_starts_at_s else {}),
        **_delay(one),
    }


def _delay(one: Market) -> wire.Body:
    return {"secondsDelay": one.delay_s} if one.delay_s else {}


def _volumes(shown: Figures) -> wire.Body:
    return _four("", shown)


def _volumes_of_the_book(shown: Figures) -> wire.Body:
    return {
        **_four("Clob", shown),
        "volumeClob": wire.number(shown.volume_micros),
        "liquidityClob": wire.number(shown.liquidity_micros),
    }


def _four(suffix: str, shown: Figures) -> wire.Body:
    return {
        f"volume24hr{suffix}": wire.number(shown.volume_day_micros),
        f"volume1wk{suffix}": wire.number(shown.volume_week_micros),
        f"volume1mo{suffix}": wire.number(shown.volume_month_micros),
        f"volume1yr{suffix}": wire.number(shown.volume_year_micros),
    }


def _tokens(one: Market) -> wire.Body:
    """Protocol V2 has position ids instead, in a list that is one."""
    ids: wire.Body = {}
    if one.version != _V2:
        ids = {"clobTokenIds": listed_text([token.token_id for token in one.tokens])}
    return {**ids, "umaBond": "500", "umaReward": "5"}


def _fees(one: Market) -> wire.Body:
    fees: wire.Body = {}
    if one.fee.rate_ppm:
        fees = {"makerBaseFee": one.base_fee_bps, "takerBaseFee": one.base_fee_bps}
    return {**fees, "customLiveness": 0}


def _neg_risk(one: Market) -> wire.Body:
    if not one.neg_risk:
        return {"negRiskRequestID": ""}
    return {
        "negRiskMarketID": identities.neg_risk_market_id(event_slug(one)),
        "negRiskRequestID": identities.request_id(one.condition_id),
    }


def _prices(one: Market, shown: Figures) -> wire.Body:
    return {
        "cyom": False,
        "competitive": wire.number(shown.competitive_micros),
        "pagerDutyNotificationEnabled": False,
        "approved": True,
        "rewardsMinSize": 0,
        "rewardsMaxSpread": 0,
        "spread": wire.number(shown.ask_micros - shown.bid_micros),
        **({"automaticallyResolved": True} if one.resolved else {}),
        "lastTradePrice": wire.number(shown.last_micros),
        **({"bestBid": wire.number(shown.bid_micros)} if shown.bid_micros else {}),
        "bestAsk": wire.number(shown.ask_micros),
    }


def _flags(one: Market) -> wire.Body:
    return {
        "automaticallyActive": True,
        "clearBookOnStart": bool(one.game_starts_at_s),
        "manualActivation": False,
        "negRiskOther": False,
        "umaResolutionStatuses": "[]",
        "pendingDeployment": False,
        "deploying": False,
        "deployingTimestamp": rfc3339(one.created_at_s),
        "rfqEnabled": False,
        "holdingRewardsEnabled": False,
        "feesEnabled": bool(one.fee.rate_ppm),
        "requiresTranslation": False,
    }


def _fee_schedule(one: Market) -> wire.Body:
    if not one.fee.rate_ppm:
        return {"feeType": None}
    return {
        "feeType": f"{one.category.lower() or 'general'}_fees_v2",
        "feeSchedule": {
            "exponent": one.fee.exponent,
            "rate": wire.number(one.fee.rate_ppm),
            "takerOnly": True,
            "rebateRate": wire.number(_REBATE_PPM),
        },
    }


def _protocol(one: Market) -> wire.Body:
    if one.version != _V2:
        return {"version": "v1"}
    return {
        "version": "v2",
        "positionIds": [token.token_id for token in one.tokens],
        "onchainEventId": identities.onchain_event_id(event_slug(one)),
        "requestId": identities.request_id(one.condition_id),
        "resolutionStatus": "resolved" if one.resolved else "active",
    }


def _starts_s(one: Market) -> int:
    return one.starts_at_s or one.created_at_s
