"""The Data API: what is on the chain as its indexer tells it, a few seconds late and often cached.

`routes.respond` answers every path of both versions. Version 1 speaks camelCase in bare lists with
offsets; version 2 snake_case in an envelope with cursors. Both read the same `rows`.

Sources: research section 4; the project's copy of the API's own description and what others saw of
it (September and October 2026); recordings of version 1 (April 2026).
"""
