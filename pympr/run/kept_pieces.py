"""One kept partition: its blocks in memory, or in a file with its checksum."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from pympr.collectives.objects import pack, unpack
from pympr.data.block import Block, ColumnBlock, ManyBlock
from pympr.errors import InputError
from pympr.native.crc import crc32c
from pympr.run.scratch import size_of

# Of a block of objects so many are pickled to guess the size of all.
_SAMPLE = 64


class InMemory:
    """Blocks that stay in memory."""

    def __init__(self, blocks: list[Block]) -> None:
        self._blocks = blocks
        self.num_bytes = sum(map(held_bytes, blocks))

    def blocks(self) -> Iterator[Block]:
        """The blocks themselves."""
        return iter(self._blocks)

    def packed(self) -> np.ndarray:
        """The blocks as bytes."""
        return pack(self._blocks)

    @property
    def is_there(self) -> bool:
        """Always."""
        return True

    def free(self) -> None:
        """Give the memory back."""
        self._blocks = []


class OnDisk:
    """Blocks in a file."""

    def __init__(self, path: str, packed: np.ndarray) -> None:
        """Write packed blocks; a file that is there already is replaced at once."""
        self.path, self.num_bytes, self._crc = path, len(packed), crc32c(packed)
        unfinished = f"{path}.{os.getpid()}.unfinished"
        packed.tofile(unfinished)
        os.replace(unfinished, path)

    def packed(self) -> np.ndarray:
        """The bytes of the file; InputError when they are not those that were written."""
        data = np.fromfile(self.path, np.uint8)
        if len(data) != self.num_bytes or crc32c(data) != self._crc:
            raise InputError(
                f"{self.path}: kept rows were damaged: {len(data)} bytes of {self.num_bytes}, or another checksum; "
                "call unpersist() to compute them again"
            )
        return data

    def blocks(self) -> Iterator[Block]:
        """The blocks, read again."""
        yield from unpack(self.packed())

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


Piece = InMemory | OnDisk


def held_bytes(block: Block) -> int:
    """About what a block takes in memory."""
    if isinstance(block, (ColumnBlock, ManyBlock)):
        return block.nbytes
    sample: list[Any] = list(block.values[:_SAMPLE])
    try:
        each = len(pack(sample)) // max(len(sample), 1)
    except Exception:  # pickling runs the classes' own code, which may raise anything
        each = 0
    return block.nbytes + each * len(block)
