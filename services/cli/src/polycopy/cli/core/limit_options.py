"""Limits as the operator says and reads them: percent, pUSD, orders. In the log they are parts per
million and micros."""

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
_PERCENT_MAX = 10_000
_ORDERS_MAX = 1_000


class Unit(Enum):
    """How a limit is said."""

    PERCENT = "percent"
    PUSD = "pusd"
    ORDERS = "orders"


class LimitOption(msgspec.Struct, frozen=True, kw_only=True):
    """A field of AccountLimits, the option that sets it, and what it bounds."""

    field: str
    option: str
    unit: Unit
    what: str


def _percent(field: str, option: str, what: str) -> LimitOption:
    return LimitOption(field=field, option=f"--{option}-percent", unit=Unit.PERCENT, what=what)


OPTIONS = (
    _percent("order_ppm_max", "order", "one order"),
    _percent("market_exposure_ppm_max", "market", "one market"),
    _percent("leader_exposure_ppm_max", "leader", "one leader"),
    _percent("total_exposure_ppm_max", "total", "all markets"),
    _percent("daily_budget_ppm_max", "daily-budget", "spent in a day"),
    _percent("daily_loss_ppm_max", "daily-loss", "lost in a day"),
    _percent("drawdown_ppm_max", "drawdown", "below the highest result"),
    LimitOption(
        field="orders_per_minute_max",
        option="--orders-per-minute",
        unit=Unit.ORDERS,
        what="entries in a minute",
    ),
    LimitOption(
        field="price_gap_micros_max",
        option="--price-gap",
        unit=Unit.PUSD,
        what="from the leader's price",
    ),
)


class LimitFault(Exception):  # noqa: N818 - the word says it
    """What is wrong with what was said, one fault after the other."""


def changed(limits: AccountLimits, said: Mapping[str, str]) -> AccountLimits:
    """The limits with what was said, by field. Raises LimitFault with every fault."""
    values, faults = {}, []
    for one in OPTIONS:
        if one.field in said:
            try:
                values[one.field] = _value(one.unit, said[one.field])
            except ValueError as error:
                faults.append(f"{one.option}: {error}")
    if faults:
        raise LimitFault("; ".join(faults))
    return msgspec.structs.replace(limits, **values)


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


def _value(unit: Unit, text: str) -> int:
    if unit is Unit.ORDERS:
        if not (text.isascii() and text.isdigit() and int(text) <= _ORDERS_MAX):
            raise ValueError(f"must be a whole number from 0 to {_ORDERS_MAX}")
        return int(text)
    most, what = (MICROS, "1") if unit is Unit.PUSD else (_PERCENT_MAX * MICROS, str(_PERCENT_MAX))
    value = micros(text)
    if not 0 <= value <= most:
        raise ValueError(f"must be from 0 to {what}")
    if unit is Unit.PUSD:
        return value
    if value % _MICROS_OF_PPM:
        raise ValueError("has more than four decimals")
    return value // _MICROS_OF_PPM
