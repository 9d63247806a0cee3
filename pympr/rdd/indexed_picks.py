"""Random choices by seed and global index of an element: the same in whatever partitions the elements lie.

The numbers are those of Philox (Salmon and others, "Parallel Random Numbers: As Easy as 1, 2, 3", 2011),
which computes the n-th without those before it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

_LARGE_MEAN = 20.0
_AT_ONCE = 4096
_KEY_MASK = (1 << 64) - 1


def numbers_from(seed: int, begin: int, stream: int = 0) -> Iterator[float]:
    """Random numbers in [0, 1) of the elements from index `begin` on.

    >>> from itertools import islice
    >>> list(islice(numbers_from(7, 2), 3)) == list(islice(numbers_from(7, 0), 5))[2:]
    True
    """
    import numpy as np

    at = begin
    while True:
        blocks, skipped = divmod(at, 4)  # Philox makes four words at once
        generator = np.random.Philox(key=[seed & _KEY_MASK, (seed >> 64 ^ stream) & _KEY_MASK])
        generator.advance(blocks)
        words = generator.random_raw(skipped + _AT_ONCE)[skipped:]
        yield from ((words >> np.uint64(11)) * 2.0**-53).tolist()
        at += _AT_ONCE


def poisson_of(number: float, mean: float, index: int) -> int:
    """The Poisson number that a number in [0, 1) stands for.

    >>> [poisson_of(number, 1.0, 0) for number in (0.0, 0.5, 0.99)]
    [0, 1, 4]
    """
    if mean > _LARGE_MEAN:
        import numpy as np

        key = [int(number * 2**53), index]
        return int(np.random.Generator(np.random.Philox(key=key)).poisson(mean))
    count, term = 0, math.exp(-mean)
    below = term
    while number >= below and term > 0.0:
        count += 1
        term *= mean / count
        below += term
    return count


class IndexedPicks:
    """Elements by chance: each with probability `fraction_of(element)`, or each a Poisson number of times."""

    def __init__(
        self, with_replacement: bool, fraction_of: Callable[[Any], float], seed: int, starts: list[int]
    ) -> None:
        self._with_replacement, self._fraction_of = with_replacement, fraction_of
        self._seed, self._starts = seed, starts

    def __call__(self, partition: int, items: Iterable[Any]) -> Iterator[Any]:
        """The chosen elements of a partition."""
        begin = self._starts[partition]
        for index, (item, number) in enumerate(zip(items, numbers_from(self._seed, begin)), begin):
            fraction = self._fraction_of(item)
            if not self._with_replacement:
                if number < fraction:
                    yield item
                continue
            for _ in range(poisson_of(number, fraction, index)):
                yield item


class IndexedBetween:
    """The elements whose random number lies in a range: one part of a split."""

    def __init__(self, low: float, high: float, seed: int, starts: list[int]) -> None:
        self._low, self._high, self._seed, self._starts = low, high, seed, starts

    def __call__(self, partition: int, items: Iterable[Any]) -> Iterator[Any]:
        """The part's elements of a partition."""
        numbers = numbers_from(self._seed, self._starts[partition])
        return (item for item, number in zip(items, numbers) if self._low <= number < self._high)


def constant(fraction: float) -> Callable[[Any], float]:
    """The same fraction for every element."""
    return lambda item: fraction


def by_key(fractions: Mapping[Any, float]) -> Callable[[Any], float]:
    """The fraction of the element's key."""
    return lambda item: fractions[item[0]]
