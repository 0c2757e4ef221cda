"""What the README says in figures is what the code does."""

import re
from pathlib import Path

from polycopy.cli.core import limit_options
from polycopy.schemas.limits import AccountLimits

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_table_of_limits_holds_every_default() -> None:
    told = dict(re.findall(r"^\| `(--[a-z-]+)` \| ([^|]+) \|", README, re.MULTILINE))
    *_, options = zip(*limit_options.view(AccountLimits(), 0).rows, strict=True)
    defaults = [row[1] for row in limit_options.view(AccountLimits(), 0).rows]
    assert told == dict(zip(options, defaults, strict=True))
