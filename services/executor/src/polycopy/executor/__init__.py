"""Turns qualified signals into orders."""
