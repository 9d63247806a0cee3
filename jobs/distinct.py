"""Find the different lines, or values of a column, of text files."""

import argparse
import sys

from pympr.jobs._columns import add_column, separator_fault, texts_of
from pympr.jobs._common import Parser, Program, run

DESCRIPTION = """Give every line, or every value of a column, once, in no order. Standard output has nothing else."""


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = add_column(Parser("distinct", DESCRIPTION).add_inputs().add_parts())
    parser.add_argument("-c", "--count", action="store_true", help="print only how many there are")
    return run(parser, arguments, work, check)


def check(options: argparse.Namespace) -> str | None:
    """What is wrong with the options, if anything."""
    if options.count and options.output:
        return "--count prints one number: leave out --output"
    return separator_fault(options)


def work(program: Program) -> None:
    """Find, then count, write or print."""
    options = program.options
    found = texts_of(program).distinct(program.parts)
    program.explains("different values", found)
    with program.reading(f"a column {options.column} by separator {options.separator!r}"):
        if options.count:
            program.say([str(found.count())])
        else:
            program.save(found)


if __name__ == "__main__":
    sys.exit(main())
