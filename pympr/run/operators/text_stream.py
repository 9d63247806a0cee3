"""A split as a text file of Python's, with its line ends as they are."""

import io
from typing import Any

from pympr.config import Config
from pympr.run.operators.source_text import WholeFile
from pympr.run.read_ahead import PiecesFile, pieces_of
from pympr.run.splits import Split
from pympr.run.stores import is_remote


def open_text(split: Split, errors: str, config: Config) -> io.TextIOWrapper:
    """The text from the first byte of a split to its last; lines are cut at \\n, \\r\\n and \\r, and keep them."""
    return io.TextIOWrapper(io.BufferedReader(open_bytes(split, config)), "utf-8", errors, newline="")


def open_bytes(split: Split, config: Config) -> Any:
    """The bytes of a split, unpacked, from the first to the last."""
    if split.codec is not None or not split.in_ranges:
        return _Unpacked(WholeFile(split, config))
    if is_remote(split.path):
        return PiecesFile(pieces_of(split, config.fetch_bytes))
    return _ByteRange(split)


class _ByteRange(io.RawIOBase):
    """Bytes of a local file."""

    def __init__(self, split: Split) -> None:
        self._left = split.end - split.begin
        self._file = open(split.path, "rb", buffering=0)
        self._file.seek(split.begin)

    def readable(self) -> bool:
        return True

    def readinto(self, view: Any) -> int:
        got = self._file.readinto(memoryview(view)[: self._left]) or 0
        self._left -= got
        return got

    def close(self) -> None:
        self._file.close()
        super().close()


class _Unpacked(io.RawIOBase):
    """What a compressed file holds."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, view: Any) -> int:
        return self._reader.read_into(memoryview(view))

    def close(self) -> None:
        self._reader.close()
        super().close()
