"""Histograms: borders, and the counts between them."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from math import isinf
from typing import Any

# Borders whose distances differ by less are taken for evenly spaced.
_EVEN = 1e-10


def is_comparable(value: Any) -> bool:
    """Whether a value has a place in a histogram: not None, not NaN."""
    return value is not None and value == value


def smallest_and_largest(items: Iterable[Any]) -> list[tuple[Any, Any]]:
    """[(smallest, largest)], or nothing of nothing."""
    values = iter(items)
    for first in values:
        least = most = first
        for value in values:
            least, most = min(least, value), max(most, value)
        return [(least, most)]
    return []


def merged_extremes(left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
    """The extremes of both."""
    return min(left[0], right[0]), max(left[1], right[1])


def even_borders(least: Any, most: Any, count: int) -> list[Any]:
    """`count` + 1 borders at equal distances, integers where they can be.

    >>> even_borders(0, 50, 2), even_borders(0, 1, 4)
    ([0, 25, 50], [0.0, 0.25, 0.5, 0.75, 1])
    """
    try:
        width = (most - least) / count
    except TypeError:
        raise TypeError("Can not generate buckets with non-number in RDD") from None
    if isinf(width):
        raise ValueError("Can not generate buckets with infinite value")
    width = int(width)
    if width * count != most - least:
        width = (most - least) * 1.0 / count
    return [step * width + least for step in range(count)] + [most]


def check_borders(borders: Sequence[Any]) -> None:
    """Raise ValueError for borders that are no buckets."""
    if len(borders) < 2:
        raise ValueError("buckets should have more than one value")
    if not all(map(is_comparable, borders)):
        raise ValueError("can not have None or NaN in buckets")
    if sorted(borders) != list(borders):
        raise ValueError("buckets should be sorted")
    if len(set(borders)) != len(borders):
        raise ValueError("buckets should not contain duplicated values")


class Buckets:
    """Counts values between borders; where these are evenly spaced, by division."""

    def __init__(self, borders: Sequence[Any]) -> None:
        self._borders = borders
        self._width = _even_width(borders)

    def empty(self) -> list[int]:
        """The counts of no values."""
        return [0] * (len(self._borders) - 1)

    def count(self, items: Iterable[Any]) -> list[list[int]]:
        """[the number of items in every bucket]."""
        borders, width = self._borders, self._width
        least, most = borders[0], borders[-1]
        counts = [*self.empty(), 0]
        for value in items:
            if is_comparable(value) and least <= value <= most:
                place = int((value - least) / width) if width else bisect_right(borders, value) - 1
                counts[place] += 1
        last = counts.pop()
        counts[-1] += last  # the last bucket has its upper border too
        return [counts]


def _even_width(borders: Sequence[Any]) -> Any:
    try:
        steps = [after - before for before, after in zip(borders, borders[1:])]
        is_even = max(steps) - min(steps) < _EVEN
    except TypeError:
        return None
    return (borders[-1] - borders[0]) / (len(borders) - 1) if is_even else None


def added(left: list[int], right: list[int]) -> list[int]:
    """The counts of both."""
    return [a + b for a, b in zip(left, right)]
