"""Random events of an account as a whole: see `histories`."""

from polycopy.schemas import accounts
from polycopy.schemas.ids import AccountId, VenueOrderId
from tests.support.dice import CONDITION, START_MS, TOKENS, Dice


def about_the_account(dice: Dice, account: AccountId) -> accounts.AccountEvent:
    token_id, at_ms = dice.one_of(TOKENS), dice.time_ms
    told: tuple[accounts.AccountEvent, ...] = (
        accounts.AccountFellBehind(account=account, reason=dice.words, fell_behind_at_ms=at_ms),
        accounts.AccountCaughtUp(
            account=account,
            epoch=dice.number(1, 3),
            read_from_ms=START_MS,
            caught_up_at_ms=at_ms,
        ),
        accounts.BalanceDisputed(
            account=account,
            token_id=token_id,
            expected_micros=dice.size,
            venue_micros=dice.size,
            checked_at_ms=at_ms,
        ),
        accounts.BalanceAgreed(
            account=account, token_id=token_id, venue_micros=dice.size, checked_at_ms=at_ms
        ),
        accounts.ExternalOrderSeen(
            account=account,
            venue_order_id=VenueOrderId(f"0xother{dice.number(0, 2)}"),
            condition_id=CONDITION,
            token_id=token_id,
            side=dice.side,
            size_micros=dice.size,
            price_micros=dice.price,
            seen_in="trades",
            seen_at_ms=at_ms,
        ),
    )
    return dice.one_of(told)
