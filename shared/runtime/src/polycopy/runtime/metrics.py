"""Figures shared by all services. Names and units as Prometheus wants them; no ids in labels."""

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

_LATENCY_BUCKETS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 10.0)

HANDLED = Counter(
    "polycopy_handled_total",
    "Messages answered by a worker.",
    ("event", "outcome"),
)
"""`outcome`: done, retried, parked or bug."""
HANDLE_SECONDS = Histogram(
    "polycopy_handle_seconds", "Time to handle a message.", ("event",), buckets=_LATENCY_BUCKETS_S
)
APPENDED = Counter("polycopy_appended_total", "Appends to the log.", ("event", "outcome"))
"""`outcome`: stored, known (read back or a duplicate), conflict or unknown."""
APPEND_SECONDS = Histogram(
    "polycopy_append_seconds", "Time to append an event.", buckets=_LATENCY_BUCKETS_S
)
CONSUMERS_RECREATED = Counter(
    "polycopy_consumers_recreated_total", "Pull consumers made again.", ("reason",)
)
RECONNECTS = Counter("polycopy_reconnects_total", "Connections to the log made again.")
CONNECTED = Gauge("polycopy_log_connected", "1 while the connection to the log stands.")
SEQUENCE = Gauge("polycopy_handled_sequence", "Log sequence of the last message answered.")
VENUE_CLOCK_OFFSET = Gauge(
    "polycopy_venue_clock_offset_seconds", "How far the venue's clock is ahead of ours."
)
CAPTURE_DROPPED = Counter("polycopy_capture_dropped_total", "Raw frames that were not kept.")


def exposition() -> bytes:
    """All figures of this process in Prometheus' text format."""
    return generate_latest(REGISTRY)
