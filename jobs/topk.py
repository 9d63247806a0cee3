"""Find the lines with the largest numbers in a column, or the most frequent values."""

import argparse
import sys
from operator import add

from pympr.jobs._columns import add_column, is_npy, lines_of, numbers_of, separator_fault, texts_of, what_is_read
from pympr.jobs._common import DEFAULT_TOP, Parser, Program, positive, run

DESCRIPTION = """By value: the lines of text files with the largest number in a column (by default the first), or the
largest numbers of .npy files; NaN is left out. By count: the most frequent lines or values of a column. Of equal ones
the first by code point. Lines of --output: NUMBER TAB LINE, or COUNT TAB VALUE, in order."""


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = add_column(Parser("topk", DESCRIPTION).add_inputs().add_parts())
    parser.add_argument("-k", type=positive, default=DEFAULT_TOP, metavar="K", help=f"how many (default {DEFAULT_TOP})")
    parser.add_argument("--by", choices=("value", "count"), default="value", help="what is compared (default value)")
    parser.add_argument("--smallest", action="store_true", help="the smallest numbers, or the rarest values")
    return run(parser, arguments, work, check)


def check(options: argparse.Namespace) -> str | None:
    """What is wrong with the options, if anything."""
    return separator_fault(options)


def work(program: Program) -> None:
    """Find, then write or print."""
    by_value = program.options.by == "value"
    found = of_values(program) if by_value else of_counts(program)
    if program.options.output:
        program.save(program.sc.parallelize([f"{number}\t{text}" for number, text in found], 1))
    else:
        program.table(["value" if by_value else "count", "line" if by_value else "value"], found)


def of_values(program: Program) -> list[tuple[float, str]]:
    """(number, line), in order."""
    separator, position = program.options.separator, (program.options.column or 1) - 1
    sign = 1 if program.options.smallest else -1
    with program.reading(what_is_read(program)):
        if is_npy(program):
            pairs = numbers_of(program).map(lambda number: (number, ""))
        else:
            pairs = lines_of(program).map(lambda line: (float(line.split(separator)[position]), line))
        numbered = pairs.filter(lambda pair: pair[0] == pair[0])
        program.explains("numbers", numbered)
        return numbered.takeOrdered(program.options.k, key=lambda pair: (sign * pair[0], pair[1]))


def of_counts(program: Program) -> list[tuple[int, str]]:
    """(count, value), in order."""
    options = program.options
    values = numbers_of(program) if is_npy(program) else texts_of(program)
    sign = 1 if options.smallest else -1
    with program.reading(f"a column {options.column} by separator {options.separator!r}"):
        counts = values.map(lambda value: (value, 1)).reduceByKey(add, program.parts)
        program.explains("counts", counts)
        most = counts.takeOrdered(options.k, key=lambda pair: (sign * pair[1], pair[0]))
    return [(count, value) for value, count in most]


if __name__ == "__main__":
    sys.exit(main())
