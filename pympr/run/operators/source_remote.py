"""The lines of a byte range of a remote file, from its first line start to the first one after it."""

from collections.abc import Callable

from pympr.run.read_ahead import TAIL_BYTES, Pieces
from pympr.run.splits import Split

LineStart = Callable[[bytes, bool], int]


class RemoteLines:
    """Reads as `source_text._Plain` does; `line_start(window, is_last)` finds where a line begins after window[0]."""

    def __init__(self, split: Split, step_bytes: int, line_start: LineStart) -> None:
        self._split, self._line_start = split, line_start
        self._at = max(split.begin - 1, 0)
        self._pieces = Pieces(split.path, self._at, min(split.end + TAIL_BYTES, split.size), split.size, step_bytes)
        self._buffer, self._end = b"", split.size if split.end == split.size else None
        try:
            self.position = self._border(self._at) if split.begin else 0
        except BaseException:
            self.close()
            raise
        if self.position >= split.end:
            self._end = self.position
        self.begin = self.position

    def is_at_end(self) -> bool:
        return self._end is not None and self.position >= self._end

    def read_into(self, view: memoryview) -> int:
        if self.position == self._at + len(self._buffer):
            self._at, self._buffer = self.position, self._pieces.next()
        if self._end is None and self._at + len(self._buffer) >= self._split.end:
            self._end = self._border(self._split.end - 1)
        stop = self._at + len(self._buffer) if self._end is None else min(self._end, self._at + len(self._buffer))
        got = min(len(view), stop - self.position)
        begin = self.position - self._at
        view[:got] = memoryview(self._buffer)[begin : begin + got]
        self.position += got
        return got

    def _border(self, before: int) -> int:
        """The first line start after the byte at `before`, which is in the buffer or the next piece."""
        while True:
            is_last = self._at + len(self._buffer) >= self._split.size
            found = self._line_start(self._buffer[before - self._at :], is_last) if self._buffer else -1
            if found >= 0 or is_last:
                return min(before + found, self._split.size) if found >= 0 else self._split.size
            self._buffer += self._pieces.next()

    def close(self) -> None:
        self._pieces.close()
