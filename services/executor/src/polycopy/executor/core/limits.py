"""The executor's patience."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How old a signal may be when it is taken up, and an order when its bytes are sent again."""

    signal_age_ms_max: int = 60_000
    resend_ms_max: int = 60_000
