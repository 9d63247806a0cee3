"""Random patterns of `re`, and strings in which evil lies in wait.

`python random_patterns.py COUNT [SEED]` compares the kernels with `re`.
"""

import itertools
import random
import re
import sys
import warnings

import numpy as np

LETTERS = ["a", "b", "c", "A", "k", "1", " ", "_", "-", "é", "x", "\\n", "\\.", "ab", "é"]
CLASSES = [
    "[a-c]", "[^a]", "[^,\\n]", "\\w", "\\W", "\\d", "\\D", "\\s", "\\S", ".", "[\\w.-]", "[^\\s,]", "[a-zA-Z]", "[é-ü]",
    "[^é]", "[0-9a]", "[^\\w]", "[k-s]",
]  # fmt: skip
PLACES = ["^", "$", "\\A", "\\Z", "\\b", "\\B"]
REPEATS = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{,3}", "{2,}", "{0}", "{1,}?"]
STRINGS = ["a", "b", "c", "ab", "A", "k", "1", " ", "_", "-", ",", "\n", "x", "aa", "aaaa", "é", "K", "ſ", "\x00", "日", "."]
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
        part = "|".join(pattern(choices, depth - 1) if choices.random() < 0.9 else "" for _ in range(choices.choice([2, 2, 3])))
        part = f"({choices.choice(['', '?:'])}{part})"
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
    return "".join(choices.choice(STRINGS[: choices.choice([3, 15, 15, 99])]) for _ in range(choices.randint(0, 9)))


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
    from pympr.native import regex
    from pympr.optimise.pattern_program import program_of

    program, columns, asked = program_of(wanted), column(rows), 0
    groups = list(range(wanted.groups + 1))
    for how in regex.HOW:
        found, begins, finals, there = regex.first_match(columns, program, how, groups)
        for row, text in enumerate(rows):
            match = getattr(wanted, how)(text)
            asked += found[row] == 2
            got = None if not found[row] else [
                (int(begins[j, row] - columns[1][row]), int(finals[j, row] - columns[1][row])) if there[j, row] else (-1, -1)
                for j in groups
            ]  # fmt: skip
            right = None if match is None else [span_in_bytes(text, match.span(j)) for j in groups]
            if found[row] != 2 and got != right:
                return f"{how} {text!r}: {right} is right, got {got}", asked
    for between in (False, True):
        counts, begins, finals = regex.all_matches(columns, program, groups, limit, between)
        at = 0
        for row, text in enumerate(rows):
            asked += counts[row] < 0
            if counts[row] < 0:
                continue
            matches = list(itertools.islice(wanted.finditer(text), limit))
            right = [[span_in_bytes(text, match.span(j)) for j in groups] for match in matches]
            right = [[span if span[0] >= 0 else (spans[0][0],) * 2 for span in spans] for spans in right]
            if between:
                edges = [0, *(edge for spans in right for edge in spans[0]), len(text.encode())]
                right = [[pair] for pair in zip(edges[::2], edges[1::2])]
            origin, end = columns[1][row], at + counts[row]
            got = [list(zip((a - origin).tolist(), (b - origin).tolist())) for a, b in zip(begins[at:end], finals[at:end])]
            at = end
            if got != right:
                return f"all (between: {between}) {text!r}: {right} is right, got {got}", asked
    return "", asked


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
