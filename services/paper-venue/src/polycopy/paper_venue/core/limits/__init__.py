"""Rate limits, in both layers: by IP at the edge, by signer at the exchange."""
