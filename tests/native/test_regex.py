import importlib.util
import pathlib
import random
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native import regex
from pympr.optimise.pattern_program import program_of

PATH = pathlib.Path(__file__).parents[1] / "programs" / "random_patterns.py"
SPEC = importlib.util.spec_from_file_location("random_patterns", PATH)
random_patterns = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(random_patterns)
column, compare = random_patterns.column, random_patterns.compare
ROWS = [
    "",
    "a",
    "ab",
    "aab b",
    "a,b,,c",
    "x\ny\n",
    "\n",
    "é",
    "aé b",
    "A-1_ ",
    "\x00a",
    "abab",
    "1.2.3.4 - -",
    "日本 a",
]
LOG = (
    r'^(\S+) (\S+) (\S+) \[([\w:/]+\s[+\-]\d{4})\] "(\S+) (\S+)\s*(\S*)\s?" (\d{3}) (\S+)',
    r'(?P<host>[^ ]+) .*?"(?P<way>[A-Z]+) (?P<path>.*?)(?: HTTP/(\d\.\d))?" (\d+) (-|\d+)$',
)
LINES = [
    '1.2.3.4 - - [01/Aug/1995:00:00:01 -0400] "GET /a/b.gif HTTP/1.0" 200 1839',
    'h - u [01/Aug/1995:00:00:01 -0400] "POST / HTTP/1.1" 404 -',
    'h.é - u [01/Aug/1995:00:00:01 -0400] "GET /é" 304 0',
    "no line of a log",
]


@given(st.integers(0, 2**63))
def test_random_patterns(seed):
    choices = random.Random(seed)
    wanted = random_patterns.compiled(choices)
    rows = [random_patterns.text(choices) for _ in range(6)]
    difference, _ = compare(wanted, rows, choices.choice([0, 1, 2, 2**62]))
    assert not difference, f"{wanted!r}: {difference}"


@pytest.mark.parametrize(
    "pattern",
    """a| a*|b |a a*? (a|ab)(b|c)? (a|b)* (a|(b))+ (?:a|(b))* (a*)* (a*)+ (?:a?)*?b (a??b)+? .* .*, ^ $ ^$ \\b
    \\B (?m:^) (?m:$) (?s:.) \\Z (\\w+)\\s(\\w+) [^a]* [^\\W]+ a{2} a{2,3}? (?:ab){2} (?:ab){1,2}?b ((a)|b)*c?
    (?i:AB) (?i:k) \\s+ \\W+ [^,]+ (\\d+)\\.(\\d+)? (,|$) é é* [é-ü]+ (?a:\\w+) x*y* (?:|a)+ (?:a|)+
    (?:(a)|b|)+ (a{0}) ()* (?:a(b)?)+""".split(),
)
def test_patterns_by_hand(pattern):
    for limit in (1, 2**62):
        assert compare(re.compile(pattern), ROWS, limit)[0] == ""


@pytest.mark.parametrize("pattern", LOG)
def test_lines_of_a_log(pattern):
    assert compare(re.compile(pattern), LINES, 2**62) == ("", 0)


@pytest.mark.parametrize("flags", [0, re.I, re.A, re.I | re.A])
def test_every_class_knows_every_short_character(flags):
    rows = [chr(code) for code in (*range(256), *range(0x780, 0x800))]
    for part in random_patterns.CLASSES:
        assert compare(re.compile(part, flags), rows, 9) == ("", 0)


def found_of(pattern, rows):
    wanted = re.compile(pattern)
    return regex.first_match(column(rows), program_of(wanted), "search", [0])[0].tolist()


def test_what_takes_too_long_is_left_to_python():
    rows = ["a" * 40, "a" * 40 + "b", "ab"]
    assert found_of("(a+)+b", rows) == [regex.ASK, 1, 1]
    counts, begins, _ = regex.all_matches(column(rows), program_of(re.compile("(a+)+b")), [0])
    assert counts.tolist() == [-1, 1, 1] and len(begins) == 2


def test_what_takes_too_much_room_is_left_to_python():
    assert found_of("(?:a|b|ab)*c", ["ab" * 3000, "abc", "ab" * 3]) == [regex.ASK, 1, 0]


def test_where_tables_of_unicode_matter_python_is_asked():
    assert found_of(r"\w+", ["日", "a", "a日", "é", "\xa0", "٣"]) == [regex.ASK, 1, regex.ASK, 1, 0, 1]
    assert found_of(r"[^,]+,", ["é,", "日本,", "é"]) == [1, 1, 0]
    assert found_of(r"(?i)k", ["K", "\u212a", "é"]) == [1, regex.ASK, 0]
    assert found_of(r"a\b", ["a", "aé", "éa", "a日", "a÷"]) == [1, 0, 1, regex.ASK, 1]
    assert found_of(r"\B", ["", "ab"]) == [regex.ASK, 1]  # versions of Python differ


def test_more_items_than_there_was_room_for(threads):
    rows = ["a" * 3000, "b", "", "ab" * 500] * 3 + ["ab, c"] * 40_000
    for pattern in ("", "a|b"):
        wanted = re.compile(pattern)
        counts, begins, _ = regex.all_matches(column(rows), program_of(wanted), [0])
        right = [len(wanted.findall(row)) for row in rows[:13]]
        assert counts[:13].tolist() == right and counts[-1] == right[-1]
        assert len(begins) == counts.sum() == sum(right[:12]) + 40_000 * right[-1]
        assert (np.diff(begins[:, 0]) > 0).all()
    found, begins, finals, there = regex.first_match(column(rows), program_of(re.compile("(b)|c")), "search", [1])
    assert found[12:].all() and there[0, 12:].all() and (finals - begins)[0, 12:].tolist() == [1] * 40_000


@given(st.lists(st.text("ab,é", max_size=6), max_size=6), st.integers(0, 3))
def test_replaced_matches(rows, limit):
    wanted, columns = re.compile("(a)|b(,?)"), column(rows)
    found = regex.all_matches(columns, program_of(wanted), [0, 2, 1], limit or regex.ALL)
    data, starts, ends = regex.replace(columns, found, [(b"<", 2), ("é".encode(), 1), (b">", -1)])
    got = [bytes(data[a:b]).decode() for a, b in zip(starts.tolist(), ends.tolist())]
    assert got == [wanted.sub(r"<\1é\2>", row, limit) for row in rows]


def test_rows_outside_their_data_are_refused():
    rows = np.frombuffer(b"abc", np.uint8), np.array([0, 2]), np.array([3, 4])
    program = program_of(re.compile("a"))
    for call in (lambda: regex.first_match(rows, program, "match", [0]), lambda: regex.all_matches(rows, program, [0])):
        with pytest.raises(KernelError, match="row 1"):
            call()
