"""Who speaks for whom: API keys, signatures, and the wallets that follow from a key."""
