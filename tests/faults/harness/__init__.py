"""A whole world to break: servers, services, load; and the laws that are checked from outside."""

EXECUTOR, STATUS_SYNC, QUALIFIER = "executor", "status-sync", "qualifier"
"""The services, by the names that they go by here and in their crash points."""
