"""In which pieces a node is asked for the logs of many blocks: it tells its limit only by refusing,
and the limit may be of blocks (10 to 50,000) or of logs."""

_GROWS_AFTER = 32


class Spans:
    """Pieces of the blocks `first` to `last`, in order, without a gap. `size` blocks are asked for
    at once: half of it after a refusal, double after a while without one, never above `size_max`.
    A new walk may begin with the size of the last one."""

    def __init__(self, first: int, last: int, *, size: int, size_max: int) -> None:
        self.size = max(size, 1)
        self._next = first
        self._last = last
        self._size_max = size_max
        self._answered = 0

    def piece(self) -> tuple[int, int] | None:
        """First and last block of what is to be asked for now; None where all is answered."""
        if self._next > self._last:
            return None
        return self._next, min(self._next + self.size - 1, self._last)

    def answered(self) -> None:
        piece = self.piece()
        if piece is None:
            return
        self._next = piece[1] + 1
        self._answered += 1
        if self._answered % _GROWS_AFTER == 0:
            self.size = min(2 * self.size, max(self._size_max, 1))

    def refused(self) -> bool:
        """Whether less can be asked for: not less than one block."""
        first, last = self.piece() or (0, 0)
        blocks = last - first + 1
        self.size = max(blocks // 2, 1)
        self._answered = 0
        return blocks > 1
