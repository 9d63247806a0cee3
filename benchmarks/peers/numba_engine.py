"""numba, 2 threads: each has its part of the columns and sums of its own."""

import numpy as np

from benchmarks import iterative

THREADS = 2


def start() -> None:
    import numba

    numba.set_num_threads(THREADS)


def versions() -> str:
    import numba

    return f"numba {numba.__version__}"


def kmeans_blocks(points: str):
    import numba

    kernel = iterative.compiled()[0]
    array = np.load(points)
    columns, begin = tuple(map(np.ascontiguousarray, array.T)), iterative.first_centres(array)

    @numba.njit(parallel=True)
    def sums_of(columns, centres):
        count, parts = len(columns[0]), np.empty((THREADS, len(centres), 1 + centres.shape[1]))
        for thread in numba.prange(THREADS):
            parts[thread] = kernel(columns, centres, count * thread // THREADS, count * (thread + 1) // THREADS)
        return parts.sum(axis=0)

    run = lambda: iterative.kmeans_loop(lambda centres: sums_of(columns, centres), begin)  # noqa: E731
    return run, iterative.digest_of_centres


def pagerank_blocks(edges: str):
    import numba

    kernel = iterative.compiled()[1]
    sources, targets = np.load(edges)
    count = iterative.num_nodes(np.stack((sources, targets)))

    @numba.njit(parallel=True)
    def sums_of(sources, targets, shares):
        parts, total = np.empty((THREADS, len(shares))), len(sources)
        for thread in numba.prange(THREADS):
            begin, end = total * thread // THREADS, total * (thread + 1) // THREADS
            parts[thread] = kernel(sources, targets, shares, begin, end)
        return parts.sum(axis=0)

    def run() -> np.ndarray:
        links = np.bincount(sources, minlength=count)
        return iterative.pagerank_loop(lambda shares: sums_of(sources, targets, shares), links)

    return run, iterative.digest_of_ranks
