"""Count the sequences of three words in text files, most frequent first."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from operator import add

from pympr.jobs._common import Parser, Program, run

DESCRIPTION = """Count sequences of three words within a line.
--output writes lines WORD WORD WORD TAB COUNT, in no order."""
LINES_AT_ONCE, MOST_SEQUENCES = 1 << 12, 1 << 20


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    return run(Parser("trigrams", DESCRIPTION).add_inputs().add_parts().add_top(), arguments, work)


def work(program: Program) -> None:
    """Count, then write or print."""
    # Counted in the partition first: most sequences never become records.
    counts = program.keep(program.text().mapPartitions(counted).reduceByKey(add, program.parts))
    program.explains("sequences", counts)
    if program.options.output:
        program.save(counts.map(lambda pair: f"{pair[0]}\t{pair[1]}"))
    if program.top:
        most = counts.takeOrdered(program.top, key=lambda pair: (-pair[1], pair[0]))
        program.table(["count", "three words"], [(count, sequence) for sequence, count in most])


def counted(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """(sequence, how many times); a sequence may come again when there are more than fit well into memory.

    >>> sorted(counted(["a b c", "x a b c"]))
    [('a b c', 2), ('x a b', 1)]
    """
    lines, counts = iter(lines), Counter()
    while some := list(islice(lines, LINES_AT_ONCE)):
        counts.update(chain.from_iterable(map(trigrams_of, some)))
        if len(counts) > MOST_SEQUENCES:
            yield from counts.items()
            counts.clear()
    yield from counts.items()


def trigrams_of(line: str) -> Iterator[str]:
    """The sequences of three words of a line, each as one text.

    >>> list(trigrams_of("to be or not"))
    ['to be or', 'be or not']
    """
    words = line.split()
    return map(" ".join, zip(words, words[1:], words[2:]))


if __name__ == "__main__":
    sys.exit(main())
