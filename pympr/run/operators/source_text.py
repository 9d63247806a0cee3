"""Lines or words of files, read in chunks that end at a line or word border."""

import bz2
import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ColumnBlock, ObjectBlock, pair, single_column
from pympr.data.column import BytesColumn
from pympr.errors import InputError
from pympr.native import text
from pympr.plan.sources import TextFile
from pympr.run.buffers import Buffers
from pympr.run.operators.places import places
from pympr.run.operators.source_remote import RemoteLines
from pympr.run.read_ahead import PiecesFile, pieces_of
from pympr.run.splits import Split
from pympr.run.stores import is_remote

_SCAN_BYTES = 1 << 16


def read_split(split: Split, node: TextFile, config: Config, buffers: Buffers) -> Iterator[Block]:
    """The blocks of one split: string (or bytes) columns over the chunks as they were read."""
    reader = _open(split, config)

    def block_of(chunk: tuple[np.ndarray, int, int]) -> Block:
        return _block(*chunk, split, node)

    try:
        # No name holds a block while the next is read: its buffer, which the cache still has, serves again.
        yield from filter(len, map(block_of, _chunks(reader, "lines" if node.with_place else node.unit, buffers)))
    finally:
        reader.close()


def _block(chunk: np.ndarray, size: int, offset: int, split: Split, node: TextFile) -> Block:
    data, end = _decoded(chunk, size, split, offset, node)
    starts, ends = _CUTS[node.unit](data, end)
    found = _column(BytesColumn(data, starts, ends), end, node, data is chunk)
    if not node.with_place:
        return found
    where = places(split.path, (chunk, size), offset, (data, end), starts)
    return pair(where, found) if isinstance(found, ColumnBlock) else _pairs(where, found)


def _column(rows: BytesColumn, end: int, node: TextFile, is_raw: bool) -> Block:
    """Strings or bytes; strings that an error handler gave surrogates have no columns."""
    if not node.use_unicode:
        return single_column("bytes", rows)
    if is_raw or text.validate_utf8(rows.data, 0, end) < 0:
        return single_column("string", rows)
    ranges = zip(rows.starts.tolist(), rows.ends.tolist())
    return ObjectBlock([rows.data[a:b].tobytes().decode("utf-8", "surrogatepass") for a, b in ranges])


def _pairs(where: Block, found: Block) -> Block:
    return ObjectBlock(list(zip(where.records(), found.records())))


def _whole(data: np.ndarray, end: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(1, np.int64), np.full(1, end, np.int64)


_CUTS = {
    "lines": lambda data, end: text.lines(data, 0, end)[:2],
    "words": lambda data, end: text.words(data, 0, end),
    "whole lines": _whole,
    "text": _whole,
}


def _decoded(data: np.ndarray, size: int, split: Split, offset: int, node: TextFile) -> tuple[np.ndarray, int]:
    bad = text.validate_utf8(data, 0, size) if node.use_unicode else -1
    if bad < 0:
        return data, size
    if node.errors == "strict":
        raise InputError(
            f"{split.path}: byte 0x{int(data[bad]):02x} at offset {offset + bad} is not UTF-8; "
            f"pass errors='replace' or 'ignore', or use_unicode=False"
        )
    decoded = data[:size].tobytes().decode("utf-8", node.errors).encode("utf-8", "surrogatepass")
    return np.frombuffer(decoded, np.uint8), len(decoded)


class _Plain:
    """A byte range of a plain file; a file shorter than it was listed is an error."""

    def __init__(self, split: Split) -> None:
        self._split = split
        self._file = os.open(split.path, os.O_RDONLY | os.O_CLOEXEC)
        size = os.fstat(self._file).st_size
        if size < split.size:
            self.close()
            raise InputError(f"{split.path} shrank from {split.size} to {size} bytes since it was listed")
        self.begin = self.position = self._border(split.begin)
        self.end = self._border(split.end)

    def is_at_end(self) -> bool:
        return self.position >= self.end

    def read_into(self, view: memoryview) -> int:
        wanted = min(len(view), self.end - self.position)
        got = os.preadv(self._file, [view[:wanted]], self.position) if wanted else 0
        if got == 0 and wanted:
            raise InputError(
                f"{self._split.path} ends at {self.position}, it had {self._split.size} bytes when it was listed"
            )
        self.position += got
        return got

    def _border(self, position: int) -> int:
        """The first line start at or after `position`: where this split's first line begins."""
        size = self._split.size
        if position <= 0 or position >= size:
            return min(max(position, 0), size)
        at = position - 1
        while at < size:
            window = os.pread(self._file, _SCAN_BYTES + 1, at)
            found = _line_start(window, at + len(window) >= size)
            if found >= 0:
                return min(at + found, size)
            at += max(len(window) - 1, 1)
        return size

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _line_start(window: bytes, is_last: bool) -> int:
    """Where the first line start after window[0] is, or -1; a final \\r is undecided unless last."""
    newline, carriage = window.find(b"\n"), window.find(b"\r")
    if carriage < 0 or 0 <= newline < carriage:
        return newline + 1 if newline >= 0 else -1
    if carriage + 1 == len(window) and not is_last:
        return -1
    return carriage + (2 if window[carriage + 1 : carriage + 2] == b"\n" else 1)


class WholeFile:
    """A file that is read from its start to its end: compressed, or from a server that gives no ranges."""

    def __init__(self, split: Split, config: Config) -> None:
        self._split = split
        self._source = PiecesFile(pieces_of(split, config.fetch_bytes)) if is_remote(split.path) else None
        self._file = _OPENERS[split.codec](self._source or split.path)
        self.begin = self.position = 0
        self._is_at_end = False

    def is_at_end(self) -> bool:
        return self._is_at_end

    def read_into(self, view: memoryview) -> int:
        try:
            got = self._file.readinto(view)
        except InputError:
            raise
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise InputError(f"{self._split.path}: broken {self._split.codec or 'transfer'} data: {error}") from error
        self._is_at_end = got == 0
        self.position += got
        return got

    def close(self) -> None:
        self._file.close()
        if self._source is not None:
            self._source.close()


class _ZstdFrames:
    """The bytes of a file of zstd frames; zstandard's own reader takes a file that was cut short for a whole one."""

    def __init__(self, file: Any, package: Any) -> None:
        self._file, self._package = file if hasattr(file, "read") else open(file, "rb"), package
        self._frame: Any = None
        self._taken, self._ready = b"", memoryview(b"")

    def readinto(self, view: memoryview) -> int:
        while not self._ready:
            data = self._taken or self._file.read(_SCAN_BYTES)
            if not data:
                if self._frame is not None:
                    raise EOFError("the file ended before the end of a frame")
                return 0
            self._ready = memoryview(self._decompress(data))
        count = min(len(view), len(self._ready))
        view[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def _decompress(self, data: bytes) -> bytes:
        self._frame = self._frame or self._package.ZstdDecompressor().decompressobj()
        self._taken = b""
        try:
            found = self._frame.decompress(data)
        except self._package.ZstdError as error:
            raise ValueError(str(error)) from error
        if self._frame.eof:
            self._frame, self._taken = None, self._frame.unused_data
        return found

    def close(self) -> None:
        self._file.close()


def _open_zstd(file: Any) -> Any:
    try:
        from compression import zstd  # Python 3.14
    except ImportError:
        try:
            import zstandard
        except ImportError:
            raise ImportError("reading .zst needs the package zstandard: pip install zstandard") from None
        return _ZstdFrames(file, zstandard)
    return zstd.open(file, "rb")


_OPENERS: dict[Any, Callable[[Any], Any]] = {
    "gzip": gzip.open,
    "bzip2": bz2.open,
    "zstd": _open_zstd,
    None: lambda file: file,
}


def _open(split: Split, config: Config) -> Any:
    if split.codec or not split.in_ranges:
        return WholeFile(split, config)
    if is_remote(split.path):
        return RemoteLines(split, config.fetch_bytes, _line_start)
    return _Plain(split)


def _chunks(reader: Any, unit: str, buffers: Buffers) -> Iterator[tuple[np.ndarray, int, int]]:
    """(buffer, bytes in it, their file offset), with whole lines or words only.

    A line longer than a buffer gets a larger buffer of its own.
    """
    cut = text.cut_at_newline if unit in ("lines", "whole lines") else text.cut_at_blank
    kept = np.empty(0, np.uint8)
    is_last = False
    while not is_last:
        buffer = buffers.get() if len(kept) < buffers.num_bytes else np.empty(2 * len(kept), np.uint8)
        buffer[: len(kept)] = kept
        filled = len(kept) + _fill(reader, buffer, len(kept))
        is_last = reader.is_at_end()
        whole = filled if is_last else cut(buffer, 0, filled)
        kept = buffer[whole:filled].copy()
        if whole:
            yield buffer, whole, reader.position - filled
        del buffer


def _fill(reader: Any, buffer: np.ndarray, kept: int) -> int:
    view, total = memoryview(buffer)[kept:], 0
    while total < len(view) and not reader.is_at_end():
        total += reader.read_into(view[total:])
    return total
