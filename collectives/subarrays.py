"""MPI datatypes for parts of NumPy arrays: what MPI itself picks out of an array and puts into one."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

_WORDS = {1: "UINT8_T", 2: "UINT16_T", 4: "UINT32_T", 8: "UINT64_T"}


class Subarrays:
    """Committed datatypes for boxes of C-ordered arrays whose items have `item_bytes`; `free` gives them back."""

    def __init__(self, item_bytes: int):
        from mpi4py import MPI

        self._made: list[Any] = []
        word_bytes = math.gcd(item_bytes, 8)
        self._item = getattr(MPI, _WORDS[word_bytes])
        self.none = MPI.BYTE
        if item_bytes > word_bytes:
            self._item = self._keep(self._item.Create_contiguous(item_bytes // word_bytes))

    def box(self, shape: Sequence[int], starts: Sequence[int], ends: Sequence[int]) -> tuple[int, Any]:
        """(count, datatype) of the box from `starts` to `ends` of an array of `shape`; count 0 where it is empty."""
        extents = [end - start for start, end in zip(starts, ends, strict=True)]
        if 0 in extents:
            return 0, self.none
        from mpi4py import MPI

        return 1, self._keep(self._item.Create_subarray(list(shape), extents, list(starts), MPI.ORDER_C))

    def free(self) -> None:
        for made in self._made:
            made.Free()
        self._made.clear()

    def _keep(self, made: Any) -> Any:
        self._made.append(made.Commit())
        return made


def block_bounds(length: int, parts: int) -> np.ndarray:
    """Where each of `parts` nearly equal blocks of `length` items begins, and the end; larger ones come first.

    >>> block_bounds(7, 3)
    array([0, 3, 5, 7])
    """
    return np.concatenate([[0], np.cumsum([length // parts + (part < length % parts) for part in range(parts)])])
