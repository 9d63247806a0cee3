"""pympr.collectives and pympr.rma against the same written by hand with mpi4py and NumPy.

    pympr run -n 2 -m benchmarks.alone [case ...]

Arrays are warm, the two take turns, and a row gives the median seconds of the slowest rank. `x` is mpi4py's over
pympr's: above 1 pympr is ahead. Results are compared.
"""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from mpi4py import MPI

from pympr.collectives import Halo, exchange, sort, transpose
from pympr.rma import GlobalArray

REPETITIONS = 7
comm = MPI.COMM_WORLD


def sort_by_hand(values: np.ndarray) -> np.ndarray:
    """Regular sampling: a sample of every rank gathered on all, `Alltoallv`, and a sort of what came."""
    run = np.sort(values)
    samples = np.concatenate(comm.allgather(run[:: max(1, len(run) // (64 * comm.size))]))
    splitters = np.sort(samples)[len(samples) // comm.size :: len(samples) // comm.size][: comm.size - 1]
    ends = np.concatenate([[0], np.searchsorted(run, splitters), [len(run)]])
    return np.sort(send(run, np.diff(ends)))


def send(rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
    coming = np.empty_like(counts)
    comm.Alltoall(counts, coming)
    received = np.empty(int(coming.sum()), rows.dtype)
    comm.Alltoallv([rows, counts], [received, coming])
    return received


def exchange_by_hand(values: np.ndarray, destination: np.ndarray) -> np.ndarray:
    order = np.argsort(destination, kind="stable")
    return send(values[order], np.bincount(destination, minlength=comm.size))


def transpose_by_hand(block: np.ndarray) -> np.ndarray:
    """Rows to columns: slices packed one after the other, `Alltoallv`, and stacked."""
    parts = np.array_split(block, comm.size, axis=1)
    packed = np.concatenate([part.reshape(-1) for part in parts])
    received = send(packed, np.array([part.size for part in parts]))
    return received.reshape(-1, parts[comm.rank].shape[1])


def halo_by_hand(heat: np.ndarray, grid: Any) -> None:
    """A periodic grid in two axes: two packed `Sendrecv` an axis, corners by the order of the axes."""
    for axis in (0, 1):
        before, after = grid.Shift(axis, 1)
        inner = [np.take(heat, place, axis) for place in (1, -2)]
        ghosts = [np.empty_like(inner[0]), np.empty_like(inner[1])]
        grid.Sendrecv(inner[0], before, 0, ghosts[1], after, 0)
        grid.Sendrecv(inner[1], after, 1, ghosts[0], before, 1)
        for place, ghost in zip((0, -1), ghosts):
            heat[(slice(None),) * axis + (place,)] = ghost


def get_by_hand(window: Any, length: int, index: np.ndarray) -> np.ndarray:
    """One `Get` an item of a block-distributed vector."""
    result, block = np.empty(len(index)), length // comm.size
    window.Lock_all()
    for place, item in enumerate(index.tolist()):
        window.Get(result[place : place + 1], item // block, (item % block, 1, MPI.DOUBLE))
    window.Unlock_all()
    return result


def case_sort(rows: int):
    values = np.random.default_rng(comm.rank).integers(0, 2**62, rows)
    yield f"sort of {rows} int64 a rank", lambda: sort(values), lambda: sort_by_hand(values), None


def case_exchange(rows: int):
    random = np.random.default_rng(comm.rank)
    values, destination = random.random(rows), random.integers(0, comm.size, rows)
    by_hand = lambda: exchange_by_hand(values, destination)  # noqa: E731
    yield f"exchange of {rows} float64 a rank", lambda: exchange(values, destination), by_hand, np.array_equal


def case_transpose(rows: int):
    block = np.random.default_rng(comm.rank).random((rows, rows * comm.size))
    by_hand = lambda: transpose_by_hand(block)  # noqa: E731
    yield (
        f"transpose of {rows} x {block.shape[1]} float64 a rank",
        lambda: transpose(block, 0, 1),
        by_hand,
        np.array_equal,
    )


def case_halo(rows: int):
    dims = MPI.Compute_dims(comm.size, 2)
    grid = comm.Create_cart(dims, [True, True])
    with Halo([rows * dim for dim in dims], periodic=True, dims=dims) as halo:
        ours, theirs = halo.zeros(), halo.zeros()
        halo.interior(ours)[...] = halo.interior(theirs)[...] = np.random.default_rng(comm.rank).random((rows, rows))
        by_hand = lambda: (halo_by_hand(theirs, grid), theirs)[1]  # noqa: E731
        for title, check in (("", True), (", unchecked", False)):
            update = lambda check=check: (halo.update(ours, check), ours)[1]  # noqa: E731
            yield f"halo of {rows} x {rows} float64{title}", update, by_hand, np.array_equal
    grid.Free()


def case_global(rows: int):
    length = 1000000 * comm.size
    index = np.random.default_rng(comm.rank).integers(0, length, rows)
    with GlobalArray(length) as array:
        array.local[:] = np.arange(array.start, array.stop)
        memory = MPI.Win.Allocate(8 * (length // comm.size), 8, comm=comm)
        np.frombuffer(memory.tomemory())[:] = array.local
        comm.Barrier()
        by_hand = lambda: get_by_hand(memory, length, index)  # noqa: E731
        yield f"get of {rows} random items", lambda: array.get(index), by_hand, np.array_equal
        memory.Free()


CASES: dict[str, tuple[Callable[[int], Any], tuple[int, ...]]] = {
    "sort": (case_sort, (10**4, 2 * 10**6)),
    "exchange": (case_exchange, (10**4, 2 * 10**6)),
    "transpose": (case_transpose, (64, 1000)),
    "halo": (case_halo, (64, 1000)),
    "global": (case_global, (10, 10**4)),
}


def seconds_of(call: Callable[[], Any]) -> tuple[float, Any]:
    comm.Barrier()
    begin = time.perf_counter()
    result = call()
    return comm.allreduce(time.perf_counter() - begin, op=MPI.MAX), result


def measure(title: str, ours: Callable[[], Any], theirs: Callable[[], Any], is_same: Any) -> None:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPETITIONS):
        results = []
        for call, spent in zip((ours, theirs), times):
            seconds, result = seconds_of(call)
            spent.append(seconds)
            results.append(result)
    if is_same is not None and not is_same(*results):
        raise SystemExit(f"{title}: the results differ on rank {comm.rank}")
    first, second = (statistics.median(spent[1:]) for spent in times)
    if comm.rank == 0:
        print(f"| {title} | {1e3 * first:.3f} | {1e3 * second:.3f} | {second / first:.2f} |", flush=True)


def main(names: list[str]) -> None:
    if comm.rank == 0:
        print(
            f"{comm.size} ranks, {MPI.get_vendor()}\n| case | pympr ms | mpi4py ms | x |\n|---|---|---|---|", flush=True
        )
    for name in names or CASES:
        make, sizes = CASES[name]
        for size in sizes:
            for case in make(size):
                measure(*case)


if __name__ == "__main__":
    main(sys.argv[1:])
