"""What only the log in memory shows; everything else is in `tests/contract/log`."""

from polycopy.runtime.log import KEPT_BYTES_MAX
from polycopy.runtime.memory_log import KeptFrame, MemoryLog


async def test_a_frame_is_cut_and_its_length_is_kept() -> None:
    log = MemoryLog()
    await log.keep("rtds", "not json", b"x" * (KEPT_BYTES_MAX + 1))
    assert log.kept == [
        KeptFrame(
            source="rtds",
            reason="not json",
            raw=b"x" * KEPT_BYTES_MAX,
            original_bytes=KEPT_BYTES_MAX + 1,
        )
    ]
