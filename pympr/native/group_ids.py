"""Which group every row belongs to, and the order of rows that puts groups together.

Groups are numbered in the canonical order of `pympr.native.group`: by the hash of their keys.
"""

import numpy as np

from pympr.native.group import GroupTable
from pympr.native.library import check, ffi, lib, pointer


def group_ids(
    kinds, key_columns, num_rows: int, seed: int, key_valid=None, hashes: np.ndarray | None = None
) -> tuple[np.ndarray, int, np.ndarray]:
    """Number the groups of equal keys: (ids int64[num_rows], how many, first row of each).

    Kinds, columns, masks and hashes are those of `GroupTable`, and so are the errors.

    >>> ids, num_groups, first_rows = group_ids(["int64"], [np.array([7, 8, 7])], 3, seed=1)
    >>> ids.tolist(), num_groups, first_rows.tolist()
    ([0, 1, 0], 2, [0, 1])
    """
    table = GroupTable(kinds, [("first", "int64")], seed)
    ids = np.empty(num_rows, np.int64)
    table.add(key_columns, [np.arange(num_rows)], num_rows, key_valid, None, hashes, states_out=ids)
    first_rows = table.first_states()
    numbers = np.empty(num_rows, np.int64)
    numbers[first_rows] = np.arange(len(first_rows))
    np.take(numbers, ids, out=ids)
    return ids, len(first_rows), first_rows


def group_permutation(
    kinds, key_columns, num_rows: int, seed: int, key_valid=None, hashes: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Order rows by group: (permutation, offsets of the groups in it, first row of each group).

    All int64; offsets has one item more than there are groups. The rows of a group stay in order.

    >>> keys = np.array([7, 8, 7])
    >>> permutation, offsets, first_rows = group_permutation(["int64"], [keys], 3, seed=1)
    >>> keys[permutation].tolist(), offsets.tolist(), first_rows.tolist()
    ([7, 7, 8], [0, 2, 3], [0, 1])
    """
    ids, num_groups, first_rows = group_ids(kinds, key_columns, num_rows, seed, key_valid, hashes)
    offsets = np.zeros(num_groups + 1, np.int64)
    np.cumsum(np.bincount(ids, minlength=num_groups), out=offsets[1:])
    permutation, cursors, bad = np.empty(num_rows, np.int64), offsets[:-1].copy(), ffi.new("int64_t *")
    addresses = (pointer(array, "int64_t *") for array in (permutation, cursors))
    status = lib.pympr_group_scatter(*addresses, bad, pointer(ids, "int64_t *"), num_rows, num_groups)
    check(status, "group_scatter")
    return permutation, offsets, first_rows
