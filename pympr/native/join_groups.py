"""Hash joins of rows that lie group by group, as after a radix partition: every table stays in the cache.

The partition pass is worth its price: P. Boncz, S. Manegold and M. Kersten, "Database Architecture Optimized for the
New Bottleneck: Memory Access" (VLDB 1999). A group's table has a slot for every key, which counts its rows and
names the first; the rows of one key are linked.
"""

import numpy as np

from pympr.native.columns import require_items
from pympr.native.library import check, ffi, lib, pointer, require

HOWS = ("inner", "left")
MOST_RIGHT_ROWS = (1 << 32) - 2
PARALLEL_ROWS = 1 << 16


class GroupedPairs:
    """The pairs of rows with equal keys; `length` is how many.

    `left_words` and `right_words` (uint64) are equal where keys are, and unequal where they are not. The rows of group
    g are `edges[g]:edges[g + 1]` (int64, as many edges for both sides); equal keys are in one group. `how` is inner, or
    left: a left row without a right one counts as a pair with right row -1. Memory: 4 bytes a row, and a table for
    the largest group of a thread. TypeError or ValueError for what does not fit.

    >>> pairs = GroupedPairs(np.array([7, 7, 8], np.uint64), np.array([0, 2, 3]), np.array([8], np.uint64),
    ...                      np.array([0, 0, 1]), "left")
    >>> left_rows, right_rows = pairs.rows()
    >>> left_rows.tolist(), right_rows.tolist()
    ([0, 1, 2], [-1, -1, 0])
    """

    def __init__(self, left_words, left_edges, right_words, right_edges, how: str = "inner"):
        if how not in HOWS:
            raise ValueError(f"how must be one of {HOWS}, got {how!r}")
        if len(right_words) > MOST_RIGHT_ROWS:
            raise ValueError(f"at most {MOST_RIGHT_ROWS} right rows can be linked, got {len(right_words)}")
        left, right = _side(left_words, left_edges, "left"), _side(right_words, right_edges, "right")
        if len(left_edges) != len(right_edges):
            raise ValueError(f"{len(left_edges) - 1} groups on the left, {len(right_edges) - 1} on the right")
        self._keep, self._groups, self._is_left = left_edges, len(left_edges) - 1, how == "left"
        self._num_rows = len(left_words), len(right_words)
        self._parts = _parts(len(left_words) + len(right_words), self._groups)
        self._first, self._next = np.empty(len(left_words), np.uint32), np.empty(len(right_words), np.uint32)
        self._offsets = np.empty(self._parts + 1, np.int64)
        table_slots = lib.pympr_join_groups_slots(int(np.diff(right_edges).max(initial=0)))
        slots = np.empty(self._parts * table_slots, np.uint64)
        status = lib.pympr_join_groups_find(
            pointer(self._first, "uint32_t *"),
            pointer(self._next, "uint32_t *"),
            pointer(self._offsets, "int64_t *"),
            left,
            right,
            self._groups,
            self._parts,
            pointer(slots, "uint64_t *"),
            table_slots,
            self._is_left,
        )
        check(status, "join_groups_find")
        self.length = int(self._offsets[-1])

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """(left rows, right rows), int64, in the order of the left rows, for one of them in that of the right rows."""
        left, right = self._take([(None, 8, False), (None, 8, True)], ["int64", "int64"])
        return left, right

    def take(self, left: list[np.ndarray], right: list[np.ndarray]) -> list[np.ndarray]:
        """The items of these columns in all pairs, in the order of `rows`; of an inner join only.

        Items have 1, 2, 4, 8 or 16 bytes. TypeError or ValueError for columns that are not as long as their side.
        """
        if self._is_left:
            raise ValueError("columns are taken of the pairs of an inner join; a left one has rows without a right one")
        sources = []
        for columns, rows, is_right in ((left, self._num_rows[0], False), (right, self._num_rows[1], True)):
            for column in columns:
                require_items(column)
                if len(column) != rows:
                    raise ValueError(f"a column has {len(column)} rows, its side {rows}")
                sources.append((column, column.dtype.itemsize, is_right))
        return self._take(sources, [source[0].dtype for source in sources])

    def _take(self, sources: list, dtypes: list) -> list[np.ndarray]:
        arrays = [np.empty(self.length, dtype) for dtype in dtypes]
        outputs = ffi.new("pympr_join_output[]", len(sources))
        for output, array, (values, item_bytes, is_right) in zip(outputs, arrays, sources):
            output.values, output.out = _bytes(values), _bytes(array)
            output.item_bytes, output.is_right = item_bytes, is_right
        status = lib.pympr_join_groups_take(
            outputs,
            len(sources),
            pointer(self._first, "uint32_t *"),
            pointer(self._next, "uint32_t *"),
            pointer(self._offsets, "int64_t *"),
            pointer(self._keep, "int64_t *"),
            self._groups,
            self._parts,
            self._is_left,
        )
        check(status, "join_groups_take")
        return arrays


def _bytes(array: np.ndarray | None):
    return pointer(None if array is None else array.view(np.uint8), "void *")


def _side(words: np.ndarray, edges: np.ndarray, name: str):
    require(words, "uint64", f"{name}_words")
    require(edges, "int64", f"{name}_edges")
    if not len(edges) or edges[0] != 0 or edges[-1] != len(words) or (np.diff(edges) < 0).any():
        raise ValueError(f"{name}_edges must ascend from 0 to the {len(words)} rows")
    return ffi.new("pympr_join_side *", (pointer(words, "uint64_t *"), pointer(edges, "int64_t *")))


def _parts(rows: int, groups: int) -> int:
    return max(1, min(lib.pympr_get_threads(), groups)) if rows >= PARALLEL_ROWS else 1
