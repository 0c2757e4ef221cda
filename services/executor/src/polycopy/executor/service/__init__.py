"""The loop, and the order of effects."""
