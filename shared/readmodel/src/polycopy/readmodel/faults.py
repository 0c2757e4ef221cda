"""What can be wrong with the database. The services say what that means for them."""


class NotOurs(Exception):  # noqa: N818 - the word says it
    """This database or schema must not be touched. The text says in one line what to change."""


class Moved(Exception):  # noqa: N818 - the word says it
    """The checkpoint is not where it was left: somebody else writes to this schema."""


class Unwritable(Exception):  # noqa: N818 - the word says it
    """The tables cannot hold a value among the changes: nothing was written, nor ever will be."""


class Unavailable(Exception):  # noqa: N818 - the word says it
    """The database cannot be reached or went away."""
