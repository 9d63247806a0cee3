"""How evenly a sort deals rows out to ranks, for twenty distributions of keys.

    pympr run -n 4 benchmarks/sort_balance.py [--rows 200000]      in these ranks; --rows is for all ranks together

Every line: the rows of the largest rank over the mean, of the sort as it is, and of one whose equal keys stay in one
partition because a function of partitions follows. Rows are counted, so the figures depend on nothing but the rows.
"""

import argparse
from collections.abc import Callable, Iterator

import numpy as np

from pympr import SparkContext

AIM = 1.05
Maker = Callable[[np.random.Generator, int], np.ndarray | list]


def _texts(numbers: np.ndarray, prefix: str = "") -> list[str]:
    return [f"{prefix}{number:x}" for number in numbers.tolist()]


def _with_nan(random: np.random.Generator, rows: int, share: float) -> np.ndarray:
    return np.where(random.random(rows) < share, np.nan, random.normal(size=rows))


DISTRIBUTIONS: dict[str, Maker] = {
    "uniform": lambda random, rows: random.integers(-(2**62), 2**62, rows),
    "uniform floats": lambda random, rows: random.random(rows),
    "gaussian": lambda random, rows: random.normal(size=rows),
    "log-normal": lambda random, rows: random.lognormal(0, 4, rows),
    "exponential": lambda random, rows: random.exponential(size=rows),
    "all equal": lambda random, rows: np.full(rows, 7),
    "two values": lambda random, rows: random.integers(0, 2, rows),
    "sixteen values": lambda random, rows: random.integers(0, 16, rows),
    "one value for nine of ten": lambda random, rows: np.where(
        random.random(rows) < 0.9, 5, random.integers(0, 2**40, rows)
    ),
    "Zipf 1.2": lambda random, rows: random.zipf(1.2, rows).clip(max=2**60),
    "Zipf 2": lambda random, rows: random.zipf(2.0, rows).clip(max=2**60),
    "sorted": lambda random, rows: np.arange(rows),
    "reversed": lambda random, rows: np.arange(rows)[::-1].copy(),
    "nearly sorted": lambda random, rows: np.arange(rows) + random.integers(0, 100, rows),
    "staircase": lambda random, rows: np.arange(rows) // 1000 * 1000,
    "organ pipe": lambda random, rows: np.minimum(np.arange(rows), np.arange(rows)[::-1]),
    "half NaN": lambda random, rows: _with_nan(random, rows, 0.5),
    "infinities and zeros": lambda random, rows: random.choice([np.inf, -np.inf, 0.0, -0.0], rows),
    "strings with one prefix": lambda random, rows: _texts(random.integers(0, 2**40, rows), "the prefix of all"),
    "words by Zipf": lambda random, rows: _texts(random.zipf(1.3, rows).clip(max=2**40)),
}


def balances(sc: SparkContext, rows: int) -> Iterator[tuple[str, float, float]]:
    """Name, and largest rank over mean: as it is, and with equal keys kept together; collective."""
    for name, make in DISTRIBUTIONS.items():
        values = make(np.random.default_rng(3), rows)
        mine = values[rows * sc.rank // sc.size : rows * (sc.rank + 1) // sc.size]
        given = sc.fromNumpy(mine) if isinstance(mine, np.ndarray) else sc.parallelize(values, sc.size)
        ordered = given.sortBy(lambda key: key)
        yield name, _largest(sc, ordered), _largest(sc, ordered.mapPartitions(lambda keys: keys))


def _largest(sc: SparkContext, rdd) -> float:
    rdd.count()
    report = sc.report()
    if report is None:
        return 0.0
    rows = [rank["actions"][-1]["stages"][-1]["rows"] for rank in report["ranks"]]
    return max(rows) * len(rows) / sum(rows)


def main() -> None:
    """Print the table on rank 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    sc = SparkContext()
    if sc.rank == 0:
        print(f"{sc.size} ranks, {rows} rows; aim: at most {AIM}\n{'keys':28} {'largest/mean':>12} {'keys whole':>12}")
    worst = 0.0
    for name, split, whole in balances(sc, rows):
        worst = max(worst, split)
        if sc.rank == 0:
            print(f"{name:28} {split:12.3f} {whole:12.3f}", flush=True)
    if sc.rank == 0:
        print(f"{'worst':28} {worst:12.3f}")


if __name__ == "__main__":
    main()
