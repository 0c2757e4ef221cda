"""Gamma: what the venue says of its markets and events, in its own old-grown names.

`routes.respond` answers every path. Sources: research section 5; recordings of April to July 2026.
"""
