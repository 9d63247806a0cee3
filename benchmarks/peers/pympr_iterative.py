"""pympr with block functions: NumPy's or numba's arithmetic inside `mapBlocks`, arrays between ranks by collectives."""

import numpy as np

from benchmarks import iterative


def context():
    from pympr.context import SparkContext

    return SparkContext.getOrCreate()


def share(path: str, axis: int) -> tuple[np.ndarray, ...]:
    """This rank's part of the points or edges as columns in memory."""
    array, sc = np.load(path, mmap_mode="r"), context()
    columns = array.T if axis == 0 else array
    count = columns.shape[1]
    part = slice(count * sc.rank // sc.size, count * (sc.rank + 1) // sc.size)
    return tuple(np.array(column[part]) for column in columns)


def kmeans_blocks(points: str):
    kernel = iterative.compiled()[0]
    return _kmeans(points, lambda columns, centres: kernel(columns, centres, 0, len(columns[0])))


def kmeans_numpy(points: str):
    return _kmeans(points, iterative.centre_sums)


def _kmeans(points: str, kernel):
    mine = context().fromNumpy(share(points, 0))
    start = iterative.first_centres(np.load(points, mmap_mode="r"))

    def sums_of(centres: np.ndarray) -> np.ndarray:
        rows = mine.mapBlocks(lambda *columns: tuple(kernel(columns, centres).T)).collect()
        return np.array(rows).reshape(-1, len(centres), 1 + centres.shape[1]).sum(axis=0)

    return (lambda: iterative.kmeans_loop(sums_of, start)), iterative.digest_of_centres


def pagerank_blocks(edges: str):
    kernel = iterative.compiled()[1]
    return _pagerank(edges, lambda sources, targets, shares: kernel(sources, targets, shares, 0, len(sources)))


def pagerank_numpy(edges: str):
    return _pagerank(edges, iterative.edge_sums)


def _pagerank(edges: str, kernel):
    from mpi4py import MPI

    from pympr.collectives.reduce import allreduce

    mine = context().fromNumpy(share(edges, 1))
    count = iterative.num_nodes(np.load(edges, mmap_mode="r"))

    def of_all_nodes(function) -> np.ndarray:
        parts = mine.mapBlocks(function).toNumpy().reshape(-1, count)
        own = parts[0] if len(parts) == 1 else parts.sum(axis=0)
        return allreduce(MPI.COMM_WORLD, own, "sum", out=own)

    def run() -> np.ndarray:
        links = of_all_nodes(lambda sources, targets: np.bincount(sources, minlength=count))
        return iterative.pagerank_loop(
            lambda shares: of_all_nodes(lambda sources, targets: kernel(sources, targets, shares)), links
        )

    return run, iterative.digest_of_ranks
