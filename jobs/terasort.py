"""Make, sort and check the 100-byte records of the sort benchmarks (gensort, TeraSort, valsort)."""

import argparse
import sys
from functools import reduce

from pympr.jobs._common import LEAST_PARTS, PART_BYTES, Parser, Program, joined_paths, run
from pympr.jobs._gensort import KEY_BYTES, RECORD_BYTES, Summary, joined, records_of, summary_of

DESCRIPTION = """generate RECORDS --output DIR: make records as gensort does, the same for any number of ranks.
sort INPUT... --output DIR: sort records by their first 10 bytes, file to file; equal keys keep their order.
validate INPUT...: say as valsort does how many records there are, their checksum, whether they are in order and how
many keys are there twice; the exit code is 1 when they are not in order."""


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = Parser("terasort", DESCRIPTION).add_parts()
    parser.add_argument("step", choices=STEPS, metavar="generate|sort|validate", help="what to do")
    parser.add_argument("inputs", nargs="+", metavar="RECORDS|INPUT", help="how many records; or files, plain ones")
    parser.add_argument("--text", action="store_true", help="generate: printable records, as by gensort -a")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="generate: number of the first record")
    return run(parser, arguments, lambda program: STEPS[program.options.step](program), check)


def check(options: argparse.Namespace) -> str | None:
    """What is wrong with the options, if anything."""
    is_made = options.step == "generate"
    if options.step != "validate" and not options.output:
        return f"{options.step} needs --output DIR: binary records are not printed"
    if options.step == "validate" and options.output:
        return "validate writes no output"
    if is_made and (len(options.inputs) > 1 or not options.inputs[0].isdecimal()):
        return f"generate takes a number of records, got {' '.join(options.inputs)!r}"
    if is_made and not 0 <= options.first <= 2**63 - int(options.inputs[0]):
        return f"record numbers go from 0 to 2^63 - 1, got --first {options.first} and {options.inputs[0]} records"
    if not is_made and (options.text or options.first):
        return "--text and --first belong to generate"
    return None


def generate(program: Program) -> None:
    """Make records, every part for itself."""
    options, count = program.options, int(program.options.inputs[0])
    program.unit, program.records, program.num_bytes = "records", count, count * RECORD_BYTES
    parts = options.parts or max(LEAST_PARTS, -(-program.num_bytes // PART_BYTES))
    is_text = options.text
    numbers = program.sc.range(options.first, options.first + count, numSlices=parts)
    made = numbers.mapBlocks(lambda numbers: records_of(numbers, is_text))
    program.explains("records", made).saveAsBinaryRecords(options.output)
    program.notes.append(f"output: {options.output}")


def sort(program: Program) -> None:
    """Sort by key, file to file."""
    program.unit = "records"
    rows = program.reads(program.sc.binaryRecords(joined_paths(program.options.inputs), RECORD_BYTES))
    ordered = rows.sortBy(lambda record: record[:KEY_BYTES], numPartitions=program.parts)
    program.explains("sorted records", ordered).saveAsBinaryRecords(program.options.output)
    program.notes.append(f"output: {program.options.output}")


def validate(program: Program) -> int:
    """Say what valsort says; 1 when records are not in order."""
    program.unit = "records"
    rows = program.reads(program.sc.binaryRecords(joined_paths(program.options.inputs), RECORD_BYTES))
    found = program.explains("summaries", rows.mapPartitions(summary_of)).collect()
    whole = reduce(joined, [Summary(*one) for one in found], Summary())
    program.say(whole.lines())
    return 1 if whole.unordered else 0


STEPS = {"generate": generate, "sort": sort, "validate": validate}

if __name__ == "__main__":
    sys.exit(main())
