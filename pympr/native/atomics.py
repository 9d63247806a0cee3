"""Words that several processes change at once in memory they share."""

import numpy as np

from pympr.native.library import check, ffi, lib, pointer, require


class SharedWord:
    """An int64 in shared memory, `words[index]`, that any process may add to.

    >>> word = SharedWord(np.array([5, 0]), 0)
    >>> word.add(3), word.add(0)
    (5, 8)
    """

    def __init__(self, words: np.ndarray, index: int):
        require(words, "int64", "words")
        if not 0 <= index < len(words):
            raise IndexError(f"index must be below {len(words)}, got {index}")
        self._words = words  # kept alive with the address below
        self._place = pointer(words[index:], "uint8_t *")
        self._before = ffi.new("int64_t *")

    def add(self, value: int) -> int:
        """Add `value`; what the word was before. Not for several threads of one process at once."""
        check(lib.pympr_fetch_and_add(self._before, self._place, value), "fetch_and_add")
        return self._before[0]
