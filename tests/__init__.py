"""A package, no namespace: py-order-utils installs a `tests` too, which would be found first."""
