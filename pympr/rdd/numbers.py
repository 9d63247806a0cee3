"""Sums, extremes and statistics of the elements."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce as left_fold
from typing import Any

from pympr.rdd.actions import Actions
from pympr.rdd.bounded import BoundedFloat
from pympr.rdd.buckets import (
    Buckets,
    added,
    check_borders,
    even_borders,
    is_comparable,
    merged_extremes,
    smallest_and_largest,
)
from pympr.rdd.narrow import Narrow
from pympr.statcounter import StatCounter


class Numbers(Narrow, Actions):
    """The part of RDD whose methods make one number of many."""

    def sum(self) -> Any:
        """The sum of the elements, from 0 on; TypeError for what cannot be added to a number.

        >>> sc.parallelize([1.0, 2.0, 3.0]).sum()
        6.0
        """
        return self._act("total", name="sum")

    def max(self, key: Callable[[Any], Any] | None = None) -> Any:
        """The largest element, by `key` if given; ValueError when there is none.

        >>> sc.parallelize([1.0, 5.0, 43.0, 10.0]).max()
        43.0
        """
        return self._act("reduce", max if key is None else (lambda a, b: max(a, b, key=key)), name="max")

    def min(self, key: Callable[[Any], Any] | None = None) -> Any:
        """The smallest element, by `key` if given; ValueError when there is none.

        >>> sc.parallelize([2.0, 5.0, 43.0, 10.0]).min()
        2.0
        """
        return self._act("reduce", min if key is None else (lambda a, b: min(a, b, key=key)), name="min")

    def stats(self) -> StatCounter:
        """Count, mean, variance and extremes of the elements in one pass.

        >>> sc.parallelize([1, 2, 3]).stats()
        (count: 3, mean: 2.0, stdev: 0.816496580927726, max: 3.0, min: 1.0)
        """
        if self.ctx._session.config.reproducible:
            moments, others = self._act("stats", StatCounter, name="stats")
            return left_fold(StatCounter.mergeStats, others, StatCounter.of_moments(moments))
        counted = self.mapPartitions(lambda items: [StatCounter(items)])
        return counted._act("reduce", StatCounter.mergeStats, StatCounter(), name="stats")

    def mean(self) -> Any:
        """The mean of the elements.

        >>> sc.parallelize([1, 2, 3]).mean()
        2.0
        """
        return self.stats().mean()

    def variance(self) -> Any:
        """The variance of the elements.

        >>> sc.parallelize([1, 3]).variance()
        1.0
        """
        return self.stats().variance()

    def stdev(self) -> Any:
        """The standard deviation of the elements.

        >>> sc.parallelize([1, 3]).stdev()
        1.0
        """
        return self.stats().stdev()

    def sampleVariance(self) -> Any:
        """The variance estimated from a sample, which divides by n - 1.

        >>> sc.parallelize([1, 2, 3]).sampleVariance()
        1.0
        """
        return self.stats().sampleVariance()

    def sampleStdev(self) -> Any:
        """The standard deviation estimated from a sample, which divides by n - 1.

        >>> sc.parallelize([1, 2, 3]).sampleStdev()
        1.0
        """
        return self.stats().sampleStdev()

    def histogram(self, buckets: int | list[Any] | tuple[Any, ...]) -> tuple[Any, list[int]]:
        """The borders of the buckets and how many elements are in each.

        `buckets` is a number of buckets of equal width between the smallest and the
        largest element, or their borders in order. A bucket has its lower border, the
        last one both. None and NaN are left out. Raises ValueError and TypeError as
        PySpark does.

        >>> sc.parallelize(range(51)).histogram(2)
        ([0, 25, 50], [25, 26])
        >>> sc.parallelize(["ab", "ac", "b", "bd", "ef"]).histogram(("a", "b", "c"))
        (('a', 'b', 'c'), [2, 2])
        """
        if isinstance(buckets, int):
            return self._even_histogram(buckets)
        if not isinstance(buckets, (list, tuple)):
            raise TypeError("buckets should be a list or tuple or number(int or long)")
        check_borders(buckets)
        return buckets, self._counted(Buckets(buckets))

    def _even_histogram(self, count: int) -> tuple[list[Any], list[int]]:
        if count < 1:
            raise ValueError("number of buckets must be >= 1")
        present = self.filter(is_comparable)
        extremes = present.mapPartitions(smallest_and_largest)
        found = extremes._act("reduce", merged_extremes, None, name="histogram")
        if found is None:
            raise ValueError("can not generate buckets from empty RDD")
        least, most = found
        if least == most or count == 1:
            return [least, most], [present.count()]
        borders = even_borders(least, most, count)
        return borders, self._counted(Buckets(borders))

    def _counted(self, buckets: Buckets) -> list[int]:
        counted = self.mapPartitions(buckets.count)
        return counted._act("reduce", added, buckets.empty(), name="histogram")

    def countApprox(self, timeout: int, confidence: float = 0.95) -> int:
        """The number of elements: exact, whatever the `timeout` in milliseconds.

        >>> sc.parallelize(range(1000), 10).countApprox(1000, 1.0)
        1000
        """
        return self._act("count", name="countApprox")

    def sumApprox(self, timeout: int, confidence: float = 0.95) -> BoundedFloat:
        """The sum of the elements: exact, whatever the `timeout` in milliseconds.

        >>> sc.parallelize(range(1000), 10).sumApprox(1000)
        499500.0
        """
        return BoundedFloat.exact(float(self._act("total", name="sumApprox")))

    def meanApprox(self, timeout: int, confidence: float = 0.95) -> BoundedFloat:
        """The mean of the elements: exact, whatever the `timeout` in milliseconds.

        >>> sc.parallelize(range(1000), 10).meanApprox(1000)
        499.5
        """
        return BoundedFloat.exact(float(self.map(float).stats().mean()))
