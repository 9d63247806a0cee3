"""Average the values of time series over a trailing window, for each key."""

import argparse
import datetime
import math
import sys
from collections.abc import Iterator

import numpy as np

from pympr.jobs._columns import add_separator, lines_of, separator_fault
from pympr.jobs._common import Parser, Program, positive, run

DESCRIPTION = """Lines of a key, a time and a value in; lines KEY,TIME,MEAN out: the mean of the key's values in a
window that ends with this line. Times are numbers (seconds) or ISO 8601 (UTC unless they say otherwise). Keys come in
no order, lines of a key in the order of time; lines of the same time keep their order. A key's lines must fit into
the memory of one rank."""
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

Row = tuple[float, str, float]


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = add_separator(Parser("movingaverage", DESCRIPTION).add_inputs().add_parts())
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--window", type=positive, metavar="N", help="the last N lines of the key")
    size.add_argument("--seconds", type=float, metavar="S", help="the lines of the last S seconds: later than TIME - S")
    which = "columns of key, time and value, from 1 (default 1 2 3)"
    parser.add_argument("--columns", type=positive, nargs=3, default=[1, 2, 3], metavar="N", help=which)
    return run(parser, arguments, work, check)


def check(options: argparse.Namespace) -> str | None:
    """What is wrong with the options, if anything."""
    if options.seconds is not None and not 0 < options.seconds < math.inf:
        return f"--seconds must be positive, got {options.seconds}"
    return separator_fault(options)


def work(program: Program) -> None:
    """Average, then write or print."""
    options = program.options
    separator, (key, time, value) = options.separator, (column - 1 for column in options.columns)
    window, seconds = options.window, options.seconds

    def keyed(line: str) -> tuple[str, Row]:
        fields = line.split(separator)
        return fields[key], (seconds_of(fields[time]), fields[time], float(fields[value]))

    def averaged(pair: tuple[str, list[Row]]) -> Iterator[str]:
        for text, mean in trailing(list(pair[1]), window, seconds):
            yield separator.join((pair[0], text, repr(mean)))

    means = lines_of(program).map(keyed).groupByKey(program.parts).flatMap(averaged)
    program.explains("means", means)
    with program.reading(f"a key, a time and a number in columns {' '.join(map(str, options.columns))}"):
        program.save(means)


def seconds_of(text: str) -> float:
    """Seconds since 1970 of a time; ValueError when it is none.

    >>> seconds_of("12.5"), seconds_of("1970-01-02"), seconds_of("1970-01-01T01:00+01:00")
    (12.5, 86400.0, 0.0)
    """
    try:
        seconds = float(text)
    except ValueError:
        moment = datetime.datetime.fromisoformat(text.strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
        return (aware - EPOCH).total_seconds()
    if not math.isfinite(seconds):
        raise ValueError(f"time is not finite: {text!r}")
    return seconds


def trailing(rows: list[Row], window: int | None, seconds: float | None) -> Iterator[tuple[str, float]]:
    """(time, mean) for every row, in the order of time; every window is summed for itself, so no error builds up.

    >>> list(trailing([(2.0, "b", 3.0), (1.0, "a", 1.0)], 2, None))
    [('a', 1.0), ('b', 2.0)]
    >>> list(trailing([(1.0, "a", 1.0), (2.0, "b", 3.0)], None, 1.0))
    [('a', 1.0), ('b', 3.0)]
    """
    rows.sort(key=lambda row: row[0])
    times, values = np.array([row[0] for row in rows]), np.array([row[2] for row in rows])
    if window is not None:
        ends = np.arange(1, len(rows) + 1)
        begins = np.maximum(ends - window, 0)
    else:
        begins = np.searchsorted(times, times - seconds, side="right")
        ends = np.searchsorted(times, times, side="right")
    bounds = np.stack((begins, ends), axis=1).reshape(-1)
    # reduceat takes no bound beyond the last value.
    sums = np.add.reduceat(np.append(values, 0.0), bounds)[::2]
    return zip((row[1] for row in rows), (sums / (ends - begins)).tolist())


if __name__ == "__main__":
    sys.exit(main())
