"""Splitters: the keys at which a sort cuts the ranks' ranges."""

from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from pympr.collectives.exchange import RangeBuckets
from pympr.collectives.gather import allgather, allgather_objects
from pympr.collectives.reduce import allreduce
from pympr.collectives.world import World
from pympr.data.block import Block
from pympr.data.schema import VARIABLE_KINDS
from pympr.native import partition, range_bytes
from pympr.run.operators.sort import is_typed
from pympr.run.together import together

SAMPLES_PER_PARTITION = 256
LEAST_SAMPLES = 4096
FIXED = {"int64", "float64"}


class Splitters:
    """n - 1 keys that cut the key range into n partitions of about equal size.

    Regular sampling: every rank gives keys at even distances, each weighted by
    the rows it stands for; the splitters are weighted quantiles of all samples
    (Shi and Schaeffer, "Parallel sorting by regular sampling", JPDC 1992).
    Equal keys fall into one partition.
    """

    def __init__(self, values: Any, ascending: bool) -> None:
        self._values, self._ascending = values, ascending
        self._count = len(values) + 1

    def partitions_of(self, keys: Block) -> np.ndarray:
        """The partition of every key, uint32."""
        ids = self._ascending_ids(keys)
        return ids if self._ascending else np.uint32(self._count - 1) - ids

    def ranges_of(self, keys: Block) -> RangeBuckets | None:
        """The same, found while the keys are sent; for numbers in ascending order only."""
        if not self._ascending or not isinstance(self._values, np.ndarray) or _kind(keys) not in FIXED:
            return None
        return RangeBuckets(keys.columns[0].contiguous(), self._values)

    def _ascending_ids(self, keys: Block) -> np.ndarray:
        if isinstance(self._values, np.ndarray):
            return partition.buckets_by_range(keys.columns[0].contiguous(), self._values)
        if _kind(keys) in VARIABLE_KINDS and {str, bytes}.issuperset(map(type, self._values)):
            column: Any = keys.columns[0]
            # Surrogates sort among UTF-8 as among code points.
            raw = [v if isinstance(v, bytes) else v.encode("utf-8", "surrogatepass") for v in self._values]
            starts, ends = np.ascontiguousarray(column.starts), np.ascontiguousarray(column.ends)
            return range_bytes.buckets_by_range_bytes(column.data, starts, ends, raw)
        splitters = self._values
        ids = [bisect_left(splitters, key) for key in keys.records()]
        return np.array(ids, np.uint32)


def find_splitters(world: World, keys: Sequence[Any], num_partitions: int, ascending: bool) -> Splitters:
    """The splitters that all ranks agree on, the same for any number of ranks; collective.

    `keys` are the keys of this rank's blocks: blocks, or what has their length and gives the keys at some positions
    (`take`). They are fixed-width columns of one kind on all ranks, or are compared as Python objects.
    """
    total = int(allreduce(world, np.array([sum(map(len, keys))], np.int64), "sum")[0])
    # Keys of rows on disk are made only now, by functions that may fail.
    sample, weights = together(world, lambda: _sample(keys, total, num_partitions), "the sample of a sort")
    kinds = set().union(*allgather_objects(world, {_kind(block) for block in sample}))
    if len(kinds) == 1 and kinds <= FIXED:
        return _fixed_splitters(world, kinds.pop(), sample, weights, num_partitions, ascending)
    values = [(key, weight) for block, weight in zip(sample, weights) for key in block.records()]
    everyone = [item for part in allgather_objects(world, values) for item in part]
    # By weight first: the sums must not depend on which rank had which of two equal keys.
    everyone.sort(key=itemgetter(1))
    everyone.sort(key=itemgetter(0))
    chosen = _quantiles(np.array([weight for _, weight in everyone]), num_partitions)
    return Splitters([everyone[position][0] for position in chosen], ascending)


def _kind(block: Block) -> str:
    return block.layout.kind if is_typed(block) else "objects"


def _sample(keys: Sequence[Any], total: int, num_partitions: int) -> tuple[list[Block], list[float]]:
    """Keys of this rank's blocks; what a block gives depends on nothing but the block and all ranks' `total`."""
    step = max(1.0, total / max(LEAST_SAMPLES, SAMPLES_PER_PARTITION * num_partitions))
    sample, weights = [], []
    for block in keys:
        count = max(1, round(len(block) / step)) if len(block) else 0
        if count:
            index = ((np.arange(count) + 0.5) * (len(block) / count)).astype(np.int64)
            sample.append(block.take(index))
            weights.append(len(block) / count)
    return sample, weights


def _fixed_splitters(world, kind, sample, weights, num_partitions: int, ascending: bool) -> Splitters:
    values = np.concatenate([np.empty(0, kind), *(block.columns[0].values for block in sample)])
    weight = np.concatenate([np.full(len(b), w) for b, w in zip(sample, weights)] or [np.empty(0)])
    values, _ = allgather(world, values)
    weight, _ = allgather(world, weight)
    order = np.lexsort((weight, values))
    return Splitters(values[order][_quantiles(weight[order], num_partitions)], ascending)


def _quantiles(weights: np.ndarray, num_partitions: int) -> np.ndarray:
    """Positions in the sorted sample of the n - 1 keys that cut its weight evenly."""
    if not len(weights):
        return np.empty(0, np.int64)
    reached = np.cumsum(weights)
    goals = reached[-1] * np.arange(1, num_partitions) / num_partitions
    return np.minimum(np.searchsorted(reached, goals), len(weights) - 1)
