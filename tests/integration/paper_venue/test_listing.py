"""`--list` into a pipe that somebody closes early."""

import os
import subprocess
import sys


def test_a_reader_who_has_seen_enough_causes_no_complaint() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "polycopy.paper_venue", "--list"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
            timeout=30,
        )

    assert (done.returncode, done.stderr) == (0, b"")
