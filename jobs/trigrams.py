"""Count the sequences of three words in text files, most frequent first."""

import sys
from collections.abc import Iterator
from operator import add

from pympr.jobs._common import Parser, Program, run

DESCRIPTION = """Count sequences of three words within a line.
--output writes lines WORD WORD WORD TAB COUNT, in no order."""


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    return run(Parser("trigrams", DESCRIPTION).add_inputs().add_parts().add_top(), arguments, work)


def work(program: Program) -> None:
    """Count, then write or print."""
    sequences = program.text().flatMap(trigrams_of)
    counts = program.keep(sequences.map(lambda sequence: (sequence, 1)).reduceByKey(add, program.parts))
    program.explains("sequences", counts)
    if program.options.output:
        program.save(counts.map(lambda pair: f"{pair[0]}\t{pair[1]}"))
    if program.top:
        most = counts.takeOrdered(program.top, key=lambda pair: (-pair[1], pair[0]))
        program.table(["count", "three words"], [(count, sequence) for sequence, count in most])


def trigrams_of(line: str) -> Iterator[str]:
    """The sequences of three words of a line, each as one text.

    >>> list(trigrams_of("to be or not"))
    ['to be or', 'be or not']
    """
    words = line.split()
    return map(" ".join, zip(words, words[1:], words[2:]))


if __name__ == "__main__":
    sys.exit(main())
