"""What an action costs that has nothing to do, and what of it is asking whether the ranks agree.

    python benchmarks/overhead.py [--sizes 1,2,4,8] [--seconds 2]       starts `pympr run` for every size
    mpirun -n 2 python benchmarks/overhead.py --here [--seconds 2]      in these ranks

"empty" is `sc.emptyRDD().count()` again and again on one RDD, "small" `count` of four numbers mapped and filtered,
"shuffle" a `reduceByKey` of four pairs, each planned anew; "agree" is the check before an action alone, and "agrees"
how often a small action makes it, the ends of its stages included. Times of the slowest rank, in microseconds.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from operator import add
from pathlib import Path

HEAD = f"{'ranks':>5} {'empty':>9} {'small':>9} {'shuffle':>9} {'agree':>8} {'agrees':>7} {'share of 100 ms':>16}"


def median_us(world, work: Callable[[], object], seconds: float) -> float:
    """The median time of a call on the slowest rank."""
    from mpi4py import MPI

    times: list[float] = []
    for turn in range(100_000):
        world.barrier()
        begin = time.perf_counter()
        work()
        times.append(world.allreduce(time.perf_counter() - begin, op=MPI.MAX))
        if turn > 20 and world.bcast(sum(times) > seconds, 0):
            break
    return statistics.median(times[10:]) * 1e6


def meetings_of(work: Callable[[], object]) -> int:
    """How often the ranks meet in one call."""
    from pympr.run import agreement

    meet, calls = agreement.meet, []
    agreement.meet = lambda *arguments, **named: calls.append(None) or meet(*arguments, **named)
    try:
        work()
    finally:
        agreement.meet = meet
    return len(calls)


def measure(seconds: float) -> None:
    """Print this size's line on rank 0."""
    from mpi4py import MPI

    from pympr import SparkContext
    from pympr.collectives.world import world
    from pympr.run.agreement import agree_on

    sc = SparkContext()
    empty, comm, ranks = sc.emptyRDD(), MPI.COMM_WORLD, world()
    fields = {"action": "count", "where": "overhead.py:1", "plan": "x" * 200}

    def small() -> int:
        return sc.parallelize([1, 2, 3, 4]).map(lambda x: x + 1).filter(lambda x: x > 2).count()

    def shuffle() -> list:
        return sc.parallelize([(1, 2), (2, 3), (1, 4), (3, 5)]).reduceByKey(add).collect()

    agree = median_us(comm, lambda: agree_on(ranks, fields), seconds)
    agrees = meetings_of(small)
    times = [median_us(comm, work, seconds) for work in (empty.count, small, shuffle)]
    if comm.rank == 0:
        cells = " ".join(f"{value:>9.1f}" for value in times)
        print(f"{comm.size:>5} {cells} {agree:>8.1f} {agrees:>7} {agree * agrees / 1e5:>15.2%}", flush=True)
    sc.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1,2,4,8")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each of the times")
    parser.add_argument("--here", action="store_true")
    options = parser.parse_args()
    if options.here:
        measure(options.seconds)
        return
    print(HEAD, flush=True)
    program = [str(Path(__file__).resolve()), "--here", "--seconds", str(options.seconds)]
    for size in options.sizes.split(","):
        subprocess.run([sys.executable, "-m", "pympr.cli.main", "run", "-n", size, *program], check=True)


if __name__ == "__main__":
    main()
