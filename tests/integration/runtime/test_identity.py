"""Whether the log is the one that was opened, while others write to it."""

from polycopy.runtime.nats_api import Api, StreamInfo
from polycopy.runtime.nats_connection import connect
from polycopy.runtime.nats_identity import Identity
from tests.support.nats_raw import real_log
from tests.support.nats_server import Account


class Overtaken(Api):
    """While the server's answer is on its way, an event is stored and acknowledged."""

    identity: Identity

    async def stream_info(self, stream: str) -> StreamInfo:
        info = await super().stream_info(stream)
        self.identity.saw(info.state.last_seq + 1)
        return info


async def test_an_event_that_is_acknowledged_during_the_look_is_no_loss(
    nats_account: Account,
) -> None:
    async with (
        real_log(nats_account) as log,
        connect(nats_account.url, name="test", within_s=5) as connection,
    ):
        api = Overtaken(connection)
        api.identity = Identity(connection, api, log.log_id)

        await api.identity.check_position(1, None)
