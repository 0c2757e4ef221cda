"""What the operator allows: the trading states and the limits of the accounts. A fold of control
events; those of all accounts together, because one kill switch may be for all."""

from typing import assert_never

import msgspec
from immutables import Map

from polycopy.schemas.control import AccountLimitsSet, TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId
from polycopy.schemas.limits import AccountLimits

PermissionEvent = TradingStateSet | AccountLimitsSet

_EVERY = AccountId("")
_STRICTNESS = (TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED)
_DEFAULTS = AccountLimits()


class Permissions(msgspec.Struct, frozen=True, kw_only=True):
    """The last word about each account; about all of them under the empty id."""

    states: Map[AccountId, TradingState] = Map()
    limits: Map[AccountId, AccountLimits] = Map()


def initial() -> Permissions:
    """Nobody said anything: every account trades within the default limits."""
    return Permissions()


def evolve(permissions: Permissions, event: PermissionEvent) -> Permissions:
    """The permissions after an event, in the order of the log."""
    match event:
        case TradingStateSet(account=account, state=state):
            return msgspec.structs.replace(
                permissions, states=permissions.states.set(account, state)
            )
        case AccountLimitsSet(account=account, limits=limits):
            return msgspec.structs.replace(
                permissions, limits=permissions.limits.set(account, limits)
            )
        case _:
            assert_never(event)


def state_of(permissions: Permissions, account: AccountId) -> TradingState:
    """The stricter of the account's own state and that of all."""
    said = (permissions.states.get(one, TradingState.ACTIVE) for one in (account, _EVERY))
    return max(said, key=_STRICTNESS.index)


def limits_of(permissions: Permissions, account: AccountId) -> AccountLimits:
    """The account's own limits, else the defaults."""
    return permissions.limits.get(account, _DEFAULTS)
