"""The exchange of int64 rows, packing included, against Alltoallv of the same bytes from ready-made buffers.

    mpirun -n 2 python benchmarks/exchange.py [--kilobytes 64,256,...] [--variant auto] [--seconds 1] [--json FILE]

Every rank has rows with random destinations, so many kilobytes a pair of ranks. The time of the
exchange is that of everything after the destination of every row is known: count, agree,
lay out, scatter. Times are of the slowest rank, the two ways measured in turn; both reuse their
memory. "best" is the best call: what is left of it where other programs use the machine.
"""

import argparse
import json
import platform
import statistics
import time

import numpy as np
from mpi4py import MPI

from pympr.collectives.choose import explain_exchange
from pympr.collectives.exchange import Part, exchange
from pympr.collectives.world import library_name, world

LINE = (
    "{kilobytes_a_pair:>10} {median_alltoallv_us:>13} {median_exchange_us:>12} {median_ratio:>6}"
    " {best_alltoallv_us:>13} {best_exchange_us:>12} {best_ratio:>6}"
)


def measure(comm, works: list, seconds: float) -> tuple[list[list[float]], list]:
    """The seconds of every call of each of `works` on the slowest rank, called in turn, and their last results."""
    times: list[list[float]] = [[] for _ in works]
    for turn in range(2000):
        results: list = [None] * len(works)  # the exchange's memory goes back to where it is reused
        for place, work in enumerate(works):
            comm.Barrier()
            begin = time.perf_counter()
            results[place] = work()
            taken = comm.allreduce(time.perf_counter() - begin, op=MPI.MAX)
            if turn >= 2:
                times[place].append(taken)
        if comm.bcast(sum(map(sum, times)) > seconds and turn > 5, 0):
            break
    return times, results


def compare(here, kilobytes: int, variant: str, seconds: float) -> dict:
    """Both ways once, checked against each other."""
    rows = kilobytes * 128 * here.size
    random = np.random.default_rng([here.rank, kilobytes])
    values = random.integers(-(2**62), 2**62, rows)
    buckets = random.integers(0, here.size, rows).astype(np.uint32)
    counts = np.bincount(buckets, minlength=here.size)
    coming = np.empty_like(counts)
    here.comm.Alltoall(counts, coming)
    packed = values[np.argsort(buckets, kind="stable")]
    received = np.zeros(int(coming.sum()), np.int64)
    part = Part(here.rank, [values], buckets)
    (alltoallv, exchanged), (_, (result, _)) = measure(
        here.comm,
        [
            lambda: here.comm.Alltoallv([packed, counts], [received, coming]),
            lambda: exchange(here, [part], ("int64",), variant),
        ],
        seconds,
    )
    assert np.array_equal(result.columns[0], received)
    return (
        {"kilobytes_a_pair": kilobytes}
        | figures("median", statistics.median, alltoallv, exchanged)
        | figures("best", min, alltoallv, exchanged)
    )


def figures(name: str, choose, alltoallv: list[float], exchanged: list[float]) -> dict:
    return {
        f"{name}_alltoallv_us": round(choose(alltoallv) * 1e6, 1),
        f"{name}_exchange_us": round(choose(exchanged) * 1e6, 1),
        f"{name}_ratio": round(choose(alltoallv) / choose(exchanged), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kilobytes", default="64,256,1024,4096,16384,65536")
    parser.add_argument("--variant", default="auto")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--json")
    options = parser.parse_args()
    here = world()
    why = explain_exchange(here) if options.variant == "auto" else options.variant
    if here.rank == 0:
        print(f"{library_name()}, {here.size} ranks, {platform.processor() or platform.machine()}, variant {why}")
        print(f"{'KiB a pair':>10} {'Alltoallv us':>13} {'exchange us':>12} {'ratio':>6}   best: the same")
    lines = []
    for kilobytes in map(int, options.kilobytes.split(",")):
        line = compare(here, kilobytes, options.variant, options.seconds)
        lines.append(line)
        if here.rank == 0:
            print(LINE.format(**line), flush=True)
    if options.json and here.rank == 0:
        record = {"library": library_name(), "ranks": here.size, "variant": why, "lines": lines}
        with open(options.json, "w") as file:
            json.dump(record, file, indent=1)


if __name__ == "__main__":
    main()
