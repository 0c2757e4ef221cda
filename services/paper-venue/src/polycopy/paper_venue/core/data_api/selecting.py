"""What a reader of the feeds asks for, in either version, and which rows fit."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from polycopy.paper_venue.core.data_api.rows import Index, Row, Window
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.ledger import Movement
from polycopy.paper_venue.core.gamma.catalogue import Catalogue
from polycopy.paper_venue.core.protocol.parameters import BadParameterError, Parameters
from polycopy.polymarket.order_hash import EXCHANGE_V2, EXCHANGE_V3, NEG_RISK_EXCHANGE_V2
from polycopy.schemas.ids import ConditionId, Wallet

SELECTORS_MAX = 20
ACTIVITY_TYPES = (
    *(kind.value for kind in Movement),
    *("REWARD", "DEPOSIT", "WITHDRAWAL", "YIELD", "MAKER_REBATE", "TAKER_REBATE"),
    *("REFERRAL_REWARD", "MIGRATION", "TIP"),
)
"""What may be asked for. The venue makes only what `Movement` has."""
_WALLET = re.compile(r"0x[0-9a-f]{40}")
_CONDITION = re.compile(r"0x([0-9a-f]{64}|[0-9a-f]{62})")
_CONTRACTS = frozenset(
    contract.address.lower() for contract in (EXCHANGE_V2, NEG_RISK_EXCHANGE_V2, EXCHANGE_V3)
)


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """`conditions` None: every market. Amounts count shares, or dollars where `cash`."""

    wallet: Wallet | None = None
    conditions: tuple[ConditionId, ...] | None = None
    kinds: frozenset[str] | None = None
    side: str = ""
    taker_only: bool = False
    least_micros: int = 0
    cash: bool = False

    def fits(self, row: Row) -> bool:
        amount_micros = row.usdc_micros if self.cash else row.size_micros
        return (
            (self.wallet is None or row.wallet == self.wallet)
            and (self.conditions is None or row.condition_id in self.conditions)
            and (self.kinds is None or row.kind.value in self.kinds)
            and (not self.side or row.side == self.side)
            and (row.taker or not self.taker_only)
            and amount_micros >= self.least_micros
        )


def selected(index: Index, selection: Selection, window: Window) -> Iterator[Row]:
    """Rows that fit, in the window's direction; reads only what is taken of it."""
    if selection.conditions == ():
        return iter(())
    places = index.places(selection.wallet, selection.conditions or ())
    return filter(selection.fits, index.walk(places, window))


def wallet(text: str) -> Wallet | None:
    """None: no address."""
    lowered = text.lower()
    return Wallet(lowered) if _WALLET.fullmatch(lowered) else None


def asked_wallet(parameters: Parameters, *, needed: bool, words: str) -> Wallet | None:
    """The `user`. `words` for one that is needed and is not there or is no address; an exchange's
    own address has no page."""
    text = parameters.text("user", "user_address")
    if not text and not needed:
        return None
    found = wallet(text)
    if found is None:
        raise BadParameterError("user", words)
    if found in _CONTRACTS:
        raise BadParameterError("user", "'user' is a protocol contract address")
    return found


def asked_conditions(
    exchange: Exchange, parameters: Parameters, *names: str
) -> tuple[ConditionId, ...] | None:
    """Markets by condition id and by event, at most 20 of a kind; None where nobody named any.

    BadParameterError: an id that is none, naming it; both kinds at once.
    """
    conditions = tuple(dict.fromkeys(text.lower() for text in parameters.texts(*names)))
    for condition in conditions:
        if not _CONDITION.fullmatch(condition):
            raise BadParameterError(names[0], f"invalid condition id: {condition[:80]}")
    events = asked_events(parameters)
    _at_most(names[0], conditions)
    if conditions and events:
        words = f"'{names[0]}' and 'event_id' are mutually exclusive"
        raise BadParameterError("event_id", words)
    if conditions:
        return tuple(ConditionId(condition) for condition in conditions)
    return Catalogue(exchange).conditions_of(events) if events else None


def asked_events(parameters: Parameters) -> tuple[int, ...]:
    """Gamma's ids of events."""
    texts = tuple(dict.fromkeys(parameters.texts("event_id", "eventId")))
    _at_most("event_id", texts)
    for text in texts:
        if not (text.isascii() and text.isdecimal() and 0 < int(text[:12]) < 2**31):
            raise BadParameterError("event_id", f"invalid event id: {text[:80]}")
    return tuple(map(int, texts))


def asked_kinds(parameters: Parameters) -> frozenset[str] | None:
    kinds = [text.upper() for text in parameters.texts("type")]
    for kind in kinds:
        if kind not in ACTIVITY_TYPES:
            raise BadParameterError("type", f"invalid activity type: {kind[:80]}")
    return frozenset(kinds) or None


def asked_side(parameters: Parameters) -> str:
    side = parameters.text("side").upper()
    if side not in ("", "BUY", "SELL"):
        raise BadParameterError("side", "side must be BUY or SELL")
    return side


def asks_for_cash(parameters: Parameters, *names: str) -> bool:
    kind = parameters.text(*names).upper()
    if kind not in ("", "CASH", "TOKENS"):
        raise BadParameterError(names[0], "filterType must be CASH or TOKENS")
    return kind == "CASH"


def _at_most(name: str, values: Sequence[str]) -> None:
    if len(values) > SELECTORS_MAX:
        words = f"at most {SELECTORS_MAX} distinct values are allowed for '{name}'"
        raise BadParameterError(name, words)
