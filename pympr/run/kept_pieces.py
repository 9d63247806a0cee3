"""One kept partition: its blocks in memory, or in a file with its checksum."""

import os
import struct
from collections.abc import Iterable, Iterator

import numpy as np

from pympr.collectives.objects import pack, unpack
from pympr.data.block import Block
from pympr.errors import InputError
from pympr.native.crc import crc32c
from pympr.run.scratch import size_of
from pympr.run.spill.memory import held_bytes
from pympr.run.spill.spilled import Spilled

# Bytes of a block in a file, and their CRC32C.
_HEAD = struct.Struct("=qI")


class InMemory:
    """Blocks that stay in memory."""

    def __init__(self, blocks: list[Block]) -> None:
        self._blocks = blocks
        self.num_bytes = sum(map(held_bytes, blocks))

    def blocks(self) -> Iterator[Block]:
        """The blocks themselves."""
        return iter(self._blocks)

    @property
    def is_there(self) -> bool:
        """Always."""
        return True

    def free(self) -> None:
        """Give the memory back."""
        self._blocks = []


class OnDisk:
    """Blocks in a file, each with its checksum."""

    def __init__(self, path: str, blocks: Iterable[Block]) -> None:
        """Write blocks, one in memory at a time; a file that is there already is replaced at once."""
        self.path, self.num_bytes = path, 0
        unfinished = f"{path}.{os.getpid()}.unfinished"
        try:
            with open(unfinished, "xb", opener=_open_private) as file:
                for block in blocks:
                    packed = pack(block)
                    file.write(_HEAD.pack(len(packed), crc32c(packed)))
                    file.write(packed.data)
                    self.num_bytes += _HEAD.size + len(packed)
        except BaseException:
            os.unlink(unfinished)
            raise
        os.replace(unfinished, path)

    def blocks(self) -> Iterator[Block]:
        """The blocks, read again; InputError when they are not those that were written."""
        if size_of(self.path) != self.num_bytes:
            raise _damaged(self.path, f"{size_of(self.path)} bytes of {self.num_bytes}")
        return read_blocks(self.path)

    @property
    def is_there(self) -> bool:
        """Whether the file is there in its full length."""
        return size_of(self.path) == self.num_bytes

    def free(self) -> None:
        """Remove the file."""
        try:
            os.remove(self.path)
        except FileNotFoundError:
            pass


class OnScratch:
    """Blocks that were too many for memory, on disk without a name."""

    is_there = True

    def __init__(self, rows: Spilled) -> None:
        self._rows: Iterable[Block] = rows

    def blocks(self) -> Iterator[Block]:
        """The blocks, read again."""
        return iter(self._rows)

    def free(self) -> None:
        """Give the disk back."""
        self._rows = ()


Piece = InMemory | OnDisk | OnScratch


def read_blocks(path: str) -> Iterator[Block]:
    """The blocks of a file that OnDisk wrote; InputError when one is damaged."""
    with open(path, "rb", buffering=0) as file:
        while head := file.read(_HEAD.size):
            length, crc = _HEAD.unpack(head) if len(head) == _HEAD.size else (0, 0)
            data = np.fromfile(file, np.uint8, length)
            if not length or len(data) != length or crc32c(data) != crc:
                raise _damaged(path, "a block has another checksum")
            yield unpack(data)


def _damaged(path: str, how: str) -> InputError:
    return InputError(f"{path}: kept rows were damaged: {how}; call unpersist() to compute them again")


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
