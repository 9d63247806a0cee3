"""Count the words of text files, most frequent first."""

import sys
from operator import add

from pympr.jobs._common import Parser, Program, run


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    description = "Count words (what white space separates). --output writes lines WORD TAB COUNT, in no order."
    return run(Parser("wordcount", description).add_inputs().add_parts().add_top(), arguments, work)


def work(program: Program) -> None:
    """Count, then write or print."""
    words = program.text().flatMap(str.split)
    counts = program.keep(words.map(lambda word: (word, 1)).reduceByKey(add, program.parts))
    program.explains("words", counts)
    program.records, program.unit = counts.map(lambda pair: pair[1]).sum(), "words"
    if program.options.output:
        program.save(counts.map(lambda pair: f"{pair[0]}\t{pair[1]}"))
    if program.top:
        most = counts.takeOrdered(program.top, key=lambda pair: (-pair[1], pair[0]))
        program.table(["count", "word"], [(count, word) for word, count in most])


if __name__ == "__main__":
    sys.exit(main())
