"""Why something on the network was not reached, in words that an operator can act on."""

import os
import re
import ssl

_NUMBER = re.compile(r"\[Errno (\d+)\]")


def why(error: BaseException) -> str:
    """A few words without addresses, which the caller names. Whatever library raised it: what the
    system said is looked for in the error and in what caused it."""
    seen: BaseException | None = error
    while seen is not None:
        if words := _words(seen):
            return words
        seen = seen.exceptions[0] if isinstance(seen, BaseExceptionGroup) else seen.__cause__
    return str(error) or type(error).__name__


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not getattr(error, "errno", None):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return f"no secure connection: {error.reason or 'TLS failed'}"
    if not isinstance(error, OSError):
        return ""
    said = _NUMBER.search(str(error))
    number = error.errno if error.errno is not None else int(said[1]) if said else 0
    if number > 0:
        return os.strerror(number).lower()
    return (error.strerror or "").lower()  # Of a name that is not known.
