"""What skewed keys do to joins and groups: rows on the most loaded rank, and the time beside even keys.

    pympr run -n 4 benchmarks/skew.py [--rows 400000] [--times 3]      in these ranks; --rows is for all together

Keys are even (as many rows each), Zipf 1.2, or half: one key has half of all rows. Every line: the rows of the most
loaded rank over the mean in the step behind the exchange (the aim is 1.3), the milliseconds of the fastest of some
runs, and these over those of even keys. The right side of a join has every key once or four times.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from operator import add

import numpy as np

from pympr import SparkContext

KEYS = 1000
KINDS = ("even", "Zipf 1.2", "half")


def keys_of(kind: str, rows: int) -> np.ndarray:
    """The same keys on every rank."""
    random = np.random.default_rng(11)
    if kind == "Zipf 1.2":
        return random.zipf(1.2, rows) % KEYS
    keys = np.arange(rows) % KEYS
    return np.where(random.random(rows) < 0.5, 7, keys) if kind == "half" else keys


def joins(sc: SparkContext, pairs) -> dict[str, Callable[[], object]]:
    """Actions whose last stage has the joined rows."""
    once = sc.parallelize([(key, -key) for key in range(KEYS)], sc.size)
    many = sc.parallelize([(key, -number) for key in range(KEYS) for number in range(4)], sc.size)
    return {
        "join, counted": lambda: pairs.join(once).count(),
        "join with four, counted": lambda: pairs.join(many).count(),
        "join, in order": lambda: pairs.join(once).foreachPartition(lambda rows: sum(1 for _ in rows)),
        "sum by key": lambda: pairs.reduceByKey(add).count(),
    }


def joined_rows(sc: SparkContext) -> float:
    """The last action's rows in its last stage: the largest rank over the mean, at rank 0."""
    report = sc.report()
    if report is None:
        return 0.0
    return _largest([rank["actions"][-1]["stages"][-1]["rows"] for rank in report["ranks"]])


def grouped_rows(sc: SparkContext, pairs) -> float:
    """The values that lie on each rank once they are grouped: the largest rank over the mean."""

    def here(groups):
        return [(sc.rank, sum(len(values) for _, values in groups))]

    loads: Counter[int] = Counter()
    for rank, rows in pairs.groupByKey().mapPartitions(here).collect():
        loads[rank] += rows
    return _largest([loads[rank] for rank in range(sc.size)])


def _largest(loads: list[int]) -> float:
    return max(loads) * len(loads) / max(1, sum(loads))


def fastest_ms(work: Callable[[], object], times: int) -> float:
    """Milliseconds of the fastest run; every run ends on all ranks at once."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return 1e3 * min(found)


def measure(sc: SparkContext, rows: int, times: int) -> None:
    """Print the table on rank 0."""
    even: dict[str, float] = {}
    for kind in KINDS:
        mine = np.array_split(keys_of(kind, rows), sc.size)[sc.rank]
        pairs = sc.fromNumpy(mine).map(lambda key: (key, 1)).cache()
        pairs.count()
        for name, work in joins(sc, pairs).items():
            spent = fastest_ms(work, times)
            show(sc, name, kind, joined_rows(sc), spent, even)
        spent = fastest_ms(lambda pairs=pairs: pairs.groupByKey().mapValues(len).count(), times)
        show(sc, "group by key", kind, grouped_rows(sc, pairs), spent, even)
        pairs.unpersist()


def show(sc: SparkContext, name: str, kind: str, load: float, spent_ms: float, even: dict[str, float]) -> None:
    """Print a line."""
    beside = spent_ms / even.setdefault(name, spent_ms)
    if sc.rank == 0:
        print(f"{name:26} {kind:10} {load:14.2f} {spent_ms:9.1f} {beside:12.2f}", flush=True)


def main() -> None:
    """Measure in these ranks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--times", type=int, default=3)
    told = parser.parse_args()
    sc = SparkContext()
    if sc.rank == 0:
        print(f"{sc.size} ranks, {told.rows} rows")
        print(f"{'program':26} {'keys':10} {'rows/mean':>14} {'ms':>9} {'ms/even':>12}")
    measure(sc, told.rows, told.times)


if __name__ == "__main__":
    main()
