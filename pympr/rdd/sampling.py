"""Random samples and splits; seeded, they are the same on any number of ranks."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import sqrt
from random import Random
from typing import TYPE_CHECKING, Any

from pympr.rdd.actions import Actions
from pympr.rdd.indexed_picks import IndexedBetween, IndexedPicks, by_key, constant
from pympr.rdd.narrow import Narrow
from pympr.rdd.random_picks import Between, Picks, PicksByKey, fraction_for

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD

_MOST = sys.maxsize - int(10.0 * sqrt(sys.maxsize))


class Sampling(Narrow, Actions):
    """The part of RDD whose methods choose by chance.

    Without a seed all ranks use the one that rank 0 draws from Python's `random`;
    all ranks must call them then. Where results are to be reproducible the elements are counted first,
    and chance goes by seed and global index rather than by seed and partition.
    """

    def sample(self, withReplacement: bool, fraction: float, seed: int | None = None) -> RDD:
        """About `fraction` of the elements; with replacement an element may come several times.

        Raises ValueError for a negative fraction.

        >>> 6 <= sc.parallelize(range(100), 4).sample(False, 0.1, 81).count() <= 14
        True
        """
        if not fraction >= 0:
            raise ValueError("Fraction must be nonnegative.")
        seed = self._seed(seed)
        if (starts := self._starts()) is not None:
            return self.mapPartitionsWithIndex(IndexedPicks(withReplacement, constant(fraction), seed, starts), True)
        return self.mapPartitionsWithIndex(Picks(withReplacement, fraction, seed), True)

    def sampleByKey(self, withReplacement: bool, fractions: Mapping[Any, float], seed: int | None = None) -> RDD:
        """A sample of (k, v) elements in which the fraction depends on k.

        >>> pairs = sc.parallelize([(k, i) for i in range(500) for k in "ab"], 4)
        >>> found = pairs.sampleByKey(False, {"a": 0.2, "b": 0.0}, 2).countByKey()
        >>> 60 < found["a"] < 140, found["b"]
        (True, 0)
        """
        for fraction in fractions.values():
            if not fraction >= 0:
                raise AssertionError(f"Negative fraction value: {fraction}")
        seed, fractions = self._seed(seed), dict(fractions)
        if (starts := self._starts()) is not None:
            return self.mapPartitionsWithIndex(IndexedPicks(withReplacement, by_key(fractions), seed, starts), True)
        return self.mapPartitionsWithIndex(PicksByKey(withReplacement, fractions, seed), True)

    def randomSplit(self, weights: Sequence[float], seed: int | None = None) -> list[RDD]:
        """RDDs that share the elements out by chance, in the ratio of the weights.

        Raises ValueError for negative weights, or when all are 0.

        >>> a, b = sc.parallelize(range(500), 1).randomSplit([2, 3], 17)
        >>> len(a.collect() + b.collect()), 150 < a.count() < 250
        (500, True)
        """
        if not all(weight >= 0 for weight in weights):
            raise ValueError("Weights must be nonnegative")
        total = float(sum(weights))
        if not total > 0:
            raise ValueError("Sum of weights must be positive")
        borders = list(accumulate((weight / total for weight in weights), initial=0.0))
        seed = self._seed(seed)
        ranges = list(zip(borders, borders[1:]))
        if (starts := self._starts()) is not None:
            return [self.mapPartitionsWithIndex(IndexedBetween(a, b, seed, starts), True) for a, b in ranges]
        return [self.mapPartitionsWithIndex(Between(a, b, seed), True) for a, b in ranges]

    def takeSample(self, withReplacement: bool, num: int, seed: int | None = None) -> list[Any]:
        """Exactly `num` elements by chance, or all in random order when there are no more of them.

        Raises ValueError for a negative number and one that no sample can have.

        >>> len(sc.parallelize(range(0, 10)).takeSample(True, 20, 1))
        20
        """
        if num < 0:
            raise ValueError("Sample size cannot be negative.")
        if num > _MOST:
            raise ValueError(f"Sample size cannot be greater than {_MOST}.")
        total = self.count() if num else 0
        if not total:
            return []
        seed = self._seed(seed)
        numbers = Random(seed)
        if not withReplacement and num >= total:
            return _shuffled(self.collect(), numbers)
        fraction = fraction_for(num, total, withReplacement)
        found = self.sample(withReplacement, fraction, seed).collect()
        while len(found) < num:
            found = self.sample(withReplacement, fraction, numbers.randint(0, sys.maxsize)).collect()
        return _shuffled(found, numbers)[:num]

    def _starts(self) -> list[int] | None:
        """The global index of every partition's first element, where results must not depend on partitions."""
        if not self.ctx._session.config.reproducible:
            return None
        return list(accumulate(self._act("count_partitions", name="sample"), initial=0))

    def _seed(self, seed: int | None) -> int:
        return self.ctx._session.draw() if seed is None else seed


def _shuffled(items: list[Any], numbers: Random) -> list[Any]:
    numbers.shuffle(items)
    return items
