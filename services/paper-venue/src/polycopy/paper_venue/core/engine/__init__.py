"""The exchange itself: markets, orders, books, accounts, the chain's ledger, and how they change.

`placing` and `clearing` decide: they read the exchange and return facts. `exchange.evolve` is the
one place where it changes.
"""
