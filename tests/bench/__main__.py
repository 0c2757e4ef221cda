"""`python -m tests.bench [NAME…]`."""

import sys

from tests.bench import (
    append,
    book,
    ingest,
    latency,
    projector,
    qualify,
    restart,
    venue_frames,
    venue_post,
)
from tests.bench.runner import main

BENCHES = {
    module.NAME: module.measure
    for module in (
        ingest,
        qualify,
        book,
        restart,
        append,
        venue_post,
        venue_frames,
        projector,
        latency,
    )
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], BENCHES))
