"""One class per outside system."""

from polycopy.stream_ingest.adapters.rtds_socket import RtdsSocket

__all__ = ["RtdsSocket"]
