"""Which group every row belongs to, and the order of rows that puts groups together.

Groups are numbered in the canonical order of `pympr.native.group`: by the hash of their keys.
"""

import numpy as np

from pympr.native.group import GroupTable
from pympr.native.group_cluster import Clusters
from pympr.native.group_columns import RowsIn
from pympr.native.group_layout import Homes
from pympr.native.library import check, ffi, lib, pointer

LEAST_ROWS = 1 << 20  # with fewer the table is in the cache, or nearly
MANY_GROUPS = 1 << 20


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
    columns, valid = list(key_columns), key_valid or [None] * len(key_columns)
    if num_rows < LEAST_ROWS:
        return _permute(kinds, columns, num_rows, seed, valid, hashes)
    rows = RowsIn(num_rows)
    for index, kind in enumerate(kinds):
        rows.set_key(index, kind, columns[index], valid[index])
    rows.set_hashes(hashes)
    hashes = rows.hashed(seed, 0, num_rows)
    homes = Homes(int(hashes.min()), int(hashes.max()))
    if _distinct(hashes, homes) < MANY_GROUPS:
        return _permute(kinds, columns, num_rows, seed, valid, hashes)
    rows.set_hashes(hashes)
    return _permute_clusters(kinds, rows, seed, homes)


def _permute(kinds, columns, num_rows, seed, valid, hashes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ids, num_groups, first_rows = group_ids(kinds, columns, num_rows, seed, valid, hashes)
    offsets = np.zeros(num_groups + 1, np.int64)
    np.cumsum(np.bincount(ids, minlength=num_groups), out=offsets[1:])
    permutation, cursors, bad = np.empty(num_rows, np.int64), offsets[:-1].copy(), ffi.new("int64_t *")
    addresses = (pointer(array, "int64_t *") for array in (permutation, cursors))
    status = lib.pympr_group_scatter(*addresses, bad, pointer(ids, "int64_t *"), num_rows, num_groups)
    check(status, "group_scatter")
    return permutation, offsets, first_rows


def _permute_clusters(kinds, rows: RowsIn, seed: int, homes: Homes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Part by part of the hashes, so that the table of a part stays in the cache."""
    clusters = Clusters(rows, seed, with_keys=True)
    chunk = clusters.chunk(0, rows.num_rows, homes)
    numbers = clusters.scattered(np.arange(rows.num_rows))
    permutation, offsets, first_rows = np.empty(rows.num_rows, np.int64), [np.zeros(1, np.int64)], []
    for begin, end in clusters.bounds():
        columns, valid = chunk.key_slices(begin, end)
        part, ends, firsts = _permute(kinds, columns, end - begin, seed, valid, chunk.hashes[begin:end])
        np.take(numbers[begin:end], part, out=permutation[begin:end])
        offsets.append(begin + ends[1:])
        first_rows.append(numbers[begin + firsts])
    return permutation, np.concatenate(offsets), np.concatenate(first_rows)


def _distinct(hashes: np.ndarray, homes: Homes) -> int:
    """About how many hashes there are: counted in one part of 256."""
    sample = hashes[hashes - np.uint64(homes.low) <= np.uint64(homes.span >> 8)]
    return 256 * len(np.unique(sample))
