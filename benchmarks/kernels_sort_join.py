"""Sort, merge and join kernels against NumPy's sorts, and the join of two ranks that have exchanged their rows.

    python -m benchmarks.kernels_sort_join --rows 10_000_000 --threads 1

Each line: the median and the least of `--loops` runs after a warm-up, per row, million rows a second, and how
many times faster than the NumPy expression beside it. The last lines join two sets of `--rows` integer keys in
two processes at once, each with half of either set, and add two columns of the pairs. On a machine that others
use, `--clock cpu` counts the process's own time; with one thread the two clocks mean the same.
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from pympr.native import join, merge, sort
from pympr.native.library import lib
from pympr.native.take import take_fixed

RECORD_BYTES, KEY_BYTES = 100, 10
RANKS = 2
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


class Case(NamedTuple):
    """A kernel call, and the same in NumPy (with its name)."""

    name: str
    rows: int
    call: Callable[[], object]
    peer: Callable[[], object] | None = None
    peer_name: str = ""


def numbers(rows: int, random: np.random.Generator) -> Iterator[Case]:
    wide = random.integers(-(1 << 63), (1 << 63) - 1, rows)
    few = wide[: 1 << 12][random.integers(0, 1 << 12, rows)]
    keys = {
        "int64": wide,
        "int64 below 10^6": random.integers(0, 10**6, rows),
        "int64, 10^3 values": random.integers(0, 10**3, rows),
        "int64, 4096 wide values": few,
        "float64": random.random(rows),
        "bool": random.random(rows) < 0.5,
    }
    room = {"int64": np.empty(rows, np.int64), "float64": np.empty(rows), "bool": np.empty(rows, bool)}

    def refreshed(values: np.ndarray) -> np.ndarray:
        out = room[str(values.dtype)]
        np.copyto(out, values)
        return out

    for name, values in keys.items():
        if values.dtype != bool:
            yield Case(
                f"copy and sort values: {name}",
                rows,
                lambda values=values: sort.sort_values(refreshed(values)),
                lambda values=values: refreshed(values).sort(),
                "sort",
            )
        yield Case(
            f"sort permutation: {name}",
            rows,
            lambda values=values: sort.sort_permutation(values),
            lambda values=values: np.argsort(values, kind="stable"),
            "argsort(stable)",
        )


def records(rows: int, random: np.random.Generator) -> Iterator[Case]:
    """TeraSort's: the first bytes of each record are its key."""
    data = random.integers(32, 127, rows * RECORD_BYTES, np.uint8)
    starts = np.arange(rows) * RECORD_BYTES
    keys = np.ascontiguousarray(data.reshape(rows, -1)[:, :KEY_BYTES]).view(f"S{KEY_BYTES}").ravel()
    yield Case(
        "sort permutation: 10 of 100 bytes",
        rows,
        lambda: sort.sort_permutation_bytes(data, starts, starts + KEY_BYTES),
        lambda: np.argsort(keys, kind="stable"),
        "argsort(stable) of S10",
    )


def words(rows: int, random: np.random.Generator) -> Iterator[Case]:
    """Words of a text: 200 000 different ones, the frequent ones often."""
    vocabulary = [bytes(random.integers(97, 123, length, np.uint8)) for length in random.integers(2, 14, 200_000)]
    drawn = np.minimum(random.zipf(1.2, rows) - 1, len(vocabulary) - 1)
    text = [vocabulary[index] for index in drawn.tolist()]
    data, array = np.frombuffer(b"".join(text), np.uint8), np.array(text)
    offsets = np.cumsum(np.append(0, [len(word) for word in text]))
    starts, ends = offsets[:-1].copy(), offsets[1:].copy()
    yield Case(
        "sort permutation: words",
        rows,
        lambda: sort.sort_permutation_bytes(data, starts, ends),
        lambda: np.argsort(array, kind="stable"),
        "argsort(stable) of S13",
    )


def merges(rows: int, random: np.random.Generator) -> Iterator[Case]:
    for num_runs in (2, 8, 64):
        values = random.integers(-(1 << 63), (1 << 63) - 1, rows)
        offsets = np.linspace(0, rows, num_runs + 1).astype(np.int64)
        for begin, end in zip(offsets[:-1], offsets[1:]):
            values[begin:end].sort()
        yield Case(
            f"merge {num_runs} runs of int64",
            rows,
            lambda values=values, offsets=offsets: merge.merge_runs(values, offsets),
            lambda values=values: np.sort(values),
            "sort",
        )
        yield Case(
            f"merge permutation, {num_runs} runs",
            rows,
            lambda values=values, offsets=offsets: merge.merge_permutation(values, offsets),
            lambda values=values: np.argsort(values, kind="stable"),
            "argsort(stable)",
        )


def joins(rows: int, random: np.random.Generator) -> Iterator[Case]:
    """Both sides have `rows` rows; every row counts."""
    wide = random.integers(-(1 << 62), 1 << 62, rows)
    dense = random.permutation(rows)
    starts, others = np.arange(rows) * 12, random.permutation(rows) * 12
    data = np.stack([np.arange(rows) // 10**place % 10 + 48 for place in reversed(range(12))], axis=1)
    data = data.astype(np.uint8).ravel()
    sides = {
        "dense int64": ([dense], [random.permutation(rows)], ["int64"]),
        "wide int64": ([wide], [random.permutation(wide)], ["int64"]),
        "wide int64, no match": ([wide], [random.integers(-(1 << 62), 1 << 62, rows)], ["int64"]),
        "float64": ([wide.astype(float)], [random.permutation(wide.astype(float))], ["float64"]),
        "int64, 4 rows a key": ([dense // 4], [random.permutation(rows)], ["int64"]),
        "two int64": ([wide, dense], [wide[others // 12], dense[others // 12]], ["int64"] * 2),
        "strings of 12 bytes": ([(data, starts, starts + 12)], [(data, others, others + 12)], ["string"]),
    }

    def both(build: list, probe: list, kinds: list) -> None:
        table = join.JoinTable(kinds)
        table.build(build, rows)
        table.probe(probe, rows)

    for name, (build, probe, kinds) in sides.items():
        yield Case(f"join: {name}", 2 * rows, lambda build=build, probe=probe, kinds=kinds: both(build, probe, kinds))


def join_and_add(build: np.ndarray, probe: np.ndarray, values: np.ndarray) -> tuple[int, int]:
    """The number of pairs, and the sum of a column of each side over them."""
    table = join.JoinTable(["int64"])
    table.build([build], len(build))
    build_rows, probe_rows = table.probe([probe], len(probe))
    total = int(take_fixed(values, build_rows).sum()) + int(take_fixed(values, probe_rows).sum())
    return len(build_rows), total


def rank(number: int, rows: int, loops: int, clock: Callable[[], float], meeting, results) -> None:
    """One of the processes, with the rows an exchange would have given it."""
    lib.pympr_set_threads(1)
    random = np.random.default_rng(number)
    own = np.arange(number, rows, RANKS)
    for name, keys in (("dense", own), ("wide", own * 0x1E3779B97F4A7C15)):
        build, probe = random.permutation(keys), random.permutation(keys)
        values = np.arange(len(keys))
        for _ in range(loops + 1):
            meeting.wait()
            before = clock()
            join_and_add(build, probe, values)
            results.put((name, clock() - before))


def two_ranks(rows: int, loops: int, clock: Callable[[], float]) -> None:
    context = multiprocessing.get_context("fork")
    meeting, results = context.Barrier(RANKS), context.Queue()
    arguments = (rows, loops, clock, meeting, results)
    ranks = [context.Process(target=rank, args=(number, *arguments)) for number in range(RANKS)]
    for process in ranks:
        process.start()
    times = [results.get() for _ in range(2 * (loops + 1) * RANKS)]
    for process in ranks:
        process.join()
    for name in ("dense", "wide"):
        taken = [taken for found, taken in times if found == name][RANKS:]
        median, least = statistics.median(taken), min(taken)
        print(f"join and sum on {RANKS} processes, {name} keys: median {median:.3f} s, least {least:.3f} s")


def seconds(call: Callable[[], object], loops: int, clock: Callable[[], float]) -> tuple[float, float]:
    """Median and least seconds of a call, after one that does not count."""
    call()
    times = []
    for _ in range(loops):
        before = clock()
        call()
        times.append(clock() - before)
    return statistics.median(times), min(times)


def report(case: Case, loops: int, clock: Callable[[], float]) -> None:
    median, least = seconds(case.call, loops, clock)
    million_rows = case.rows / median / 1e6
    row = f"{case.name:42} {median / case.rows * 1e9:7.1f} {least / case.rows * 1e9:7.1f} {million_rows:7.1f}"
    if case.peer:
        peer, _ = seconds(case.peer, max(1, loops // 3), clock)
        row += f" {peer / median:7.1f} {case.peer_name}"
    print(row, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--loops", type=int, default=5)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    options = parser.parse_args()
    clock = CLOCKS[options.clock]
    threads = lib.pympr_set_threads(options.threads)
    print(f"{options.rows} rows, {threads} threads, NumPy {np.__version__}")
    print(f"{'':42} {'ns/row':>7} {'least':>7} {'Mrow/s':>7} {'times':>7} faster than NumPy's")
    for group in (numbers, records, words, merges, joins):
        for case in group(options.rows, np.random.default_rng(1)):
            if options.only in case.name:
                report(case, options.loops, clock)
    if options.only in "two ranks":
        two_ranks(options.rows, options.loops, clock)


if __name__ == "__main__":
    main()
