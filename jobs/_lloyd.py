"""The arithmetic of k-means on columns, in an order that does not depend on ranks or threads."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from pympr.errors import InputError

# Points that are looked at together: their columns and distances stay in the cache.
CHUNK = 2048


class Round(NamedTuple):
    """How many points each centre has, where their means lie, and the sum of squared distances."""

    counts: np.ndarray
    centres: np.ndarray
    inertia: float


def finite_points(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """The columns as float64; InputError when a coordinate is not finite."""
    floats = tuple(column.astype(np.float64) for column in columns)
    for column in floats:
        if not np.isfinite(column).all():
            raise InputError(f"a coordinate is not finite: {column[~np.isfinite(column)][0]}")
    return floats


def nearest(columns: Sequence[np.ndarray], centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of the nearest centre of every point (int64, the first of equal ones), and its squared distance.

    >>> nearest([np.array([0.0, 9.0])], np.array([[1.0], [7.0]]))
    (array([0, 1]), array([1., 4.]))
    """
    count = len(columns[0])
    labels, least = np.empty(count, np.int64), np.empty(count)
    for begin in range(0, count, CHUNK):
        part = [column[begin : begin + CHUNK] for column in columns]
        distances = _distances(part, centres)
        found = distances.argmin(axis=0)
        labels[begin : begin + CHUNK] = found
        least[begin : begin + CHUNK] = distances[found, np.arange(len(found))]
    return labels, least


def _distances(columns: Sequence[np.ndarray], centres: np.ndarray) -> np.ndarray:
    """Squared distances, a row for each centre; summed column by column, in an order known to all."""
    total = np.zeros((len(centres), len(columns[0])))
    for place, column in enumerate(columns):
        difference = column - centres[:, place, None]
        difference *= difference
        total += difference
    return total


def partial_sums(centres: np.ndarray) -> Callable[..., tuple[np.ndarray, ...]]:
    """A block function: for every centre the count of its points, sums of squared distances and coordinates."""

    def of_block(*columns: np.ndarray) -> tuple[np.ndarray, ...]:
        labels, least = nearest(columns, centres)
        sums = [np.bincount(labels, values, len(centres)) for values in (least, *columns)]
        return (np.bincount(labels, minlength=len(centres)), *sums)

    return of_block


def round_of(partials: Sequence[tuple[float, ...]], centres: np.ndarray) -> Round:
    """The sums of all blocks; a centre without points stays."""
    sums = np.array(partials).reshape(-1, len(centres), len(partials[0])).sum(axis=0)
    counts, inertia, coordinates = sums[:, 0], sums[:, 1].sum(), sums[:, 2:]
    means = np.divide(coordinates, counts[:, None], out=centres.copy(), where=counts[:, None] > 0)
    return Round(counts.astype(np.int64), means, float(inertia))


def first_centres(sample: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Centres by k-means++ (Arthur and Vassilvitskii, SODA 2007): each drawn by squared distance to those before.

    InputError when the sample has fewer different points than `count`.
    """
    random = np.random.default_rng(seed)
    chosen = [sample[random.integers(len(sample))]]
    least = ((sample - chosen[0]) ** 2).sum(axis=1)
    while len(chosen) < count:
        if not least.any():
            raise InputError(f"{len(chosen)} different points among those drawn, {count} centres wanted")
        place = int(np.searchsorted(np.cumsum(least), random.random() * least.sum(), side="right"))
        place = min(place, int(np.flatnonzero(least)[-1]))
        chosen.append(sample[place])
        least = np.minimum(least, ((sample - sample[place]) ** 2).sum(axis=1))
    return np.array(chosen)
