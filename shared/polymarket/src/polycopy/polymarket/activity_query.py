"""How to ask the Data API what a wallet did. Source: docs.polymarket.com, Data API, `activity`.

Version 2 pages by a cursor that repeats nothing. Version 1 pages by offset, which the API refuses
beyond some thousands and which repeats rows while new ones come in at the head: it is asked by the
time of the oldest row read instead (`end`), and by offset within one second only.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from polycopy.schemas.ids import Wallet
from polycopy.schemas.trades import ActivityKind

TRADE = "TRADE"
TYPES = (TRADE, *(kind.value for kind in ActivityKind))
ROWS_MAX = 500
"""Rows of a page: version 1 gives no more, version 2 would give 1,000."""
STATUS_PATH = "/v2/status"


class Version(StrEnum):
    """Of the API; also `LeaderRow.kind` of its rows."""

    V2 = "v2"
    V1 = "v1"


PATHS: Mapping[Version, str] = {Version.V2: "/v2/activity", Version.V1: "/activity"}


class ActivityQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A page of what a wallet did, newest first. `start_s` and `end_s` are the venue's seconds,
    both included, 0 for no bound. `cursor` is of version 2, `offset` of version 1."""

    version: Version
    wallet: Wallet
    start_s: int
    end_s: int = 0
    cursor: str = ""
    offset: int = 0
    limit: int = ROWS_MAX

    @property
    def path(self) -> str:
        return PATHS[self.version]

    def parameters(self, buster: str) -> dict[str, str]:
        """`buster` must differ from request to request: a cache before the API answers the same
        question with the same rows for 15 s."""
        first = self.version is Version.V1
        asked = {
            "user": self.wallet,
            "type": ",".join(TYPES),
            "limit": str(self.limit),
            "sortBy" if first else "sort_by": "TIMESTAMP",
            "sortDirection" if first else "sort_direction": "DESC",
        }
        asked |= {"start": str(self.start_s)} if self.start_s else {}
        asked |= {"end": str(self.end_s)} if self.end_s else {}
        asked |= {"cursor": self.cursor} if self.cursor else {}
        asked |= {"offset": str(self.offset)} if self.offset else {}
        return {**asked, "_": buster}
