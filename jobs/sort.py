"""Sort the lines of text files, or binary records of a fixed length."""

import argparse
import sys

from pympr.jobs._common import Parser, Program, joined_paths, positive, run

DESCRIPTION = """Sort lines by code point, or binary records by their first bytes; equal keys keep their order.
The files of --output (part-00000, ...) are sorted one after the other. --records needs --output."""


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = Parser("sort", DESCRIPTION).add_inputs().add_parts()
    parser.add_argument("-r", "--reverse", action="store_true", help="largest first")
    parser.add_argument("--records", type=positive, metavar="BYTES", help="sort binary records of this length")
    parser.add_argument("--key", type=positive, metavar="BYTES", help="how many leading bytes of a record are the key")
    return run(parser, arguments, work, check)


def check(options: argparse.Namespace) -> str | None:
    """What is wrong with the options, if anything."""
    if options.records and not options.output:
        return "--records needs --output DIR: binary records are not printed"
    if options.key and not options.records:
        return "--key needs --records: lines are sorted by all of the line"
    if options.key and options.key > options.records:
        return f"--key {options.key} is longer than a record of {options.records} bytes"
    return None


def work(program: Program) -> None:
    """Sort, then write or print."""
    options = program.options
    if options.records:
        return records(program)
    lines = program.text().sortBy(lambda line: line, not options.reverse, program.parts)
    program.explains("sorted lines", lines)
    program.save(lines)


def records(program: Program) -> None:
    """Sort records by their first bytes, file to file."""
    options, size = program.options, program.options.key or program.options.records
    rows = program.reads(program.sc.binaryRecords(joined_paths(options.inputs), options.records))
    program.unit = "records"
    ordered = rows.sortBy(lambda record: record[:size], not options.reverse, program.parts)
    program.explains("sorted records", ordered).saveAsBinaryRecords(options.output)
    program.notes.append(f"output: {options.output}")


if __name__ == "__main__":
    sys.exit(main())
