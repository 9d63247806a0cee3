"""Regular expressions of functions give what `re` gives: value, type and exception."""

import re

import pytest

from pympr.data.block import ColumnBlock, ObjectBlock, to_columns
from pympr.optimise.symbolic import translate
from pympr.run.operators.expressions import Guard, evaluate, evaluate_truth

LOG = re.compile(r'^(\S+) \S+ (\S+) \[([^\]]+)\] "(\S+) (.*?)(?: HTTP/(?P<version>\d\.\d))?" (\d{3}) (\S+)')
WORD = re.compile(r"\w+")
ROWS = [
    '1.2.3.4 - - [01/Aug/1995:00:00:01 -0400] "GET /a/b.gif HTTP/1.0" 200 1839',
    'h.é - u [01/Aug/1995:00:00:01 -0400] "POST /é b" 404 -',
    "",
    "bad line, ab12",
    "a" * 18,  # beyond the budget of (a+)+b
    "\x00é\n日本 ab\n",
]


def parsed(line):
    match = LOG.match(line)
    if match is None:
        return ("", -1, line, None)
    return (match.group(1), int(match.group(7)), match["version"] or "none", match.group(6))


def searched(line):
    if found := re.search(r"(?P<letters>[a-z]+)(?P<digits>\d+)?", line):
        return found.groups("-"), found.group("digits", 0), found["letters"]
    return ("", ""), (None, ""), "none"


def first_of(line):
    return WORD.search(line)


FUNCTIONS = [
    parsed,
    searched,
    lambda x: first_of(x).group() if first_of(x) else "none",
    lambda x: first_of(x) is not None and first_of(x)[0].isdigit(),
    lambda x: not re.fullmatch("a*", x),
    lambda x: re.match("(a+)+b", x) is None,
    lambda x: re.sub(r"[^a-z0-9 ]", "", x.lower()),
    lambda x: re.sub(r"(\w)(\d)?", r"<\2\1\g<0>\\é>", x, count=3),
    lambda x: WORD.sub("", x, 1),
    lambda x: len(WORD.findall(x)),
    lambda x: re.split(r"\W+", x)[-1],
    lambda x: re.split(r"\b", x, maxsplit=1)[0],
    lambda x: re.findall("(a)|(b)|$", x)[0],
    lambda x: re.findall("A(b)?|$", x, re.I | re.M)[0],
    lambda x: re.compile("^.", re.M | re.S).sub("-", x, count=-1),
    lambda x: re.split("(?m:$)", x)[-1] if re.split("z", x) else "",
    lambda x: "yes" if WORD.findall(x) else "no",
    lambda x: WORD.pattern + str(WORD.groups) + x,
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_values_are_those_of_re(function):
    found = translate(function)
    assert found.expression is not None, found.reason
    block = to_columns(ObjectBlock(ROWS))
    wanted = [function(row) for row in ROWS]
    assert repr(evaluate(found.expression, block).records()) == repr(wanted)
    assert evaluate_truth(found.expression, block).tolist() == [bool(value) for value in wanted]


def test_names_of_several_pieces():
    def pair(line):
        key, value = re.split(" *= *", line)
        return key, int(value)

    found = translate(pair).expression
    assert evaluate(found, to_columns(ObjectBlock(["a =1", "é= 2"]))).records() == [("a", 1), ("é", 2)]
    with pytest.raises(Guard):
        evaluate(found, to_columns(ObjectBlock(["a=1", "b=2=3"])))


def test_rows_for_which_python_raises_are_for_python():
    group = translate(lambda x: re.match("a(b)?", x).group(1))
    assert evaluate(group.expression, to_columns(ObjectBlock(["ab", "a"]))).records() == ["b", None]
    for function, rows in (
        (lambda x: re.match("a(b)?", x).group(1), ["ab", "b"]),
        (lambda x: re.findall("a", x)[1], ["aa", "a"]),
        (lambda x: re.sub("a", "", x), ["a", None]),
        (lambda x: re.match("a", x) is None, [1, 2]),
        (lambda x: re.match("a", x) is None, [b"a", b"b"]),
    ):
        block = to_columns(ObjectBlock(rows))
        assert isinstance(block, ColumnBlock)
        with pytest.raises(Guard):
            evaluate(translate(function).expression, block)


def test_a_match_that_nothing_uses_is_still_computed():
    def function(x):
        re.match("a", x)
        return 1

    expression = translate(function).expression
    assert evaluate(expression, to_columns(ObjectBlock(["a", "b"]))).records() == [1, 1]
    with pytest.raises(Guard):
        evaluate(expression, to_columns(ObjectBlock([1, 2])))


def test_a_pattern_that_is_bound_anew_counts_from_then_on():
    function = eval("lambda x: P.sub('-', x)", space := {"P": re.compile("a")})
    assert str(translate(function).expression) == "re.sub('a', ..., x)"
    space["P"] = re.compile("b")
    assert str(translate(function).expression) == "re.sub('b', ..., x)"


@pytest.mark.parametrize(
    "function, reason",
    [
        (lambda x: bool(re.match(r"(a)\1", x)), "refers back to a group"),
        (lambda x: bool(re.match(r"a(?=b)", x)), "looks ahead or behind"),
        (lambda x: bool(re.match(r"a(?!b)", x)), "looks ahead or behind"),
        (lambda x: bool(re.match(r"(?>a)", x)), "has an atomic group"),
        (lambda x: bool(re.match(r"a*+", x)), "has a possessive repeat"),
        (lambda x: re.sub("a", lambda m: m[0], x), "makes a function"),
        (lambda x: re.sub("a", str.upper, x), "no constant string"),
        (lambda x: re.sub("a", r"\1", x), "raises or warns of a pattern: invalid group reference"),
        (lambda x: bool(re.match("(", x)), "raises or warns of a pattern: missing"),
        (lambda x: bool(re.match("[[a]", x)), "raises or warns of a pattern: Possible nested set"),
        (lambda x: bool(re.match(x, x)), "the pattern is no constant"),
        (lambda x: bool(re.match(b"a", x)), "a pattern of bytes"),
        (lambda x: re.match("a", x).group(1), "raises IndexError"),
        (lambda x: re.match("a", x).end(), "the attribute 'end' of a match is not known"),
        (lambda x: bool(WORD.match(x, 1)), "say where to begin"),
        (lambda x: re.split("(a)", x)[0], "splits at groups"),
        (lambda x: (re.match("a", x), 1), "uses a match of re as a value"),
        (lambda x: (re.findall("a", x), 1), "uses a list as a value"),
        (lambda x: WORD.finditer(x), "the attribute 'finditer' of a pattern is not known"),
    ],
)
def test_why_a_pattern_is_not_translated(function, reason):
    assert reason in translate(function).reason
