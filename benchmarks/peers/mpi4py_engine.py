"""mpi4py and NumPy by hand, as many ranks as pympr has: each keeps its part, sums go through Allreduce."""

import numpy as np

from benchmarks import iterative


def start() -> None:
    from mpi4py import MPI  # noqa: F401


def versions() -> str:
    import mpi4py

    return f"mpi4py {mpi4py.__version__}, NumPy {np.__version__}"


def share(path: str, axis: int) -> tuple[np.ndarray, ...]:
    from mpi4py import MPI

    array = np.load(path, mmap_mode="r")
    columns, rank, size = array.T if axis == 0 else array, MPI.COMM_WORLD.rank, MPI.COMM_WORLD.size
    count = columns.shape[1]
    return tuple(np.array(column[count * rank // size : count * (rank + 1) // size]) for column in columns)


def summed(array: np.ndarray) -> np.ndarray:
    from mpi4py import MPI

    MPI.COMM_WORLD.Allreduce(MPI.IN_PLACE, array)
    return array


def kmeans_numpy(points: str):
    mine = share(points, 0)
    begin = iterative.first_centres(np.load(points, mmap_mode="r"))

    def sums_of(centres: np.ndarray) -> np.ndarray:
        return summed(iterative.centre_sums(mine, centres))

    return (lambda: iterative.kmeans_loop(sums_of, begin)), iterative.digest_of_centres


def pagerank_numpy(edges: str):
    sources, targets = share(edges, 1)
    count = iterative.num_nodes(np.load(edges, mmap_mode="r"))

    def run() -> np.ndarray:
        links = summed(np.bincount(sources, minlength=count))
        return iterative.pagerank_loop(lambda shares: summed(iterative.edge_sums(sources, targets, shares)), links)

    return run, iterative.digest_of_ranks
