"""A Polygon node's view of the ledger: logs, blocks and JSON-RPC, as far as a copy trader asks."""
