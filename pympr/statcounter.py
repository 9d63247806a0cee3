"""Count, mean, variance and extremes of numbers, merged without a second pass."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Any


class StatCounter:
    """Statistics of the `values`: numbers, or NumPy arrays of one shape item by item.

    Means and sums of squares are merged as by Chan, Golub and LeVeque, "Updating
    formulae and a pairwise algorithm for computing sample variances" (1979).

    >>> StatCounter([1, 2, 3])
    (count: 3, mean: 2.0, stdev: 0.816496580927726, max: 3.0, min: 1.0)
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        self.n = 0
        self.mu: Any = 0.0
        self.m2: Any = 0.0
        self.maxValue: Any = float("-inf")
        self.minValue: Any = float("inf")
        for value in values or ():
            self.merge(value)

    @classmethod
    def of_moments(cls, moments: tuple[int, float, float, float, float] | None) -> StatCounter:
        """A counter of (count, mean, sum of squared differences from the mean, largest, smallest), or of nothing.

        >>> StatCounter.of_moments((2, 1.5, 0.5, 2.0, 1.0))
        (count: 2, mean: 1.5, stdev: 0.5, max: 2.0, min: 1.0)
        """
        made = cls()
        if moments is not None:
            made.n, made.mu, made.m2, made.maxValue, made.minValue = moments
        return made

    def merge(self, value: Any) -> StatCounter:
        """Take in one value."""
        delta = value - self.mu
        self.n += 1
        self.mu = self.mu + delta / self.n
        self.m2 = self.m2 + delta * (value - self.mu)
        self.maxValue = _larger(self.maxValue, value)
        self.minValue = -_larger(-self.minValue, -value)
        return self

    def mergeStats(self, other: StatCounter) -> StatCounter:
        """Take in what another counter has counted; TypeError for anything else."""
        if not isinstance(other, StatCounter):
            raise TypeError(f"Can only merge StatCounter but got {type(other)}")
        if other.n == 0:
            return self
        total = self.n + other.n
        delta = other.mu - self.mu
        if other.n * 10 < self.n:
            mean = self.mu + (delta * other.n) / total
        elif self.n * 10 < other.n:
            mean = other.mu - (delta * self.n) / total
        else:
            mean = (self.mu * self.n + other.mu * other.n) / total
        self.m2 = self.m2 + other.m2 + (delta * delta * self.n * other.n) / total
        self.n, self.mu = total, mean
        self.maxValue = _larger(self.maxValue, other.maxValue)
        self.minValue = -_larger(-self.minValue, -other.minValue)
        return self

    def copy(self) -> StatCounter:
        """Another counter of the same state."""
        return copy.deepcopy(self)

    def count(self) -> int:
        """How many values there were."""
        return self.n

    def mean(self) -> Any:
        """The mean; 0.0 of none."""
        return self.mu

    def sum(self) -> Any:
        """The count times the mean."""
        return self.n * self.mu

    def min(self) -> Any:
        """The smallest value as a float; inf of none."""
        return self.minValue

    def max(self) -> Any:
        """The largest value as a float; -inf of none."""
        return self.maxValue

    def variance(self) -> Any:
        """The variance of the values; NaN of none."""
        return self.m2 / self.n if self.n else float("nan")

    def sampleVariance(self) -> Any:
        """The variance estimated from a sample, which divides by n - 1; NaN of fewer than two."""
        return self.m2 / (self.n - 1) if self.n > 1 else float("nan")

    def stdev(self) -> Any:
        """The square root of `variance`."""
        return _root(self.variance())

    def sampleStdev(self) -> Any:
        """The square root of `sampleVariance`."""
        return _root(self.sampleVariance())

    def asDict(self, sample: bool = False) -> dict[str, Any]:
        """All of them by name; as in PySpark `sample=True` gives the population's stdev and variance.

        >>> StatCounter([1.0, 2.0, 3.0, 4.0]).asDict()["stdev"]
        1.2909944487358056
        """
        return {
            "count": self.count(),
            "mean": self.mean(),
            "sum": self.sum(),
            "min": self.min(),
            "max": self.max(),
            "stdev": self.stdev() if sample else self.sampleStdev(),
            "variance": self.variance() if sample else self.sampleVariance(),
        }

    def __repr__(self) -> str:
        return (
            f"(count: {self.count()}, mean: {self.mean()}, stdev: {self.stdev()}, max: {self.max()}, min: {self.min()})"
        )


def _is_array(value: Any) -> bool:
    return bool(getattr(value, "shape", ()))


def _larger(left: Any, right: Any) -> Any:
    """The larger, NaN where one is NaN; item by item of arrays."""
    if _is_array(left) or _is_array(right):
        import numpy as np

        return np.maximum(left, right)
    if left != left:
        return left
    return left if right <= left else float(right)


def _root(value: Any) -> Any:
    if _is_array(value):
        import numpy as np

        return np.sqrt(value)
    return math.sqrt(value)
