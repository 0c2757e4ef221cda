"""Markets of the kinds that no recording has, beside those of a script."""

import hashlib
import random

from polycopy.paper_venue.core.engine.market import CENT_MICROS, Ladder, Market, Token, token_for
from polycopy.paper_venue.core.sources.ladders import around
from polycopy.paper_venue.core.sources.script import Script, Transaction
from polycopy.schemas.ids import ConditionId, TokenId, Wallet

_NO_POSITION_BITS = ((1 << 64) - 1) << 40


def _condition(name: str) -> ConditionId:
    return ConditionId("0x" + hashlib.sha256(name.encode()).hexdigest())


def _position(name: str) -> TokenId:
    """A position id of protocol V2: its bits 40 to 103 are zero."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()) & ~_NO_POSITION_BITS
    return TokenId(str(number))


NEG_RISK = Market(
    condition_id=_condition("neg-risk"),
    tokens=(
        Token(token_id=token_for(_condition("neg-risk"), "Yes"), outcome="Yes"),
        Token(token_id=token_for(_condition("neg-risk"), "No"), outcome="No"),
    ),
    neg_risk=True,
    slug="neg-risk-market",
    event_slug="neg-risk-event",
    title="Neg-risk market?",
)
POSITIONS = Market(
    condition_id=_condition("positions"),
    tokens=(
        Token(token_id=_position("positions Yes"), outcome="Yes"),
        Token(token_id=_position("positions No"), outcome="No"),
    ),
    version=2,
    slug="positions-market",
    event_slug="positions-market",
    title="Market of protocol V2?",
)
_BID_MICROS, _ASK_MICROS = 49 * CENT_MICROS, 51 * CENT_MICROS


class Beside:
    """A script whose venue has more markets; its leaders never touch them."""

    def __init__(self, script: Script, others: tuple[Market, ...]) -> None:
        self._script = script
        chance = random.Random(7)
        self.markets = (*script.markets, *others)
        self.opening: dict[ConditionId, Ladder] = dict(script.opening) | {
            market.condition_id: around(
                chance, bid_micros=_BID_MICROS, ask_micros=_ASK_MICROS, tick_micros=CENT_MICROS
            )
            for market in others
        }

    @property
    def wallets(self) -> tuple[Wallet, ...]:
        return self._script.wallets

    @property
    def total(self) -> int:
        return self._script.total

    @property
    def source_note(self) -> str:
        return self._script.source_note

    def transaction(self, index: int) -> Transaction:
        return self._script.transaction(index)
