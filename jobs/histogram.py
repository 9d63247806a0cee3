"""Count the numbers of a column of text or .npy files in bins of equal width."""

import argparse
import math
import sys
from operator import add

import numpy as np

from pympr import RDD
from pympr.jobs._columns import add_column, numbers_of, separator_fault, what_is_read
from pympr.jobs._common import Parser, Program, positive, run

DESCRIPTION = """Count numbers in bins of equal width; a number on a border belongs to the bin above it, the last bin
has both of its borders. NaN and numbers outside the bins are told apart. Lines of --output: FROM TAB TO TAB COUNT."""
DEFAULT_BINS = 10
BAR_CHARACTERS = 40


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = add_column(Parser("histogram", DESCRIPTION).add_inputs())
    parser.add_argument("--bins", type=positive, default=DEFAULT_BINS, metavar="N", help="how many (default 10)")
    parser.add_argument("--range", type=float, nargs=2, metavar=("FROM", "TO"), help="by default all finite numbers")
    return run(parser, arguments, work, check)


def check(options: argparse.Namespace) -> str | None:
    """What is wrong with the options, if anything."""
    if options.range and not (all(map(math.isfinite, options.range)) and options.range[0] < options.range[1]):
        return f"--range takes two finite numbers, the lower one first, got {options.range[0]} and {options.range[1]}"
    return separator_fault(options)


def work(program: Program) -> None:
    """Find the range, count, then write and print."""
    options = program.options
    with program.reading(what_is_read(program)):
        numbers = program.keep(numbers_of(program))
        program.explains("numbers", numbers)
        total, missing, low, high = extent(numbers)
    low, high = options.range or (low, high)
    if not total - missing or low > high:
        low, high = 0.0, 1.0
    counts = counted(numbers, options.bins, low, high)
    borders = np.histogram_bin_edges([], options.bins, (low, high)).tolist()
    rows = [(borders[bin], borders[bin + 1], counts.get(bin, 0)) for bin in range(options.bins)]
    outside = total - missing - sum(counts.values())
    program.notes += [f"{missing:,} numbers are NaN"] if missing else []
    program.notes += [f"{outside:,} numbers lie outside the bins"] if outside else []
    if options.output:
        program.save(program.sc.parallelize([f"{low!r}\t{high!r}\t{count}" for low, high, count in rows], 1))
    else:
        most = max(counts.values(), default=1)
        bars = ["#" * round(BAR_CHARACTERS * count / most) for _, _, count in rows]
        program.table(["from", "to", "count", ""], [(*row, bar) for row, bar in zip(rows, bars)])


def extent(numbers: RDD) -> tuple[int, int, float, float]:
    """How many numbers, how many NaN, the least and the greatest finite number."""

    def of_block(block: np.ndarray) -> tuple[np.ndarray, ...]:
        finite = block[np.isfinite(block)]
        low, high = (finite.min(), finite.max()) if len(finite) else (np.inf, -np.inf)
        return tuple(np.array([value]) for value in (len(block), np.isnan(block).sum(), low, high))

    found = numbers.mapBlocks(of_block).collect()
    totals, missing, lows, highs = zip(*found) if found else ([], [], [], [])
    return sum(totals), sum(missing), min(lows, default=math.inf), max(highs, default=-math.inf)


def counted(numbers: RDD, bins: int, low: float, high: float) -> dict[int, int]:
    """How many numbers are in each bin."""

    def of_block(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.arange(bins), np.histogram(block[~np.isnan(block)], bins, (low, high))[0]

    return numbers.mapBlocks(of_block).reduceByKey(add).collectAsMap()


if __name__ == "__main__":
    sys.exit(main())
