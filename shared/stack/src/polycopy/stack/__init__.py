"""An embedded NATS server and Postgres, for one machine."""

from polycopy.stack.folder import StackFault
from polycopy.stack.stack import Stack, open_nats, open_postgres, open_stack, remove_stack

__all__ = ["Stack", "StackFault", "open_nats", "open_postgres", "open_stack", "remove_stack"]
