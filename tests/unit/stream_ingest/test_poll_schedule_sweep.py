"""More wallets are looked for than may be asked."""

from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.core.poll_schedule import Pace, PollSchedule, Read


def test_the_sweep_goes_on_however_many_are_looked_for() -> None:
    schedule = PollSchedule(Pace())
    wallets = [Wallet(f"0x{number:040x}") for number in range(100)]
    schedule.aim(wallets, now_ms=0, wall_ms=10**12)
    asked = set()
    for now_ms in range(0, 120_000, 33):
        for wallet in wallets[:40]:
            schedule.look(wallet, now_ms=now_ms)
        ask = schedule.next(now_ms=now_ms)
        assert ask is not None
        asked.add(ask.wallet)
        schedule.done(ask, Read(newest_ms=10**12 + now_ms), now_ms=now_ms, wall_ms=10**12 + now_ms)
    assert len(asked) == len(wallets)
