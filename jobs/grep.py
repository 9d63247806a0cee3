"""Print the lines of text files that match a pattern, in the order of the files."""

import argparse
import re
import sys
from collections.abc import Callable

from pympr.jobs._common import Parser, Program, run

SPECIAL = set(r".^$*+?{}[]\|()")


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = Parser("grep", "Print lines that match; the exit code does not tell whether any did.")
    parser.add_argument("pattern", type=pattern, metavar="PATTERN", help="a regular expression of Python")
    parser.add_inputs()
    parser.add_argument("-i", "--ignore-case", action="store_true", help="upper and lower case are the same")
    parser.add_argument("-c", "--count", action="store_true", help="print only how many lines match")
    return run(parser, arguments, work)


def pattern(text: str) -> str:
    """A regular expression, for argparse."""
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"no regular expression: {error}") from None
    return text


def work(program: Program) -> None:
    """Find, then count, write or print."""
    options = program.options
    found = program.text().filter(matcher(options.pattern, options.ignore_case))
    program.explains("matching lines", found)
    if options.count:
        program.say([str(found.count())])
    else:
        program.save(found)


def matcher(text: str, ignores_case: bool) -> Callable[[str], bool]:
    """A test of a line; of a fixed text one with a column form.

    >>> matcher("b", False)("abc"), matcher("B", True)("abc"), matcher("^b", False)("abc")
    (True, True, False)
    """
    if not ignores_case and not SPECIAL & set(text):
        return lambda line: text in line
    search = re.compile(text, re.IGNORECASE if ignores_case else 0).search
    return lambda line: search(line) is not None


if __name__ == "__main__":
    sys.exit(main())
