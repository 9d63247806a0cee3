"""Grouped aggregation: rows with equal keys become one group with sums, counts, extremes.

A key column is a vector of int64, float64 or bool, or (data, starts, ends) for strings and
bytes. Groups come out sorted by the 64-bit hash of their keys, and by the keys where hashes
are equal: the order depends on neither the order of the rows nor on what was added when.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pympr.errors import KernelError
from pympr.native.group_cluster import CHUNK_ROWS, LEAST_ROWS, LEAST_TABLE_BYTES, Clusters, expected_distinct
from pympr.native.group_columns import STRINGS, Partials, RowsIn, RowsOut, combined_hash, order_of
from pympr.native.group_few import is_for_few, sum_few
from pympr.native.group_layout import KINDS, MAX_KEYS, MAX_STATES, OPERATIONS, Layout, State, states_of
from pympr.native.group_memory import NEEDS_SLOTS, GroupMemory
from pympr.native.library import BAD, FULL, check, ffi, lib, pointer, require

MAX_GROWTH = 8  # at a time, however many keys more are expected


@dataclass(frozen=True)
class Groups:
    """The groups of a table; columns of one length, masks None when nothing is null."""

    keys: list  # a column a key: a vector, or (data, starts, ends)
    key_valid: list  # uint8 masks
    values: list  # a column an aggregate; int64 sums that do not fit hold their low 64 bits
    value_valid: list  # uint8 masks; 0 where all values of a group were null
    hashes: np.ndarray  # uint64, ascending
    overflow: dict[int, dict[int, int]]  # aggregate -> row -> the exact sum, of sums beyond int64


class GroupTable:
    """A hash table from keys to aggregates.

    `keys` are kinds (int64, float64, bool, string, bytes), up to 16; `aggregates` are pairs
    (operation, kind) of sum, min, max, count, mean, first and int64, float64, bool; 32 at most, a
    mean counts twice. `capacity` is how many groups there is room for before the first growth.

    0.0 and -0.0 are one key and keep the form seen first; all NaN are one key. Null keys are
    a group, null values are skipped. Sums of int64 and bool are exact: where int64 does not
    hold them, the result says so. Sums of float64 add in the order of the rows. min, max and
    first go by the order of the rows as `functools.reduce` with Python's min and max does: a NaN
    stays when it comes first and is passed over later. Merged tables do so with the groups of
    each. ValueError for unknown kinds or operations.

    >>> table = GroupTable(["int64"], [("sum", "float64"), ("count", "float64")], seed=1)
    >>> table.add([np.array([7, 8, 7])], [np.array([0.5, 1.0, 0.25]), None], 3)
    >>> groups = table.result()
    >>> dict(zip(groups.keys[0].tolist(), groups.values[0].tolist()))
    {7: 0.75, 8: 1.0}
    """

    def __init__(self, keys, aggregates, seed: int, capacity: int = 512):
        self.keys, self.aggregates = tuple(keys), [tuple(pair) for pair in aggregates]
        _require_kinds(self.keys, self.aggregates)
        self.states = states_of(self.aggregates)
        if len(self.keys) > MAX_KEYS or len(self.states) > MAX_STATES:
            raise ValueError(
                f"a table has at most {MAX_KEYS} keys and {MAX_STATES} states, "
                f"got {len(self.keys)} and {len(self.states)}"
            )
        self.seed = seed
        self._memory = GroupMemory(Layout(self.keys, tuple(self.states)), seed, capacity)

    def __len__(self) -> int:
        return self._memory.table.num_groups

    @property
    def nbytes(self) -> int:
        """Bytes of memory the table holds."""
        return self._memory.nbytes

    @property
    def has_carries(self) -> bool:
        """Whether int64 sums may have left 64 bits, so that partials carry more than the sums."""
        return self._memory.layout.has_carries

    def add(
        self,
        key_columns,
        value_columns,
        num_rows: int,
        key_valid=None,
        value_valid=None,
        hashes: np.ndarray | None = None,
        states_out: np.ndarray | None = None,
    ) -> None:
        """Aggregate rows.

        There is one value column an aggregate: a vector of its kind, a Python scalar when all
        rows have that value, or None to count rows. Masks are lists of uint8 vectors or None. `hashes`,
        when known, are those of `pympr.native.hash`, combined over the columns. `states_out` (int64) gets, for
        every row, what the first aggregate is for its group then. TypeError or ValueError for columns
        that do not fit the table, KernelError for strings that leave their bytes.
        """
        rows = RowsIn(num_rows)
        self._set_keys(rows, key_columns, key_valid, hashes)
        rows.set_states(states_out)
        columns = _one_each(value_columns, self.aggregates, "value columns")
        valid = _one_each(value_valid, self.aggregates, "value masks")
        for index, state in enumerate(self.states):
            rows.set_value(index, state, columns[state.aggregate], valid[state.aggregate], state.operation)
        self._add(rows)

    def add_words(self, data: np.ndarray, begin: int, end: int, constants) -> None:
        """Aggregate the words of data[begin:end], one string key, each with the same values.

        The words are those of `split_words`: valid UTF-8, cut at white space.

        >>> table = GroupTable(["string"], [("sum", "int64")], seed=1)
        >>> table.add_words(np.frombuffer(b"to be or not to be", np.uint8), 0, 18, [1])
        >>> table.result().values[0].tolist()
        [1, 2, 2, 1]
        """
        require(data, "uint8", "data")
        if self.keys != ("string",):
            raise TypeError(f"words need a table with one string key, this one has {self.keys}")
        if not 0 <= begin <= end <= len(data):
            raise ValueError(f"[{begin}, {end}) is no range of data of {len(data)} bytes")
        rows = RowsIn(0)
        constants = _one_each(constants, self.aggregates, "constants")
        for index, state in enumerate(self.states):
            if isinstance(constants[state.aggregate], np.ndarray):
                raise TypeError(f"constant {state.aggregate} must be a scalar, got an array")
            rows.set_value(index, state, constants[state.aggregate], None, state.operation)
        text = pointer(data, "uint8_t *")
        kernel = lib.pympr_group_add_words
        self._run(lambda at, position: kernel(self._memory.table, rows.input, text, at, end, position), begin)

    def add_partial(self, partials: Partials) -> None:
        """Merge the groups of another table of the same keys, aggregates and seed."""
        rows = RowsIn(len(partials.hashes))
        self._memory.reserve(rows.num_rows)
        self._set_keys(rows, partials.keys, partials.key_valid, partials.hashes)
        states = _one_each(partials.states, self.states, "states")
        for index, state in enumerate(self.states):
            operation = "sum" if state.operation == "count" else state.operation
            column = State(index, operation, state.dtype)
            rows.set_value(index, column, states[index], partials.state_valid[index], operation)
            rows.set_carry(index, partials.carries[index])
        self._add(rows)

    def partial(self, carries: bool = False) -> Partials:
        """The groups as columns for `add_partial`, sorted by hash.

        `carries` gives the columns of carries even where no sum needed one, so that ranks
        can agree on what they exchange: see `has_carries`.
        """
        out, table, layout = RowsOut(len(self)), self._memory.table, self._memory.layout
        keys = [out.key(i, kind, table.key_bytes[i]) for i, kind in enumerate(self.keys)]
        states = [out.state(i, state) for i, state in enumerate(self.states)]
        key_valid, state_valid = [None] * len(keys), [None] * len(states)
        if layout.is_nullable:
            key_valid = [out.mask(out.output.key_valid, i) for i in range(len(keys))]
            state_valid = [out.mask(out.output.state_valid, i) for i in range(len(states))]
        wants_carries = carries or layout.has_carries
        high = [out.carry(i) if wants_carries and state.is_sum else None for i, state in enumerate(self.states)]
        self._export(out)
        self._restore_zero_hashes(out.hashes, keys, key_valid)
        partials = Partials(keys, key_valid, states, state_valid, high, out.hashes)
        return partials.sorted() if self._memory.homes.is_scrambled else partials

    def first_states(self) -> np.ndarray:
        """The first state of every group, in the order of `result`, without the keys."""
        out = RowsOut(len(self))
        column = out.state(0, self.states[0])
        self._export(out)
        return column[order_of(out.hashes)] if self._memory.homes.is_scrambled else column

    def result(self) -> Groups:
        """The groups, sorted by hash."""
        partials = self.partial()
        values, valid, overflow = [], [], {}
        for aggregate, (operation, _) in enumerate(self.aggregates):
            at = next(i for i, state in enumerate(self.states) if state.aggregate == aggregate)
            beyond = _beyond_int64(partials.states[at], partials.carries[at])
            if operation == "mean":
                values.append(_mean(partials.states[at], partials.states[at + 1], beyond))
            else:
                values.append(partials.states[at])
                overflow.update({aggregate: beyond} if beyond else {})
            valid.append(None if operation == "count" else partials.state_valid[at])
        return Groups(partials.keys, partials.key_valid, values, valid, partials.hashes, overflow)

    def _export(self, out: RowsOut) -> None:
        """Fill the columns that `out` has asked for."""
        scratch = np.empty(len(self) + 1, np.int64)
        check(lib.pympr_group_export(out.output, self._memory.table, pointer(scratch, "int64_t *")), "group_export")

    def _set_keys(self, rows: RowsIn, columns, valid, hashes) -> None:
        columns = _one_each(columns, self.keys, "key columns")
        valid = _one_each(valid, self.keys, "key masks")
        for index, kind in enumerate(self.keys):
            rows.set_key(index, kind, columns[index], valid[index])
        rows.set_hashes(hashes)

    def _add(self, rows: RowsIn) -> None:
        layout = self._memory.layout
        if rows.is_nullable and not layout.is_nullable:
            self._memory.become(Layout(self.keys, layout.states, True, layout.has_carries))
        begin = self._add_few(rows) if is_for_few(rows, self.keys, self.states) else 0
        if self._is_clustering_worth_it(rows, begin, self._memory.slots.nbytes):
            self._add_clustered(rows, begin)
        else:
            self._run_rows(rows, may_cluster=True, begin=begin)

    def _add_few(self, rows: RowsIn) -> int:
        """Add the first rows where they have few keys; returns how many those were."""
        sums, done = sum_few(rows, self.states[0])
        for part in sums:
            self._run_rows(part, may_cluster=False)
        return done

    def _add_clustered(self, rows: RowsIn, begin: int) -> None:
        clusters = Clusters(rows, self.seed, not self._memory.layout.is_hash_key)
        for at in range(begin, rows.num_rows, CHUNK_ROWS):
            end = min(at + CHUNK_ROWS, rows.num_rows)
            chunk = clusters.chunk(at, end, self._memory.homes)
            distinct = clusters.distinct(chunk)
            expected = expected_distinct(distinct, end - at, rows.num_rows - at)
            self._memory.reserve(min(expected, MAX_GROWTH * max(distinct, len(self))))
            self._run_rows(chunk, may_cluster=False)

    def _is_clustering_worth_it(self, rows: RowsIn, begin: int, table_bytes: int) -> bool:
        is_large = table_bytes >= LEAST_TABLE_BYTES and rows.num_rows - begin >= LEAST_ROWS
        return is_large and rows.input.states == ffi.NULL

    def _run_rows(self, rows: RowsIn, may_cluster: bool, begin: int = 0) -> None:
        def kernel(begin, position):
            return lib.pympr_group_add(self._memory.table, rows.input, begin, rows.num_rows, position)

        def has_turned(begin):
            is_slots = may_cluster and self._memory.table.needs == NEEDS_SLOTS
            return is_slots and self._is_clustering_worth_it(rows, begin, 2 * self._memory.slots.nbytes)

        stopped = self._run(kernel, begin, has_turned)
        if stopped is not None:
            self._add_clustered(rows, stopped)

    def _run(self, kernel: Callable, begin: int, has_turned: Callable = lambda _: False) -> int | None:
        """Call the kernel, making room where it stops, until it is through or has turned to something else."""
        position = ffi.new("int64_t *", begin)
        while (status := kernel(position[0], position)) == FULL:
            if has_turned(position[0]):
                return position[0]
            self._memory.make_room()
        if status == BAD:
            raise KernelError(f"row {position[0]} has a string key outside its bytes")
        check(status, "group_add")
        return None

    def _restore_zero_hashes(self, hashes: np.ndarray, keys: list, valid: list) -> None:
        """The table keeps hash 0 as 1, except of a lone int64 key: say which it was."""
        if self._memory.layout.is_hash_key:
            return
        rows = np.flatnonzero(hashes == 1)
        for key, column in enumerate(keys if len(rows) else []):
            before = hashes[rows] if key else None
            hashes[rows] = combined_hash(before, self.keys[key], column, valid[key], self.seed, rows)


def _require_kinds(keys: tuple, aggregates: list) -> None:
    for kind in keys:
        if kind not in KINDS:
            raise ValueError(f"key kind must be one of {list(KINDS)}, got {kind!r}")
    if not keys:
        raise ValueError("a table needs a key, got none")
    for operation, kind in aggregates:
        if operation not in [*OPERATIONS, "mean"]:
            raise ValueError(f"operation must be one of {[*OPERATIONS, 'mean']}, got {operation!r}")
        if kind not in KINDS or kind in STRINGS:
            raise ValueError(f"aggregates are of int64, float64 or bool, got {kind!r}")


def _one_each(items, owners, name: str) -> list:
    items = [None] * len(owners) if items is None else list(items)
    if len(items) != len(owners):
        raise ValueError(f"expecting {len(owners)} {name}, got {len(items)}")
    return items


def _beyond_int64(low: np.ndarray, high: np.ndarray | None) -> dict[int, int]:
    """The sums whose high word is not just the sign of the low one."""
    if high is None:
        return {}
    rows = np.flatnonzero(high != 0)
    return {row: (int(high[row]) << 64) + int(low[row]) for row in rows.tolist()}


def _mean(total: np.ndarray, count: np.ndarray, beyond: dict[int, int]) -> np.ndarray:
    """Sum by count as Python divides: exactly rounded also where float64 does not hold the sum."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
    if total.dtype == np.int64:
        for row in np.flatnonzero((total >= 1 << 53) | (total <= -(1 << 53))).tolist():
            mean[row] = int(total[row]) / int(count[row])
    for row, exact in beyond.items():
        mean[row] = exact / int(count[row])
    return mean
