"""An embedded NATS server and Postgres, for one machine."""

from polycopy.stack.folder import StackFault, holds_stack
from polycopy.stack.stack import Stack, open_nats, open_postgres, open_stack, remove_stack

__all__ = [
    "Stack",
    "StackFault",
    "holds_stack",
    "open_nats",
    "open_postgres",
    "open_stack",
    "remove_stack",
]
