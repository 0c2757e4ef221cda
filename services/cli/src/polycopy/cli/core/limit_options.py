"""Limits as the operator says and reads them: percent, pUSD, orders. In the log they are parts per
million and micros."""

import re
from collections.abc import Mapping
from enum import Enum

import msgspec

from polycopy.cli.core.page import Column, Fit, Table
from polycopy.cli.core.words import cents, money
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.money import MICROS, decimal_text, micros

_PPM = 1_000_000
_MICROS_OF_PPM = 100
"""1 % is 1_000_000 micros of a percent, and 10_000 parts per million."""
_PERCENT_MAX = 100
_BUDGET_PERCENT_MAX = 10_000
"""The same money can be spent, come back, and be spent again in a day."""
_ORDERS_MAX = 1_000


class Unit(Enum):
    """How a limit is said."""

    PERCENT = "percent"
    PUSD = "pusd"
    ORDERS = "orders"


_OF = {Unit.PERCENT: " percent", Unit.PUSD: " pUSD"}


class LimitOption(msgspec.Struct, frozen=True, kw_only=True):
    """A field of AccountLimits, the option that sets it, what it bounds, and what it means where
    that is 0. `most`: the largest value, in its unit."""

    field: str
    option: str
    unit: Unit
    what: str
    most: int
    at_zero: str = "it sends no entry"


def _percent(
    field: str, option: str, what: str, *, most: int = _PERCENT_MAX, at_zero: str = ""
) -> LimitOption:
    one = LimitOption(
        field=field, option=f"--{option}-percent", unit=Unit.PERCENT, what=what, most=most
    )
    return msgspec.structs.replace(one, at_zero=at_zero) if at_zero else one


_AFTER_A_LOSS = "it sends no entry on a day that has any loss, and a fee is one"
_BELOW_THE_HIGHEST = (
    "it sends no entry while its result is below its highest, and a fee makes it so"
)
OPTIONS = (
    _percent("order_ppm_max", "order", "one order"),
    _percent("market_exposure_ppm_max", "market", "one market"),
    _percent("leader_exposure_ppm_max", "leader", "one leader"),
    _percent("total_exposure_ppm_max", "total", "all markets"),
    _percent("daily_budget_ppm_max", "daily-budget", "spent in a day", most=_BUDGET_PERCENT_MAX),
    _percent("daily_loss_ppm_max", "daily-loss", "lost in a day", at_zero=_AFTER_A_LOSS),
    _percent(
        "drawdown_ppm_max", "drawdown", "below the highest result", at_zero=_BELOW_THE_HIGHEST
    ),
    LimitOption(
        field="orders_per_minute_max",
        option="--orders-per-minute",
        unit=Unit.ORDERS,
        what="entries in a minute",
        most=_ORDERS_MAX,
    ),
    LimitOption(
        field="price_gap_micros_max",
        option="--price-gap",
        unit=Unit.PUSD,
        what="from the leader's price",
        most=1,
        at_zero="it sends an entry only where the book is exactly at the leader's price",
    ),
)


class LimitFault(Exception):  # noqa: N818 - the word says it
    """What is wrong with what was said. Every argument is a fault in one line."""


def changed(limits: AccountLimits, said: Mapping[str, str]) -> AccountLimits:
    """The limits with what was said, by field. Raises LimitFault with every fault."""
    values, faults = {}, []
    for one in OPTIONS:
        if one.field in said:
            try:
                values[one.field] = _value(one, said[one.field])
            except ValueError as error:
                faults.append(f"{one.option}: {error}")
    if faults:
        raise LimitFault(*faults)
    return msgspec.structs.replace(limits, **values)


def remarks(limits: AccountLimits) -> list[str]:
    """What limits of 0 mean, one line each."""
    return [f"{one.what}: 0, so {one.at_zero}" for one in OPTIONS if not getattr(limits, one.field)]


def plain(limits: AccountLimits) -> Mapping[str, int]:
    """Every limit, the defaults too: for programs."""
    return msgspec.structs.asdict(limits)


def view(limits: AccountLimits, deposited_micros: int) -> Table:
    return Table(
        columns=(
            Column("limit"),
            Column("at most", right=True),
            Column("in pUSD", right=True),
            Column(""),
            Column("option", fit=Fit.KEEP),
        ),
        rows=tuple(_row(one, limits, deposited_micros) for one in OPTIONS),
    )


def _row(one: LimitOption, limits: AccountLimits, deposited_micros: int) -> tuple[str, ...]:
    value: int = getattr(limits, one.field)
    share = value * deposited_micros // _PPM
    return (
        one.what,
        _text(one.unit, value),
        cents(share) if one.unit is Unit.PERCENT else "",
        "default" if value == getattr(AccountLimits(), one.field) else "set",
        one.option,
    )


def _text(unit: Unit, value: int) -> str:
    match unit:
        case Unit.PERCENT:
            return f"{decimal_text(value * _MICROS_OF_PPM)} %"
        case Unit.PUSD:
            return money(value)
        case Unit.ORDERS:
            return str(value)


def _value(one: LimitOption, text: str) -> int:
    if one.unit is Unit.ORDERS:
        digits = len(str(one.most))
        if not re.fullmatch(rf"[0-9]{{1,{digits}}}", text) or int(text) > one.most:
            raise ValueError(f"must be a whole number from 0 to {one.most}")
        return int(text)
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{0,20})?|\.[0-9]{1,20}", text):
        raise ValueError(f"must be a number from 0 to {one.most}{_OF[one.unit]}, as 5 or 0.5")
    value = micros(text)
    if not 0 <= value <= one.most * MICROS:
        raise ValueError(f"must be from 0 to {one.most}{_OF[one.unit]}")
    if one.unit is Unit.PUSD:
        return value
    if value % _MICROS_OF_PPM:
        raise ValueError("has more than four decimals")
    return value // _MICROS_OF_PPM
