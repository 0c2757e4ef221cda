"""The outside of the executor: the signing library, the venue, and a venue on paper."""
