"""Random patterns of `re`, and strings in which evil lies in wait.

`python random_patterns.py COUNT [SEED]` compares the kernels with `re`.
"""

import itertools
import random
import re
import sys
import warnings

import numpy as np

from pympr.native import regex
from pympr.optimise.pattern_program import program_of

LETTERS = ["a", "b", "c", "A", "k", "1", " ", "_", "-", "é", "x", "\\n", "\\.", "ab", "é"]
CLASSES = [
    "[a-c]", "[^a]", "[^,\\n]", "\\w", "\\W", "\\d", "\\D", "\\s", "\\S", ".", "[\\w.-]", "[^\\s,]", "[a-zA-Z]",
    "[é-ü]", "[^é]", "[0-9a]", "[^\\w]", "[k-s]",
]  # fmt: skip
PLACES = ["^", "$", "\\A", "\\Z", "\\b", "\\B"]
REPEATS = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{,3}", "{2,}", "{0}", "{1,}?"]
STRINGS = [
    "a", "b", "c", "ab", "A", "k", "1", " ", "_", "-", ",", "\n", "x", "aa", "aaaa", "é", "K", "ſ", "\x00", "日", ".",
]  # fmt: skip
FLAGS = [0, 0, 0, 0, re.I, re.M, re.S, re.A, re.I | re.A, re.M | re.S]


def pattern(choices, depth=2):
    """A pattern of what the matcher knows."""
    return "".join(_part(choices, depth) for _ in range(choices.choice([1, 1, 2, 3, 4])))


def _part(choices, depth):
    what = choices.random()
    if what < 0.1:
        return choices.choice(PLACES)
    if depth <= 0 or what < 0.6:
        part = choices.choice(choices.choice([LETTERS, CLASSES]))
        part = part if len(part) != 2 or part[0] == "\\" or choices.random() < 0.5 else part[0]
    elif what < 0.75:
        ways = [pattern(choices, depth - 1) if choices.random() < 0.9 else "" for _ in range(choices.choice([2, 2, 3]))]
        part = f"({choices.choice(['', '?:'])}{'|'.join(ways)})"
    else:
        part = f"({choices.choice(['', '?:', '', '?i:', '?s-i:', '?m:'])}{pattern(choices, depth - 1)})"
    return part + choices.choice(REPEATS) if choices.random() < 0.4 else part


def compiled(choices):
    """A compiled pattern; those of which `re` warns, or which it refuses, are passed over."""
    while True:
        text = pattern(choices)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return re.compile(text, choices.choice(FLAGS))
        except (re.error, Warning):
            continue


def text(choices):
    """A string that patterns are looked for in."""
    return "".join(choices.choice(STRINGS[: choices.choice([3, 15, 15, 99])]) for _ in range(choices.randint(0, 5)))


def column(rows):
    """Rows as bytes, with others before and after each."""
    raw = [row.encode() for row in rows]
    ends = np.cumsum([len(row) + 2 for row in raw], dtype=np.int64) - 1
    starts = ends - np.array([len(row) for row in raw], np.int64)
    return np.frombuffer(b"".join(b"a" + row + b"b" for row in raw), np.uint8), starts, ends


def span_in_bytes(row, span):
    begin, end = span
    return (-1, -1) if begin < 0 else (len(row[:begin].encode()), len(row[:end].encode()))


def compare(wanted, rows, limit):
    """What differs between the kernels and `re`, or ""; and how many rows were left to Python."""
    program, columns = program_of(wanted), column(rows)
    done = [first(wanted, program, columns, rows, how) for how in regex.HOW]
    done += [every(wanted, program, columns, rows, limit, between) for between in (False, True)]
    return next((text for text, _ in done if text), ""), sum(asked for _, asked in done)


def first(wanted, program, columns, rows, how):
    groups, asked = range(wanted.groups + 1), 0
    found, begins, finals, there = regex.first_match(columns, program, how, list(groups))
    for row, text in enumerate(rows):
        if found[row] == regex.ASK:
            asked += 1
            continue
        match, origin = getattr(wanted, how)(text), int(columns[1][row])
        right = match and [span_in_bytes(text, match.span(j)) for j in groups]
        spans = zip(begins[:, row].tolist(), finals[:, row].tolist(), there[:, row].tolist())
        got = [(a - origin, b - origin) if there else (-1, -1) for a, b, there in spans] if found[row] else None
        if got != right:
            return f"{how} {text!r}: {right} is right, got {got}", asked
    return "", asked


def every(wanted, program, columns, rows, limit, between):
    counts, begins, finals = regex.all_matches(columns, program, range(wanted.groups + 1), limit, between)
    at = asked = 0
    for row, text in enumerate(rows):
        if counts[row] < 0:
            asked += 1
            continue
        right, origin, end = all_in_bytes(wanted, text, limit), columns[1][row], at + counts[row]
        if between:
            edges = [0, *(edge for spans in right for edge in spans[0]), len(text.encode())]
            right = [[pair] for pair in zip(edges[::2], edges[1::2])]
        sides = zip((begins[at:end] - origin).tolist(), (finals[at:end] - origin).tolist())
        got, at = [list(zip(a, b)) for a, b in sides], end
        if got != right:
            return f"all (between: {between}) {text!r}: {right} is right, got {got}", asked
    return "", asked


def all_in_bytes(wanted, text, limit):
    """The places of all groups of all matches, an empty one for those that have no part."""
    found = []
    for match in itertools.islice(wanted.finditer(text), limit):
        spans = [span_in_bytes(text, match.span(j)) for j in range(wanted.groups + 1)]
        found.append([span if span[0] >= 0 else (spans[0][0],) * 2 for span in spans])
    return found


def main(count, seed):
    asked = rows = wrong = 0
    for number in range(seed, seed + count):
        choices = random.Random(number)
        wanted, strings = compiled(choices), [text(choices) for _ in range(8)]
        difference, left = compare(wanted, strings, choices.choice([0, 1, 2, 2**62]))
        asked, rows = asked + left, rows + 5 * len(strings)
        if difference:
            wrong += 1
            print(f"-- {number} {wanted.pattern!r} {wanted.flags}\n{difference}", flush=True)
            if wrong > 8:
                break
    print(f"{asked} of {rows} rows were left to Python")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
