"""Sorted keys among which rows are counted: of numbers, of strings, of whatever Python compares."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from pympr.data.block import Block
from pympr.data.schema import VARIABLE_KINDS
from pympr.native import partition, range_bytes
from pympr.run.operators.sort import is_typed

FIXED = {"int64", "float64"}
_COMPARED_BYTES = 1 << 22


def kind_of(keys: Block) -> str:
    """The kind of keys that a kernel can sort, "objects" of all others."""
    return keys.layout.kind if is_typed(keys) else "objects"


class Cuts:
    """Ascending keys, an array where they are numbers; equal ones may repeat."""

    def __init__(self, values: np.ndarray | Sequence[Any]) -> None:
        self.values = values
        self._raw = None if isinstance(values, np.ndarray) else _encoded(values)

    def __len__(self) -> int:
        return len(self.values)

    def below(self, keys: Block) -> np.ndarray:
        """How many cuts are less than each key, uint32."""
        if isinstance(self.values, np.ndarray):
            return partition.buckets_by_range(keys.columns[0].contiguous(), self.values)
        if self._raw is not None and kind_of(keys) in VARIABLE_KINDS:
            return range_bytes.buckets_by_range_bytes(*_arrays(keys), self._raw)
        return np.array([bisect_left(self.values, key) for key in keys.records()], np.uint32)

    def not_above(self, keys: Block) -> np.ndarray:
        """How many cuts are less than each key or equal to it, uint32."""
        if isinstance(self.values, np.ndarray):
            return partition.buckets_by_range(keys.columns[0].contiguous(), self.values, "right")
        if self._raw is not None and kind_of(keys) in VARIABLE_KINDS:
            return self._not_above_bytes(keys)
        return np.array([bisect_right(self.values, key) for key in keys.records()], np.uint32)

    def rows_up_to(self, keys: Block) -> np.ndarray:
        """How many of the keys are less than each cut or equal to it, int64."""
        if isinstance(self.values, np.ndarray):
            return partition.histogram_by_range(keys.columns[0].contiguous(), self.values)[:-1].cumsum()
        return partition.histogram(self.below(keys), len(self) + 1)[:-1].cumsum()

    def rows_before(self, keys: Block) -> np.ndarray:
        """How many of the keys are less than each cut, int64."""
        if isinstance(self.values, np.ndarray):
            return partition.histogram_by_range(keys.columns[0].contiguous(), self.values, "right")[:-1].cumsum()
        return partition.histogram(self.not_above(keys), len(self) + 1)[:-1].cumsum()

    def _not_above_bytes(self, keys: Block) -> np.ndarray:
        raw, found = self._raw or [], self.below(keys)
        data, starts, ends = _arrays(keys)
        lengths = np.array([*map(len, raw), -1], np.int64)
        rows = np.flatnonzero(ends - starts == lengths[found])
        rows = rows[np.argsort(found[rows], kind="stable")]
        edges = [0, *(np.flatnonzero(np.diff(found[rows])) + 1).tolist(), len(rows)]
        repeats = Counter(raw)
        result = found.copy()
        for begin, end in pairwise(edges if len(rows) else []):
            value = raw[found[rows[begin]]]
            equal = rows[begin:end][_equal(data, starts[rows[begin:end]], value)]
            result[equal] += np.uint32(repeats[value])
        return result


def _encoded(values: Sequence[Any]) -> list[bytes] | None:
    """Strings as bytes in the same order; None where they are something else."""
    if not {str, bytes}.issuperset(map(type, values)):
        return None
    # Surrogates sort among UTF-8 as among code points.
    return [value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass") for value in values]


def _arrays(keys: Block) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    column: Any = keys.columns[0]
    return column.data, np.ascontiguousarray(column.starts), np.ascontiguousarray(column.ends)


def _equal(data: np.ndarray, starts: np.ndarray, value: bytes) -> np.ndarray:
    """Whether each of the rows of the value's length that begin at `starts` is that value."""
    places, wanted = np.arange(len(value)), np.frombuffer(value, np.uint8)
    step = max(1, _COMPARED_BYTES // max(1, len(value)))
    found = [
        (data[starts[begin : begin + step, None] + places] == wanted).all(axis=1)
        for begin in range(0, len(starts), step)
    ]
    return np.concatenate([np.empty(0, np.bool_), *found])
