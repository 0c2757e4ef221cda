"""The control side: what commands do to the exchange, and the journal of all that happened."""
