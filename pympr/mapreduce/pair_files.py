"""Files of pairs: what one job writes for the next.

A file is MAGIC, then frames until its end: 24 bytes of head, little-endian (u64 bytes
of the body, u64 pairs in it, u32 CRC-32 of the body, u32 flags: 1 when packed by
zlib), then the body, a pickle of the list of pairs.
"""

import os
import pickle
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from pympr.errors import InputError

MAGIC = b"pympr pairs 1\n"
_HEAD = struct.Struct("<QQII")
_PACKED = 1


class Writer:
    """Pairs to the bytes of a file.

    >>> import io
    >>> writer = Writer(compressed=True)
    >>> data = writer.add([("a", 1)]) + writer.add([]) + writer.end()
    >>> list(read(io.BytesIO(data), "file"))
    [('a', 1)]
    """

    def __init__(self, compressed: bool = False) -> None:
        self._compressed = compressed
        self._is_begun = False

    def add(self, pairs: list[Any]) -> bytes:
        begin = b"" if self._is_begun else MAGIC
        self._is_begun = True
        if not pairs:
            return begin
        body = pickle.dumps(pairs, protocol=5)
        if self._compressed:
            body = zlib.compress(body)
        return begin + _HEAD.pack(len(body), len(pairs), zlib.crc32(body), _PACKED * self._compressed) + body

    def end(self) -> bytes:
        return self.add([])


def read(file: BinaryIO, path: str) -> Iterator[Any]:
    """The pairs of a file; InputError with path and offset for what no `Writer` wrote."""
    size, _ = file.seek(0, os.SEEK_END), file.seek(0)
    magic = file.read(len(MAGIC))
    if magic != MAGIC:
        raise InputError(f"{path} is no file of pairs: it begins with {magic!r}, expected {MAGIC!r}")
    at = len(MAGIC)
    while head := file.read(_HEAD.size):
        if len(head) < _HEAD.size:
            raise InputError(f"{path} ends at {at + len(head)}, in the middle of a head")
        num_bytes, count, checksum, flags = _HEAD.unpack(head)
        at += _HEAD.size
        body = file.read(min(num_bytes, size - at))
        if len(body) < num_bytes or zlib.crc32(body) != checksum:
            raise InputError(f"{path}: {num_bytes} bytes at offset {at} are cut short or damaged")
        pairs = pickle.loads(zlib.decompress(body) if flags & _PACKED else body)
        if len(pairs) != count:
            raise InputError(f"{path}: {len(pairs)} pairs at offset {at}, expected {count}")
        yield from pairs
        at += num_bytes
