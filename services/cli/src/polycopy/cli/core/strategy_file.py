"""A strategy as an operator writes it: TOML with decimal numbers or texts.

`0.05`, `"0.05"` and `5` are all read as decimal text; a number never becomes a float. All faults
are found in one reading. An unknown key is a fault: a misspelt limit must not be a missing limit.
"""

import tomllib
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from polycopy.cli.core.words import plain
from polycopy.schemas import control
from polycopy.schemas.control import Strategy, VenueName
from polycopy.schemas.ids import AccountId, StrategyId, Wallet
from polycopy.schemas.money import MICROS, Side, micros
from polycopy.schemas.subjects import token

_S = 1_000
_DOLLARS_MAX = 10**9
"""Of any amount. A thousand of them are still an amount (`money.LIMIT`)."""
_AGE_S_MAX = 30 * 24 * 3_600


class StrategyFault(Exception):  # noqa: N818 - the word says it
    """The file holds no strategy. Every argument is a fault in one line."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


def _decimal(value: object) -> int:
    match value:
        case bool():
            raise ValueError("not a number")
        case int() | str():
            return micros(str(value))
        case _:
            raise ValueError("not a number")


def _is_price(value: int) -> int:
    if not 0 <= value <= MICROS:
        raise ValueError("a price lies between 0 and 1")
    return value


def _is_positive(value: int) -> int:
    if value <= 0:
        raise ValueError("must be more than 0")
    return value


def _is_amount(value: int) -> int:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _is_bounded(value: int) -> int:
    if value > _DOLLARS_MAX * MICROS:
        raise ValueError(f"must not be more than {_DOLLARS_MAX} (one billion)")
    return value


def _is_share(value: int) -> int:
    if value > MICROS:
        raise ValueError("must not be more than 1, the leader's own size; 0.02 is 2 %")
    return value


def _name(value: str) -> str:
    try:
        return token(value)
    except ValueError:
        raise ValueError("letters, digits, - and _ alone, at most 128") from None


def _is_age(value: int) -> int:
    if not 0 < value <= _AGE_S_MAX:
        raise ValueError(f"must be more than 0 and at most {_AGE_S_MAX} (30 days)")
    return value


def _are_distinct(sides: tuple[Side, ...]) -> tuple[Side, ...]:
    if len(set(sides)) < len(sides):
        raise ValueError("a side is listed twice")
    return sides


def _is_wallet(value: str) -> str:
    lower = value.lower()
    if len(lower) != len("0x") + 40 or not lower.startswith("0x") or not _is_hex(lower[2:]):
        raise ValueError("not a wallet: 0x and 40 hex digits")
    return lower


def _is_hex(text: str) -> bool:
    return all(digit in "0123456789abcdef" for digit in text)


Name = Annotated[str, AfterValidator(_name)]
Price = Annotated[int, BeforeValidator(_decimal), AfterValidator(_is_price)]
Amount = Annotated[
    int, BeforeValidator(_decimal), AfterValidator(_is_amount), AfterValidator(_is_bounded)
]
Positive = Annotated[
    int, BeforeValidator(_decimal), AfterValidator(_is_positive), AfterValidator(_is_bounded)
]
Share = Annotated[
    int, BeforeValidator(_decimal), AfterValidator(_is_positive), AfterValidator(_is_share)
]
Age = Annotated[int, AfterValidator(_is_age)]
Sides = Annotated[tuple[Side, ...], Field(min_length=1), AfterValidator(_are_distinct)]
WalletText = Annotated[str, AfterValidator(_is_wallet)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Fixed(_Table):
    mode: Literal["fixed"]
    notional: Positive

    def sizing(self) -> control.Sizing:
        return control.FixedSizing(notional_micros=self.notional)


class _Proportional(_Table):
    mode: Literal["proportional"]
    ratio: Share

    def sizing(self) -> control.Sizing:
        return control.ProportionalSizing(ratio_ppm=self.ratio)


class _File(_Table):
    name: Name
    account: Name
    venue: VenueName
    capital: Positive
    sizing: Annotated[_Fixed | _Proportional, Field(discriminator="mode")]
    targets: tuple[WalletText, ...] = ()
    sides: Sides = (Side.BUY, Side.SELL)
    price_min: Price = 50_000
    price_max: Price = 950_000
    leader_notional_min: Amount = 0
    trade_age_s_max: Age = 60
    slippage_max: Price = 20_000
    order_notional_min: Positive = 1 * MICROS
    order_notional_max: Positive = 100 * MICROS

    @model_validator(mode="after")
    def _limits_leave_room(self) -> "_File":
        faults = []
        if self.price_min > self.price_max:
            faults.append("price_min is above price_max")
        if self.order_notional_min > self.order_notional_max:
            faults.append("order_notional_min is above order_notional_max")
        if faults:
            raise ValueError("\n".join(faults))
        return self


def parse(text: str) -> Strategy:
    """The strategy in a file. Raises StrategyFault with every fault."""
    try:
        file = _File.model_validate(tomllib.loads(text, parse_float=str))
    except tomllib.TOMLDecodeError as error:
        raise StrategyFault(f"not TOML: {error}") from error
    except ValidationError as error:
        raise StrategyFault(
            *(
                plain(f"{_place(fault['loc'])}{words}")
                for fault in error.errors(include_url=False, include_input=False)
                for words in _words(fault["msg"]).splitlines()
            )
        ) from error
    return Strategy(
        strategy_id=StrategyId(file.name),
        account=AccountId(file.account),
        venue=file.venue,
        sizing=file.sizing.sizing(),
        capital_micros=file.capital,
        targets=tuple(Wallet(wallet) for wallet in file.targets),
        sides=file.sides,
        price_min_micros=file.price_min,
        price_max_micros=file.price_max,
        leader_notional_min_micros=file.leader_notional_min,
        trade_age_ms_max=file.trade_age_s_max * _S,
        slippage_micros_max=file.slippage_max,
        order_notional_min_micros=file.order_notional_min,
        order_notional_max_micros=file.order_notional_max,
    )


def wallet_from(text: str) -> Wallet:
    """A wallet as it stands in the log: lower case. ValueError for anything else."""
    return Wallet(_is_wallet(text))


def _place(location: tuple[int | str, ...]) -> str:
    # The tag of the sizing's mode is pydantic's word, not the operator's.
    words = [str(part) for part in location if part not in {"fixed", "proportional"}]
    return f"{'.'.join(words)}: " if words else ""


def _words(message: str) -> str:
    known = {"Extra inputs are not permitted": "unknown key", "Field required": "missing"}
    return known.get(message, message.removeprefix("Value error, "))
