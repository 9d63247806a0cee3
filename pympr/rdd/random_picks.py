"""Random choices a partition: by seed and partition number, so the same on any number of ranks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from random import Random
from typing import Any

# Above this mean Knuth's product would come near the smallest float.
_LARGE_MEAN = 20.0


def generator_of(seed: int, partition: int) -> Random:
    """The random numbers of one partition: PySpark's, so that seeded samples are PySpark's too."""
    numbers = Random(seed ^ partition)
    for _ in range(10):  # the first numbers of neighbouring seeds are alike
        numbers.randint(0, 1)
    return numbers


def poisson(numbers: Random, mean: float) -> int:
    """A number of the Poisson distribution (Knuth, The Art of Computer Programming 2, section 3.4.1)."""
    count = 0
    if mean < _LARGE_MEAN:
        least, product = math.exp(-mean), numbers.random()
        while product > least:
            count += 1
            product *= numbers.random()
        return count
    total = numbers.expovariate(mean)
    while total < 1.0:
        count += 1
        total += numbers.expovariate(mean)
    return count


class Picks:
    """Elements by chance: each with probability `fraction`, or each a Poisson number of times."""

    def __init__(self, with_replacement: bool, fraction: float, seed: int) -> None:
        self._with_replacement, self._fraction, self._seed = with_replacement, fraction, seed

    def fraction_of(self, item: Any) -> float:
        """The share wanted of elements like this one."""
        return self._fraction

    def __call__(self, partition: int, items: Iterable[Any]) -> Iterator[Any]:
        """The chosen elements of a partition."""
        numbers = generator_of(self._seed, partition)
        for item in items:
            fraction = self.fraction_of(item)
            if not self._with_replacement:
                if numbers.random() < fraction:
                    yield item
                continue
            for _ in range(poisson(numbers, fraction)):
                yield item


class PicksByKey(Picks):
    """As `Picks`, with a fraction for every key."""

    def __init__(self, with_replacement: bool, fractions: Mapping[Any, float], seed: int) -> None:
        super().__init__(with_replacement, 0.0, seed)
        self._fractions = fractions

    def fraction_of(self, item: Any) -> float:
        return self._fractions[item[0]]


class Between:
    """The elements whose random number lies in a range: one part of a split."""

    def __init__(self, low: float, high: float, seed: int) -> None:
        self._low, self._high, self._seed = low, high, seed

    def __call__(self, partition: int, items: Iterable[Any]) -> Iterator[Any]:
        """The part's elements of a partition."""
        numbers = generator_of(self._seed, partition)
        return (item for item in items if self._low <= numbers.random() < self._high)


def fraction_for(size: int, total: int, with_replacement: bool) -> float:
    """The fraction that gives at least `size` of `total` elements in nearly all samples.

    With replacement by the normal approximation of the Poisson distribution, else by
    a Chernoff bound with a failure rate of 0.00005.
    """
    fraction = size / total
    if with_replacement:
        deviations = 9 if size < 12 else 5
        return fraction + deviations * math.sqrt(fraction / total)
    gamma = -math.log(0.00005) / total
    return min(1.0, fraction + gamma + math.sqrt(gamma * gamma + 2 * gamma * fraction))
