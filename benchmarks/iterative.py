"""k-means and PageRank over arrays: the arithmetic that every engine with block functions shares, and their loops.

A loop takes two functions: one that gives an engine's sums for all points or edges, given centres or shares.
"""

import functools
from collections.abc import Callable

import numpy as np

ROUNDS = 10
DAMPING = 0.85
CLUSTERS = 16
CHUNK = 2048


def first_centres(points: np.ndarray) -> np.ndarray:
    """Where the centres begin: points spread over the input."""
    return np.array(points[:: max(1, len(points) // CLUSTERS)][:CLUSTERS], np.float64)


def kmeans_loop(sums_of: Callable[[np.ndarray], np.ndarray], centres: np.ndarray) -> np.ndarray:
    """The centres after ten rounds; sums are rows of a count and the sums of the coordinates."""
    for _ in range(ROUNDS):
        sums = sums_of(centres)
        counts = sums[:, :1]
        centres = np.where(counts > 0, sums[:, 1:] / np.maximum(counts, 1), centres)
    return centres


def pagerank_loop(sums_of: Callable[[np.ndarray], np.ndarray], links: np.ndarray) -> np.ndarray:
    """The ranks after ten rounds, given how many links each node has; those of nodes without go to all."""
    count = len(links)
    divisor, has_none = np.maximum(links, 1).astype(np.float64), links == 0
    ranks = np.full(count, 1 / count)
    for _ in range(ROUNDS):
        lost = ranks[has_none].sum()
        ranks = (1 - DAMPING + DAMPING * lost) / count + DAMPING * sums_of(ranks / divisor)
    return ranks


def centre_sums(columns: tuple[np.ndarray, ...], centres: np.ndarray) -> np.ndarray:
    """Counts and sums of coordinates by nearest centre, with NumPy: a chunk's distances are a product of matrices."""
    total = np.zeros((len(centres), 1 + len(columns)))
    half_norms = 0.5 * (centres * centres).sum(axis=1)[:, None]
    for begin in range(0, len(columns[0]), CHUNK):
        part = np.stack([column[begin : begin + CHUNK] for column in columns])
        labels = (half_norms - centres @ part).argmin(axis=0)
        total[:, 0] += np.bincount(labels, minlength=len(centres))
        for place, values in enumerate(part, 1):
            total[:, place] += np.bincount(labels, values, len(centres))
    return total


def edge_sums(sources: np.ndarray, targets: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """What every node is given, with NumPy."""
    return np.bincount(targets, shares[sources], len(shares))


@functools.cache
def compiled():
    """(centre sums, edge sums) by numba: the same, in loops that a compiler can use vectors for."""
    import numba

    @numba.njit(fastmath=True)
    def centre_sums(columns, centres, begin, end):
        count, width = centres.shape
        total = np.zeros((count, 1 + width))
        distance, least = np.empty(CHUNK), np.empty(CHUNK)
        label = np.empty(CHUNK, np.int64)
        for start in range(begin, end, CHUNK):
            size = min(CHUNK, end - start)
            least[:size] = np.inf
            for centre in range(count):
                distance[:size] = 0.0
                for place in range(width):
                    column, at = columns[place], centres[centre, place]
                    for row in range(size):
                        difference = column[start + row] - at
                        distance[row] += difference * difference
                for row in range(size):
                    is_nearer = distance[row] < least[row]
                    least[row] = distance[row] if is_nearer else least[row]
                    label[row] = centre if is_nearer else label[row]
            for row in range(size):
                total[label[row], 0] += 1.0
            for place in range(width):
                column = columns[place]
                for row in range(size):
                    total[label[row], 1 + place] += column[start + row]
        return total

    @numba.njit
    def edge_sums(sources, targets, shares, begin, end):
        given = np.zeros(len(shares))
        for edge in range(begin, end):
            given[targets[edge]] += shares[sources[edge]]
        return given

    return centre_sums, edge_sums


def digest_of_centres(centres: np.ndarray) -> list[str]:
    """Centres to nine digits, as engines round differently."""
    return [f"{value:.9g}" for value in np.asarray(centres).reshape(-1)]


def digest_of_ranks(ranks: np.ndarray) -> list:
    """How many nodes, and two sums of their ranks with weights, to nine digits."""
    weights = np.random.default_rng(10).random((2, len(ranks)))
    return [len(ranks), *(f"{value:.9g}" for value in weights @ ranks)]


def num_nodes(edges: np.ndarray) -> int:
    return int(edges.max()) + 1
