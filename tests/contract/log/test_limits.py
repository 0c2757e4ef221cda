"""What is too long for any log."""

import pytest

from polycopy.runtime.errors import Permanent
from polycopy.runtime.log import EVENT_BYTES_MAX
from polycopy.schemas.event import encode
from tests.contract.log.conftest import AnyLog
from tests.support.log_events import lost


async def test_an_event_that_is_too_long_is_permanent_and_not_stored(log: AnyLog) -> None:
    room = EVENT_BYTES_MAX - len(encode(lost("").event))
    with pytest.raises(Permanent, match="bytes, the log takes"):
        await log.append(lost("x" * (room + 1)))
    assert await log.end() == 1
    assert await log.append(lost("x" * room)) == 2
