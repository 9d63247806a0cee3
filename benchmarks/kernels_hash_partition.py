"""Hash, partition, take and checksum kernels against NumPy and the memory's speed.

    python -m benchmarks.kernels_hash_partition --rows 10_000_000 --threads 1

Each line: the median and the least of `--loops` runs after a warm-up, per row, the bytes that must be read
and written at least per second, and how many times faster than the NumPy expression beside it.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from pympr.native import crc, hash, partition, take
from pympr.native.library import lib
from pympr.native.ship import Shipment, make_shape

SEED = 0x5EED


class Case(NamedTuple):
    """A kernel call, the bytes it cannot avoid to move, and the same in NumPy (with its name)."""

    name: str
    rows: int
    call: Callable[[], object]
    moved_bytes: int
    peer: Callable[[], object] | None = None
    peer_name: str = ""


def copies(values: np.ndarray) -> Iterator[Case]:
    out = np.empty_like(values)
    yield Case("copy (NumPy)", len(values), lambda: np.copyto(out, values), 2 * values.nbytes)


def hashes(values: np.ndarray, random: np.random.Generator) -> Iterator[Case]:
    rows = len(values)
    out, other = np.empty(rows, np.uint64), np.zeros(rows, np.uint64)
    floats, bools = random.random(rows), values > 0
    yield Case(
        "hash int64", rows, lambda: hash.hash_fixed(values, SEED, out=out), 16 * rows, lambda: mixed(values), "same"
    )
    yield Case("hash float64", rows, lambda: hash.hash_fixed(floats, SEED, out=out), 16 * rows)
    yield Case("hash bool", rows, lambda: hash.hash_fixed(bools, SEED, out=out), 9 * rows)
    yield Case("hash combine", rows, lambda: hash.hash_combine(out, other), 24 * rows)
    for longest in (10, 16, 100):
        data, offsets = strings(random, rows // 4, longest)
        text = out[: rows // 4]
        yield Case(
            f"hash strings of 1..{longest}",
            rows // 4,
            lambda data=data, offsets=offsets, out=text: hash.hash_bytes(
                data, offsets[:-1], offsets[1:], SEED, out=out
            ),
            len(data) + 16 * len(text),
        )


def mixed(values: np.ndarray) -> np.ndarray:
    """The int64 hash, in NumPy."""
    hashed = values.view(np.uint64) ^ np.uint64(SEED)
    hashed = (hashed ^ hashed >> np.uint64(27)) * np.uint64(0x3C79AC492BA7B653)
    hashed = (hashed ^ hashed >> np.uint64(33)) * np.uint64(0x1C69B3F74AC4AE35)
    return hashed ^ hashed >> np.uint64(27)


def partitions(values: np.ndarray, num: int) -> Iterator[Case]:
    rows = len(values)
    splitters = np.quantile(values[:100_000], np.arange(1, num) / num).astype(np.int64)
    buckets, room = np.empty(rows, np.uint32), np.empty(rows, np.int64)
    counts = partition.histogram_by_range(values, splitters)
    cursors = (room.ctypes.data + 8 * (np.cumsum(counts) - counts)).astype(np.uint64)
    yield Case(
        f"{num} ranges: buckets",
        rows,
        lambda: partition.buckets_by_range(values, splitters, out=buckets),
        12 * rows,
        lambda: np.searchsorted(splitters, values),
        "searchsorted",
    )
    yield Case(
        f"{num} buckets: histogram",
        rows,
        lambda: partition.histogram(buckets, num),
        4 * rows,
        lambda: np.bincount(buckets, minlength=num),
        "bincount",
    )
    yield Case(
        f"{num} buckets: scatter int64",
        rows,
        lambda: partition.scatter_fixed(values, buckets, cursors.copy()),
        20 * rows,
        lambda: values[np.argsort(buckets, kind="stable")],
        "values[argsort]",
    )
    yield Case(f"{num} ranges: histogram", rows, lambda: partition.histogram_by_range(values, splitters), 8 * rows)
    yield Case(
        f"{num} ranges: scatter int64",
        rows,
        lambda: partition.scatter_by_range(values, splitters, cursors.copy()),
        16 * rows,
    )


def scattered_strings(rows: int, num: int, random: np.random.Generator) -> Iterator[Case]:
    data, offsets = strings(random, rows, 10)
    starts, ends = offsets[:-1], offsets[1:]
    buckets = random.integers(0, num, rows).astype(np.uint32)
    sent = [(0, [(data, starts, ends)], buckets)]
    shape = make_shape((0,), num, 0)
    ship = Shipment(shape, sent)
    counts, sizes = ship.table[0, 1:].reshape(2, num)
    room, lengths = np.empty(len(data), np.uint8), np.empty(rows, np.int64)
    begins = room.ctypes.data + np.cumsum(sizes) - sizes, lengths.ctypes.data + 8 * (np.cumsum(counts) - counts)
    places = np.stack(begins)[None].astype(np.uint64)
    yield Case(
        f"{num} buckets: count strings and their bytes",
        rows,
        lambda: Shipment(shape, sent),
        20 * rows,
        lambda: np.bincount(buckets, weights=ends - starts, minlength=num),
        "bincount",
    )
    yield Case(f"{num} buckets: scatter strings", rows, lambda: ship.scatter(places), 20 * rows + 2 * len(data))


def lookups(hashed: np.ndarray) -> Iterator[Case]:
    table = np.arange(4096, dtype=np.uint32) // 2
    out = np.empty(len(hashed), np.uint32)
    yield Case(
        "table of 4096: buckets",
        len(hashed),
        lambda: partition.buckets_from_table(hashed, table, out),
        12 * len(hashed),
        lambda: table[hashed >> np.uint64(52)],
        "table[...]",
    )


def takes(values: np.ndarray, random: np.random.Generator) -> Iterator[Case]:
    rows = len(values)
    index, out = random.permutation(rows), np.empty_like(values)
    mask = random.random(rows) < 0.5
    lengths = random.integers(0, 10, rows)
    yield Case(
        "take int64, any order",
        rows,
        lambda: take.take_fixed(values, index, out),
        24 * rows,
        lambda: np.take(values, index, out=out, mode="clip"),
        "take",
    )
    yield Case(
        "filter int64, half", rows, lambda: take.filter_fixed(values, mask), 13 * rows, lambda: values[mask], "[mask]"
    )
    yield Case(
        "filter uint8, half", rows, lambda: take.filter_fixed(mask, mask), 2 * rows, lambda: mask[mask], "[mask]"
    )
    yield Case(
        "mask to index", rows, lambda: take.mask_to_index(mask), 5 * rows, lambda: np.flatnonzero(mask), "flatnonzero"
    )
    yield Case(
        "lengths to offsets",
        rows,
        lambda: take.lengths_to_offsets(lengths),
        16 * rows,
        lambda: np.cumsum(lengths),
        "cumsum",
    )


def compacted_strings(rows: int, random: np.random.Generator) -> Iterator[Case]:
    data, offsets = strings(random, rows, 10)
    order = random.permutation(rows)
    starts, ends = offsets[:-1][order], offsets[1:][order]
    moved_bytes = 2 * len(data) + 32 * rows
    yield Case("compact, in order", rows, lambda: take.compact_bytes(data, offsets[:-1], offsets[1:]), moved_bytes)
    yield Case("compact, any order", rows, lambda: take.compact_bytes(data, starts, ends), moved_bytes)


def strings(random: np.random.Generator, rows: int, longest: int) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.zeros(rows + 1, np.int64)
    np.cumsum(random.integers(1, longest + 1, rows), out=offsets[1:])
    return random.integers(97, 123, offsets[-1], np.uint8), offsets


def seconds(call: Callable[[], object], loops: int) -> tuple[float, float]:
    """Median and least seconds of a call, after one that does not count."""
    call()
    times = []
    for _ in range(loops):
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    return statistics.median(times), min(times)


def report(case: Case, loops: int) -> None:
    median, least = seconds(case.call, loops)
    per_row = f"{median / case.rows * 1e9:7.2f} {least / case.rows * 1e9:7.2f}"
    line = f"{case.name:32} {per_row} {case.moved_bytes / median / 1e9:7.1f}"
    if case.peer:
        peer, _ = seconds(case.peer, max(1, loops // 3))
        line += f" {peer / median:7.1f} {case.peer_name}"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--loops", type=int, default=7)
    parser.add_argument("--buckets", type=int, nargs="+", default=[2, 8, 64, 4096])
    parser.add_argument("--only", default="", help="cases whose name contains this")
    options = parser.parse_args()
    random = np.random.default_rng(1)
    values = random.integers(-(1 << 62), 1 << 62, options.rows)
    threads = lib.pympr_set_threads(options.threads)
    print(f"{options.rows} rows, {threads} threads, SIMD level {lib.pympr_get_simd_level()}, NumPy {np.__version__}")
    print(f"{'':32} {'ns/row':>7} {'least':>7} {'GB/s':>7} {'times':>7} faster than NumPy's")
    groups = [copies(values), hashes(values, random)]
    groups += [partitions(values, num) for num in options.buckets]
    groups += [scattered_strings(options.rows // 4, num, random) for num in options.buckets]
    groups += [lookups(hash.hash_fixed(values, SEED)), takes(values, random)]
    groups += [compacted_strings(options.rows // 4, random)]
    groups += [iter([Case("crc32c", len(values), lambda: crc.crc32c(values), values.nbytes)])]
    for group in groups:
        for case in group:
            if options.only in case.name:
                report(case, options.loops)


if __name__ == "__main__":
    main()
