"""Hash joins: pairs of row numbers with equal keys.

Keys are equal as in Python: 1, 1.0 and True are one key, -0.0 equals 0.0; beyond that every NaN equals every
NaN, and nulls equal nulls (not in SQL: `nulls_equal=False`). Columns are as in `pympr.native.masked`. A table
is built of one side's rows and probed with the other's.
"""

import numpy as np

from pympr.native.hash import hash_bytes, hash_combine, hash_fixed
from pympr.native.library import FULL, check, ffi, lib, pointer
from pympr.native.masked import require_column
from pympr.native.sort import sort_permutation

KINDS = {"int64": 0, "float64": 1, "bool": 2, "string": 3, "bytes": 3}
PROBES = {"inner": 0, "left": 1, "semi": 2, "anti": 3}
JOINS = ("inner", "left", "right", "full", "semi", "anti")
MAX_COLUMNS = 64
MAX_THREADS = 256
PARALLEL_ROWS = 1 << 16  # below, one thread is done before the others are awake
MIN_SLOTS = 64
SLOTS_A_ROW = 2  # fewer make chains long, above all those of keys that are not there
TABLE_SALT = 0xC2B2AE3D27D4EB4F  # under the seed of the exchange, hashes of one partition are alike
DIRECT_SLOTS_A_ROW = 8  # of 4 bytes, as much as the slots of hashed keys; in a denser range no key is hashed
SWAP_RATIO = 2  # how many times larger the right side must be to be probed instead of built


class JoinTable:
    """A table from keys to the rows of one side, which `build` enters once.

    `kinds` name the key columns: int64, float64, bool, string, bytes. With `track_matches` the table remembers
    which rows were met, for `unmatched`. Integers of a dense range index an array (DuckDB's "perfect hash join");
    other single numbers stand in the slots of an open-addressing table; other keys are hashed and compared with the
    build columns, which the table keeps. Memory: 4 to 32 bytes a build row, 24 more when keys repeat. ValueError
    for unknown kinds.

    >>> table = JoinTable(["int64"])
    >>> table.build([np.array([7, 8, 7])], 3)
    >>> build_rows, probe_rows = table.probe([np.array([7, 9])], 2, "left")
    >>> build_rows.tolist(), probe_rows.tolist()
    ([0, 2, -1], [0, 0, 1])
    """

    def __init__(self, kinds, seed: int = 0, nulls_equal: bool = True, track_matches: bool = False):
        self.kinds = _require_kinds(kinds)
        self.seed = (int(seed) ^ TABLE_SALT) & 0xFFFFFFFFFFFFFFFF
        self.nulls_equal, self.track_matches = nulls_equal, track_matches
        self._is_word = len(self.kinds) == 1 and KINDS[self.kinds[0]] < 3
        self.build([_no_rows(kind) for kind in self.kinds], 0)

    def build(self, key_columns, num_rows: int) -> None:
        """Enter the rows of the build side in place of what was there.

        TypeError or ValueError for columns that do not fit the table, KernelError for strings that leave their bytes.
        """
        keys = _Keys(self.kinds, key_columns, num_rows)
        self.num_rows = num_rows
        self._parents = np.zeros(num_rows, np.int64)
        self._matched = np.zeros(num_rows, np.uint8) if self.track_matches else None
        self._starts = self._rows = None
        self._table = self._new_table(keys)
        status = self._enter(keys)
        if status == FULL:
            # One region can take all rows; several may be filled unevenly.
            self._parents[:] = 0
            self._give_slots(self._slots_for(num_rows, 1), 1)
            status = self._enter(keys)
        check(status, "join_build")
        keys.hashes = None
        self._keys = None if self._is_word else keys
        if self._table.num_later:
            self._group()

    def find(self, key_columns, num_rows: int, kinds=None) -> np.ndarray:
        """The first build row with the key of each row (int64), -1 where there is none.

        `kinds` are those of the probe side, when its numbers have other types. TypeError for kinds whose values
        are never equal.
        """
        keys = _Keys(self._probe_kinds(kinds), key_columns, num_rows)
        first_rows = np.empty(num_rows, np.int64)
        out, matched = pointer(first_rows, "int64_t *"), pointer(self._matched, "uint8_t *")
        threads = _threads_for(num_rows)
        if self._is_word:
            status = lib.pympr_join_find(out, matched, self._table, keys.columns, num_rows, threads)
        else:
            keys.hash(self.seed)
            status = lib.pympr_join_find_rows(out, matched, self._table, self._keys.view, keys.view, threads)
        check(status, "join_find")
        return first_rows

    def probe(self, key_columns, num_rows: int, how: str = "inner", kinds=None) -> tuple[np.ndarray, np.ndarray]:
        """(build rows, probe rows), int64, of the pairs with equal keys.

        In the order of the probe rows, for one of them in that of the build rows. "left" adds the probe rows
        without a match, with build row -1; "semi" gives each row with a match once, with its first one; "anti" the
        rows without, with -1. For a right or full outer join follow up with `unmatched`. ValueError
        for another `how`; otherwise as `find`.
        """
        if how not in PROBES:
            raise ValueError(f"how must be one of {sorted(PROBES)}, got {how!r}")
        first_rows = self.find(key_columns, num_rows, kinds)
        threads, pairs = _threads_for(num_rows), ffi.new("int64_t *")
        starts = pointer(self._starts, "int64_t *")
        offsets = np.empty(threads, np.int64)
        begin, first = pointer(offsets, "int64_t *"), pointer(first_rows, "int64_t *")
        status = lib.pympr_join_count(pairs, begin, first, num_rows, starts, PROBES[how], threads)
        check(status, "join_count")
        if how in ("inner", "left") and self._starts is None and pairs[0] == num_rows:
            return first_rows, np.arange(num_rows)
        build_rows, probe_rows = np.empty(pairs[0], np.int64), np.empty(pairs[0], np.int64)
        status = lib.pympr_join_expand(
            pointer(build_rows, "int64_t *"),
            pointer(probe_rows, "int64_t *"),
            begin,
            first,
            num_rows,
            starts,
            pointer(self._rows, "int64_t *"),
            PROBES[how],
            threads,
        )
        check(status, "join_expand")
        return build_rows, probe_rows

    def unmatched(self) -> np.ndarray:
        """The build rows that no probe has met so far, ascending (int64).

        ValueError unless the table tracks matches.
        """
        if self._matched is None:
            raise ValueError("unmatched rows are known to tables made with track_matches=True only")
        rows, found = np.empty(self.num_rows, np.int64), ffi.new("int64_t *")
        status = lib.pympr_join_unmatched(
            pointer(rows, "int64_t *"),
            found,
            pointer(self._matched, "uint8_t *"),
            pointer(self._parents, "int64_t *"),
            self.num_rows,
        )
        check(status, "join_unmatched")
        return rows[: found[0]]

    def _probe_kinds(self, kinds) -> tuple:
        kinds = self.kinds if kinds is None else _require_kinds(kinds)
        for index, (own, other) in enumerate(zip(self.kinds, kinds, strict=True)):
            if own != other and 3 in (KINDS[own], KINDS[other]):
                raise TypeError(f"key {index} is {own} on the build side and {other} on the probe side, never equal")
        return kinds

    def _new_table(self, keys: "_Keys"):
        self._table = ffi.new("pympr_join_table *")
        self._table.parents = pointer(self._parents, "int64_t *")
        self._table.is_float = self.kinds == ("float64",)
        self._table.nulls_equal = self.nulls_equal
        self._table.seed = self.seed
        regions = _threads_for(keys.num_rows)
        low, range_slots = self._dense_range(keys)
        if range_slots:
            self._table.is_direct, self._table.low = True, low
            self._give_slots(range_slots, regions)
        else:
            self._give_slots(self._slots_for(keys.num_rows, regions), regions)
        return self._table

    def _slots_for(self, rows: int, regions: int) -> int:
        return -(-(MIN_SLOTS + int(rows * SLOTS_A_ROW)) // regions) * regions

    def _give_slots(self, num_slots: int, regions: int) -> None:
        # A direct table has one more slot, never taken, for what lies outside its range.
        direct = self._table.is_direct
        self._slots = np.zeros(num_slots + 1, np.uint32) if direct else np.zeros(2 * num_slots, np.uint64)
        self._table.slots = pointer(self._slots, "void *")
        self._table.num_slots, self._table.num_regions = num_slots, regions

    def _dense_range(self, keys: "_Keys") -> tuple[int, int]:
        """The smallest key and the number of slots of a direct table, 0 when the keys are none for it."""
        if self.kinds not in (("int64",), ("bool",)) or not 0 < keys.num_rows < (1 << 32) - 1:
            return 0, 0
        values, valid = keys.arrays[0]
        low, high, varying = ffi.new("uint64_t *"), ffi.new("uint64_t *"), ffi.new("uint64_t *")
        present, kind = ffi.new("int64_t *"), KINDS[self.kinds[0]]
        address, mask = pointer(values, "void *"), pointer(valid, "uint8_t *")
        check(lib.pympr_sort_window(low, high, varying, present, address, mask, len(values), kind), "sort_window")
        if present[0] == 0 or high[0] - low[0] >= max(MIN_SLOTS, DIRECT_SLOTS_A_ROW * keys.num_rows):
            return 0, 0
        return low[0] ^ (1 << 63 if kind == 0 else 0), high[0] - low[0] + 1

    def _enter(self, keys: "_Keys") -> int:
        if self._is_word:
            return lib.pympr_join_build(self._table, keys.columns, keys.num_rows)
        keys.hash(self.seed)
        return lib.pympr_join_build_rows(self._table, keys.view)

    def _group(self) -> None:
        self._starts, self._rows = np.empty(self.num_rows + 2, np.int64), np.empty(self.num_rows, np.int64)
        status = lib.pympr_join_group(
            pointer(self._starts, "int64_t *"),
            pointer(self._rows, "int64_t *"),
            pointer(self._parents, "int64_t *"),
            self.num_rows,
        )
        check(status, "join_group")


class _Keys:
    """One side's key columns as C sees them; keeps the arrays alive."""

    def __init__(self, kinds: tuple, key_columns, num_rows: int):
        if len(key_columns) != len(kinds):
            raise ValueError(f"a table with {len(kinds)} key columns got {len(key_columns)}")
        self.kinds, self.num_rows = kinds, num_rows
        self.arrays = [require_column(column, num_rows, f"key {i}") for i, column in enumerate(key_columns)]
        self.columns = ffi.new("pympr_join_column[]", len(kinds))
        for index, (kind, (arrays, valid)) in enumerate(zip(kinds, self.arrays)):
            self._set_column(index, kind, arrays, valid)
        self.view = ffi.new("pympr_join_keys *", (self.columns, len(kinds), ffi.NULL, num_rows))
        self.hashes = None

    def _set_column(self, index: int, kind: str, arrays, valid) -> None:
        column, is_bytes = self.columns[index], KINDS[kind] == 3
        if is_bytes != isinstance(arrays, tuple) or not (is_bytes or arrays.dtype == kind):
            found = "(data, starts, ends)" if isinstance(arrays, tuple) else arrays.dtype
            raise TypeError(f"key {index} must be {kind}, got {found}")
        column.kind, column.valid = KINDS[kind], pointer(valid, "uint8_t *")
        column.values = pointer(arrays[0] if is_bytes else arrays, "void *")
        if is_bytes:
            column.starts, column.ends = pointer(arrays[1], "int64_t *"), pointer(arrays[2], "int64_t *")

    def hash(self, seed: int) -> None:
        """Hash the keys; this also checks that strings stay in their bytes."""
        if self.hashes is not None:
            return
        for kind, (arrays, valid) in zip(self.kinds, self.arrays):
            if KINDS[kind] == 3:
                hashes = hash_bytes(*arrays, seed, valid=valid, kind=kind)
            else:
                hashes = hash_fixed(arrays, seed, valid)
            self.hashes = hashes if self.hashes is None else hash_combine(self.hashes, hashes)
        self.view.hashes = pointer(self.hashes, "uint64_t *")


def join_indices(
    left_keys, right_keys, how: str = "inner", kinds=None, right_kinds=None, nulls_equal: bool = True, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """(left rows, right rows), int64, of the pairs with equal keys; -1 stands for a missing side.

    `how` is inner, left, right, full, semi or anti. Pairs and left rows without a match come in the order of
    the left rows, for one left row in that of the right rows; right rows without a match follow in their order.
    "semi" gives left rows with a match once, with the first right row; "anti" those without. `kinds` (of
    the right side too, unless it has its own) are taken from the columns when None, strings then being "bytes".

    >>> left, right = join_indices([np.array([1, 2])], [np.array([2.0, 2.0, 3.0])], "full")
    >>> left.tolist(), right.tolist()
    ([0, 1, 1, -1], [-1, 0, 1, 2])
    """
    if how not in JOINS:
        raise ValueError(f"how must be one of {sorted(JOINS)}, got {how!r}")
    left_kinds = _kinds_of(left_keys) if kinds is None else kinds
    right_kinds = right_kinds or (_kinds_of(right_keys) if kinds is None else kinds)
    left, right = (left_keys, _rows_of(left_keys), left_kinds), (right_keys, _rows_of(right_keys), right_kinds)
    join = _join_by_left if right[1] > SWAP_RATIO * left[1] else _join_by_right
    return join(left, right, how, nulls_equal, seed)


def _join_by_right(left, right, how: str, nulls_equal: bool, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Builds of the right side."""
    keeps_right = how in ("right", "full")
    table = JoinTable(right[2], seed, nulls_equal, track_matches=keeps_right)
    table.build(*right[:2])
    probe_how = {"right": "inner", "full": "left"}.get(how, how)
    right_rows, left_rows = table.probe(*left[:2], probe_how, left[2])
    if not keeps_right:
        return left_rows, right_rows
    rest = table.unmatched()
    return np.append(left_rows, np.full(len(rest), -1)), np.append(right_rows, rest)


def _join_by_left(left, right, how: str, nulls_equal: bool, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Builds of the left side, which is much smaller, and puts the pairs in the order of the left rows."""
    keeps_left = how in ("left", "full", "anti")
    table = JoinTable(left[2], seed, nulls_equal, track_matches=keeps_left)
    table.build(*left[:2])
    probe_how = "left" if how in ("right", "full") else "inner"
    left_rows, right_rows = table.probe(*right[:2], probe_how, right[2])
    is_pair = left_rows >= 0
    rest = right_rows[~is_pair]
    if len(rest):
        left_rows, right_rows = left_rows[is_pair], right_rows[is_pair]
    if how == "anti":
        alone = table.unmatched()
        return alone, np.full(len(alone), -1)
    if keeps_left:
        alone = table.unmatched()
        left_rows = np.append(left_rows, alone)
        right_rows = np.append(right_rows, np.full(len(alone), -1))
    order = sort_permutation(left_rows)
    left_rows, right_rows = left_rows[order], right_rows[order]
    if how == "semi":
        is_first = np.diff(left_rows, prepend=-1) > 0
        return left_rows[is_first], right_rows[is_first]
    return np.append(left_rows, np.full(len(rest), -1)), np.append(right_rows, rest)


def _kinds_of(columns) -> list[str]:
    kinds = []
    for column in columns:
        arrays = column[0] if isinstance(column, tuple) and len(column) == 2 else column
        kinds.append("bytes" if isinstance(arrays, tuple) else str(getattr(arrays, "dtype", type(arrays).__name__)))
    return kinds


def _rows_of(columns) -> int:
    if not columns:
        raise ValueError("a join needs a key column")
    arrays = columns[0][0] if isinstance(columns[0], tuple) and len(columns[0]) == 2 else columns[0]
    return len(arrays[1]) if isinstance(arrays, tuple) else len(arrays)


def _no_rows(kind: str):
    rows = np.empty(0, np.int64)
    return (rows.view(np.uint8), rows, rows) if KINDS[kind] == 3 else rows.astype(kind)


def _require_kinds(kinds) -> tuple[str, ...]:
    kinds = tuple(kinds)
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not 1 <= len(kinds) <= MAX_COLUMNS:
        raise ValueError(f"kinds must be 1 to {MAX_COLUMNS} of {sorted(KINDS)}, got {list(kinds)}")
    return kinds


def _threads_for(rows: int) -> int:
    return 1 if rows < PARALLEL_ROWS else min(lib.pympr_get_threads(), MAX_THREADS)
