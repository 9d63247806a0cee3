"""Pieces of a remote file, fetched by threads while those before are computed."""

import io
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from pympr.run.splits import Split
from pympr.run.stores import RemoteFile

# What is asked for at first beyond a split, for the end of its last line.
TAIL_BYTES = 1 << 16
_AHEAD = 2


class Pieces:
    """The bytes from `begin` on in requests of `step_bytes`; up to `end` fetched ahead, then only when asked for."""

    def __init__(self, path: str, begin: int, end: int, size: int, step_bytes: int) -> None:
        self._at, self._end, self._size, self._step = begin, end, size, step_bytes
        self._file = RemoteFile(path)
        self._threads = ThreadPoolExecutor(_AHEAD if self._file.has_threads else 1, "pympr-fetch")
        self._pending: deque[Future] = deque()
        self._more_bytes = TAIL_BYTES
        self._ask_ahead()

    def next(self) -> bytes:
        """The next piece, b"" at the end of the file."""
        if not self._pending and self._at < self._size:
            self._end = min(self._at + self._more_bytes, self._size)
            self._more_bytes *= 2
        self._ask_ahead()
        if not self._pending:
            return b""
        piece = self._pending.popleft().result()
        self._ask_ahead()
        return piece

    def _ask_ahead(self) -> None:
        while len(self._pending) < _AHEAD and self._at < self._end:
            # What is left is asked for at once when it is little more than a step.
            left = self._end - self._at
            stop = self._at + (left if left <= self._step + TAIL_BYTES else self._step)
            self._pending.append(self._threads.submit(self._file.fetch, self._at, stop))
            self._at = stop

    def close(self) -> None:
        """Wait for the requests under way, and drop what they bring."""
        self._threads.shutdown(wait=True, cancel_futures=True)


class Stream:
    """The pieces of a file whose server gives no ranges: read on by one thread."""

    def __init__(self, path: str, step_bytes: int) -> None:
        self._remote, self._step = RemoteFile(path), step_bytes
        self._threads = ThreadPoolExecutor(1, "pympr-fetch")
        self._file: Any = None
        self._pending = self._threads.submit(self._read)

    def next(self) -> bytes:
        """The next piece, b"" at the end of the file."""
        piece = self._pending.result()
        if piece:
            self._pending = self._threads.submit(self._read)
        return piece

    def _read(self) -> bytes:
        self._file = self._file or self._remote.open()
        parts, missing = [], self._step
        while missing > 0 and (part := self._file.read(missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Wait for the request under way, and drop what it brings."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        if self._file is not None:
            self._file.close()


def pieces_of(split: Split, step_bytes: int) -> Pieces | Stream:
    """The bytes of a remote split, and nothing beyond it."""
    if not split.in_ranges:
        return Stream(split.path, step_bytes)
    return Pieces(split.path, split.begin, split.end, split.end, step_bytes)


class PiecesFile(io.RawIOBase):
    """Pieces as a file that can be read once, from the first byte to the last."""

    def __init__(self, pieces: Pieces | Stream) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, view: Any) -> int:
        if not self._rest:
            self._rest = memoryview(self._pieces.next())
        count = min(len(view), len(self._rest))
        view[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            self._pieces.close()
        super().close()
