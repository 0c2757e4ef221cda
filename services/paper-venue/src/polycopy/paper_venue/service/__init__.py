"""The venue at work: the loop, the clock, and the order of effects around the pure core."""
