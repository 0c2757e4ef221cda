"""The frames of the NATS protocol, cut out of a stream of bytes."""

import msgspec

_LONG = {b"PUB", b"HPUB", b"MSG", b"HMSG"}
_WITH_HEADERS = {b"HPUB", b"HMSG"}
_END = b"\r\n"


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """`words` are those of the first line, the verb among them; `raw` is all of it."""

    words: tuple[bytes, ...]
    raw: bytes
    headers: bytes = b""
    body: bytes = b""

    @property
    def verb(self) -> bytes:
        return self.words[0]

    @property
    def subject(self) -> bytes:
        return self.words[1] if len(self.words) > 1 else b""

    @property
    def reply(self) -> bytes:
        """Where an answer is to go; empty for nowhere."""
        sizes = 2 if self.verb in _WITH_HEADERS else 1
        before = 3 if self.verb in {b"MSG", b"HMSG"} else 2  # Of the server, an id of ours too.
        return self.words[before] if len(self.words) > before + sizes else b""

    def header(self, name: bytes) -> bytes:
        """The value, or nothing. `name` as the sender spells it."""
        _, found, rest = self.headers.partition(_END + name + b": ")
        return rest.partition(_END)[0] if found else b""


class Frames:
    """Bytes in, whole frames out."""

    def __init__(self) -> None:
        self._unread = bytearray()

    def feed(self, chunk: bytes) -> list[Frame]:
        self._unread += chunk
        frames: list[Frame] = []
        while (frame := self._cut()) is not None:
            frames.append(frame)
        return frames

    def _cut(self) -> Frame | None:
        at = self._unread.find(_END)
        if at < 0:
            return None
        words = tuple(bytes(self._unread[:at]).split())
        begin = end = at + len(_END)
        long = bool(words) and words[0] in _LONG
        if long:
            end = begin + int(words[-1]) + len(_END)
            if len(self._unread) < end:
                return None
        raw = bytes(self._unread[:end])
        del self._unread[:end]
        if not long:
            return Frame(words=words or (b"",), raw=raw)
        middle = begin + (int(words[-2]) if words[0] in _WITH_HEADERS else 0)
        return Frame(words=words, raw=raw, headers=raw[begin:middle], body=raw[middle : -len(_END)])
