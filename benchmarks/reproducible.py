"""The price of `reproducible=True` and `verify=True`: each job on and off, on as many ranks as this is started with.

    pympr run -n 2 benchmarks/reproducible.py [rows]

Prints, for every job, the best of three wall seconds (slowest rank), and the ratio to the plain job.
"""

import sys
import time
from operator import add

import numpy as np

from pympr import SparkContext
from pympr.native import binned

_ROUNDS = 3


def jobs(sc, rows):
    """Name and function of every job; the data are made once."""
    random = np.random.default_rng(sc.rank)
    values = random.standard_normal(rows // sc.size)
    few, many = (random.integers(0, count, len(values) // 8) for count in (1000, rows // 16 or 1))
    floats, short = sc.fromNumpy(values), values[: len(few)].copy()
    return {
        f"sum of {rows:.0e} floats": floats.sum,
        "reduceByKey(add), 1,000 keys": lambda: sc.fromNumpy((few, short)).reduceByKey(add).count(),
        "reduceByKey(add), half of the rows keys": lambda: sc.fromNumpy((many, short)).reduceByKey(add).count(),
        "sortBy": lambda: sc.fromNumpy(short).sortBy(lambda x: x).count(),
    }


def measure(sc, job):
    """The best of the rounds, in seconds of the slowest rank."""
    found = []
    for _ in range(_ROUNDS):
        sc._session.of_rank_0(None)
        begun = time.perf_counter()
        job()
        sc._session.of_rank_0(None)
        found.append(time.perf_counter() - begun)
    return min(found)


def main(rows):
    """Print a line a job."""
    sc = SparkContext()
    found = {}
    for name, settings in (
        ("plain", {}),
        ("reproducible", {"reproducible": True}),
        ("verify", {"reproducible": False, "verify": True}),
    ):
        sc._session.change(**settings)
        for job, run in jobs(sc, rows).items():
            found.setdefault(job, {})[name] = measure(sc, run)
    if sc.rank == 0:
        print(f"{sc.size} ranks, {rows} rows; an eighth of them where they are keyed or sorted")
        for job, seconds in found.items():
            ratios = (f"{name} {s:.3f} s ({s / seconds['plain']:.2f})" for name, s in seconds.items())
            print(f"{job:42} {', '.join(ratios)}")
        kernel(rows)


def kernel(rows):
    """NumPy's own sum of one vector beside the binned one."""
    values, state = np.random.default_rng(1).standard_normal(min(rows, 10_000_000)), binned.empty_states(1)[0]
    for name, run in (("numpy.sum", values.sum), ("binned.add", lambda: binned.add(state, values))):
        begun = time.perf_counter()
        for _ in range(_ROUNDS):
            run()
        seconds = (time.perf_counter() - begun) / _ROUNDS
        print(f"{name:42} {len(values) / seconds / 1e9:.2f} billion floats a second, one rank")


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 100_000_000)
