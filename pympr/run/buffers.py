"""Read buffers that are used again once nothing looks at them any more."""

import sys

import numpy as np


class Buffers:
    """A few byte buffers of one size.

    First touch of fresh memory costs many times what writing to used memory
    does, so a buffer is handed out again when no view of it is left.
    """

    def __init__(self, num_bytes: int, most: int = 8) -> None:
        self.num_bytes = num_bytes
        self._most = most
        self._buffers: list[np.ndarray] = []

    def get(self) -> np.ndarray:
        """A buffer that nobody else holds; keep it, or a view of it, as long as you read it."""
        for position in range(len(self._buffers)):
            if sys.getrefcount(self._buffers[position]) == _references_when_free():
                return self._buffers[position]
        buffer = np.empty(self.num_bytes, np.uint8)
        if len(self._buffers) < self._most:
            self._buffers.append(buffer)
        return buffer


def _references_when_free() -> int:
    """What `sys.getrefcount(items[0])` says of an object that only `items` holds."""
    items = [np.empty(1, np.uint8)]
    return sys.getrefcount(items[0])
