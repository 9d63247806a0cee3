"""Random functions and records: what a user might write, and what lies in wait in data.

`python random_functions.py COUNT [SEED]` compares COUNT functions as columns and as Python.
"""

# ruff: noqa: E501, UP031

import random
import sys

INTS = [0, 1, -1, 2, 3, 7, 10, 100, -7, 12345]
EVIL_INTS = [2**63 - 1, -(2**63), 2**62, -(2**62), 2**53, 2**53 + 1, -(2**53) - 1, 63, 64]
FLOATS = [0.5, 1.0, -1.0, 2.5, 3.14159, 100.0, 0.1, -7.25]
EVIL_FLOATS = [0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 5e-324, 2.0**53, 2.0**63, 1e22, 0.5]
STRINGS = ["a,b", "ab", "x y z", "Hello", "12", " 7 ", "3.5", "k=v", "a,b,c", "2024-01-02", "aXbXc", "GET /a HTTP/1.1"]
EVIL_STRINGS = [
    "", " ", "é", "日本語", "a\u2003b", "\U0001f600x", "ß", "İ", "1_000", "１２", "+5", "-0", "1e400", "nan", "inf", "0x1",
    "9223372036854775807", "9223372036854775808", "0.1", "123456789012345678901", "\x00", "\x1c7\x1f", "a\nb", "\r\n", "ǅ",
    "½", "²", "ﬁ", " 8 ", "1e22", "1e23", "9007199254740993", ".5", "5.", ".", "-", "e5", "--5", "\x85", "aa", "aaa",
]  # fmt: skip
BYTES = [b"", b"ab", b"\xff\x00", b"a,b", b"12"]
CONSTANTS = {
    "int": ["0", "1", "2", "3", "-1", "7", "10", "1000", "-3", "63", "2**40"],
    "float": ["0.5", "2.0", "-1.5", "0.0", "1e300"],
    "str": ["','", "'a'", "'X'", "''", "'é'", "'ab'", "' '", "'b'", "'='", "'aa'"],
    "bool": ["True", "False"],
    "none": ["None"],
    "bytes": ["b'a'", "b''"],
}
PATTERNS = [
    "r'a'", "r'\\w+'", "r'(\\w)(\\d)?'", "r'[^,]*'", "r'^\\s*(\\S+)'", "r'x|'", "r'(?i)[k-s]+$'", "r'\\b'", "r'(a|b)*?c?'",
    "r'\\d+|é'", "WORD",
]  # fmt: skip
REPLACEMENTS = ["r'<\\g<0>>'", "''", "'é'", "r'\\n'"]
HELPERS = """
import math, operator, functools, re
WORD = re.compile(r"([a-zA-Z]+)([^a-z])?")
def searched(a):
    found = re.search("(a)|b", a)
    if found is None:
        return "none"
    return found[1] or found.group()
LIMIT, NAME, RATE = 3, "a", 0.25
def helper(a, b=2):
    if a == b:
        return a
    return b
def first(a):
    return a[0]
def sign(a):
    return 1 if a > 0 else -1 if a < 0 else 0
def checked(a):
    if a is None:
        raise ValueError("none")
    return a
twice = functools.partial(operator.mul, 2)
"""


class Writer:
    """Writes expressions of a wanted type over names of known types."""

    def __init__(self, choices, names):
        self.random, self.names = choices, names

    def write(self, kind, depth):
        if self.random.random() < 0.04:
            kind = self.random.choice(["int", "float", "str", "bool", "none", "bytes"])
        if depth <= 0 or self.random.random() < 0.15:
            return self.leaf(kind)
        makers = {"int": self.integer, "float": self.number, "str": self.string, "bool": self.boolean}
        if self.random.random() < 0.12:
            return (
                f"({self.write(kind, depth - 1)} if {self.write('bool', depth - 1)} else {self.write(kind, depth - 1)})"
            )
        if self.random.random() < 0.05:
            return f"({self.write(kind, depth - 1)} {self.random.choice(['and', 'or'])} {self.write(kind, depth - 1)})"
        return makers[kind](depth - 1) if kind in makers else self.leaf(kind)

    def leaf(self, kind):
        fitting = [name for name, of in self.names if of == kind]
        if fitting and self.random.random() < 0.8:
            return self.random.choice(fitting)
        return f"({self.random.choice(CONSTANTS.get(kind, ['None']))})"

    def any(self, depth):
        return self.write(self.random.choice(["int", "float", "str", "bool"]), depth)

    def integer(self, depth):
        w, pick = self.write, self.random.choice
        return pick([
            lambda: f"({w('int', depth)} {pick(['+', '-', '*', '//', '%', '&', '|', '^'])} {w('int', depth)})",
            lambda: f"({w('int', depth)} {pick(['+', '-', '*', '//', '%'])} {pick(CONSTANTS['int'])})",
            lambda: f"({w('int', depth)} {pick(['<<', '>>', '**'])} {pick(['0', '1', '2', '3', '62', '64', '-1'])})",
            lambda: f"{pick(['-', '+', '~'])}{w('int', 0)}",
            lambda: f"abs({w('int', depth)})",
            lambda: f"{pick(['min', 'max'])}({w('int', depth)}, {w('int', depth)})",
            lambda: f"int({w(pick(['str', 'float', 'int', 'bool']), depth)})",
            lambda: f"round({w('float', depth)})",
            lambda: f"math.{pick(['floor', 'ceil', 'trunc'])}({w('float', depth)})",
            lambda: f"len({w('str', depth)})",
            lambda: f"{w('str', depth)}.{pick(['find', 'rfind', 'count', 'index', 'rindex'])}({pick(CONSTANTS['str'])})",
            lambda: f"len({w('str', depth)}.split({pick([*CONSTANTS['str'][:3], '', 'None, 1'])}))",
            lambda: f"helper({w('int', depth)}, {w('int', depth)})",
            lambda: f"sign({w(pick(['int', 'float']), depth)})",
            lambda: f"twice({w('int', depth)})",
            lambda: f"divmod({w('int', depth)}, {w('int', depth)})[{pick('01')}]",
            lambda: f"({w('int', depth)}, {w('str', depth)})[0]",
            lambda: f"ord({w('str', depth)}[0])",
            lambda: f"(LIMIT + {w('int', depth)})",
            lambda: f"len(re.{pick(['findall', 'split'])}({pick(PATTERNS)}, {w('str', depth)}))",
        ])()  # fmt: skip

    def number(self, depth):
        w, pick = self.write, self.random.choice
        return pick([
            lambda: f"({w('float', depth)} {pick(['+', '-', '*', '/', '//', '%'])} {w(pick(['float', 'int']), depth)})",
            lambda: f"({w('int', depth)} {pick(['+', '-', '*', '/', '//', '%'])} {w('float', depth)})",
            lambda: f"({w('int', depth)} / {w('int', depth)})",
            lambda: f"({w('float', depth)} ** {pick(['2', '0.5', '-1', '3'])})",
            lambda: f"-{w('float', 0)}",
            lambda: f"abs({w('float', depth)})",
            lambda: f"{pick(['min', 'max'])}({w('float', depth)}, {w('float', depth)})",
            lambda: f"float({w(pick(['str', 'int', 'float', 'bool']), depth)})",
            lambda: f"round({w('float', depth)}, {pick('0123')})",
            lambda: f"math.{pick(['sqrt', 'exp', 'log', 'sin', 'log10', 'log2', 'fabs', 'tanh'])}({w('float', depth)})",
            lambda: f"({w('float', depth)} * RATE)",
        ])()  # fmt: skip

    def string(self, depth):
        w, pick = self.write, self.random.choice
        text = CONSTANTS["str"]
        return pick([
            lambda: f"({w('str', depth)} + {w('str', depth)})",
            lambda: f"{w('str', depth)}.{pick(['lower', 'upper', 'strip', 'lstrip', 'rstrip', 'title', 'swapcase'])}()",
            lambda: f"{w('str', depth)}.replace({pick(text)}, {pick(text)}{pick(['', ', 1', ', -1', ', 0'])})",
            lambda: f"{w('str', depth)}.split({pick([*text, '', 'None'])})[{pick(['0', '1', '-1', '2'])}]",
            lambda: f"{w('str', depth)}.rsplit({pick(text)}, {pick('12')})[{pick(['0', '-1', '1'])}]",
            lambda: f"{w('str', depth)}.{pick(['partition', 'rpartition'])}({pick(text)})[{pick('012')}]",
            lambda: f"{w('str', depth)}.{pick(['removeprefix', 'removesuffix', 'strip'])}({pick(text)})",
            lambda: f"{w('str', depth)}[{pick(['0', '-1', '1', '2'])}]",
            lambda: f"{w('str', depth)}[{pick(['', '1', '-2', '0'])}:{pick(['', '3', '-1', '1'])}]",
            lambda: f"{w('str', depth)}[::{pick(['2', '-1'])}]",
            lambda: f"str({self.any(depth)})",
            lambda: 'f"""{%s}-{%s!r:>5}{%s:.2f}"""' % (w("int", 0), w("str", 0), w("float", 0)),
            lambda: f"{pick(text)}.join(({w('str', depth)}, {w('str', depth)}))",
            lambda: f"({w('str', depth)} * {pick(['2', '0', '-1'])})",
            lambda: f"('%s:%s' % ({self.any(depth)}, {self.any(depth)}))",
            lambda: f"{w('str', depth)}.zfill(4)",
            lambda: f"searched({w('str', depth)})",
            lambda: f"re.sub({pick(PATTERNS)}, {pick(REPLACEMENTS)}, {w('str', depth)})",
            lambda: f"re.{pick(['split', 'findall'])}({pick(PATTERNS)}, {w('str', depth)})[{pick(['0', '-1', '1'])}]",
            lambda: f"(m[0] if (m := re.{pick(['match', 'search'])}({pick(PATTERNS)}, {w('str', depth)})) else 'no')",
        ])()  # fmt: skip

    def boolean(self, depth):
        w, pick = self.write, self.random.choice
        text, compare = CONSTANTS["str"], ["<", "<=", "==", "!=", ">", ">="]
        kind = pick(["int", "float", "str", "int"])
        return pick([
            lambda: f"({w(kind, depth)} {pick(compare)} {w(kind, depth)})",
            lambda: f"({w('int', depth)} {pick(compare)} {w('float', depth)})",
            lambda: f"({w(kind, depth)} {pick(compare)} {w(kind, depth)} {pick(compare)} {w(kind, depth)})",
            lambda: f"({self.any(depth)} {pick(['==', '!='])} {self.any(depth)})",
            lambda: f"({w('bool', depth)} {pick(['and', 'or'])} {w('bool', depth)})",
            lambda: f"(not {self.any(depth)})",
            lambda: f"({pick(text)} {pick(['in', 'not in'])} {w('str', depth)})",
            lambda: f"({w('str', depth)} in {w('str', depth)})",
            lambda: f"({w('int', depth)} {pick(['in', 'not in'])} (1, 2, 10))",
            lambda: f"({w('str', depth)} in {{'a', 'ab', '12'}})",
            lambda: f"{w('str', depth)}.{pick(['startswith', 'endswith'])}({pick(text)})",
            lambda: f"{w('str', depth)}.{pick(['isdigit', 'isalpha', 'isalnum', 'isspace', 'isupper', 'islower'])}()",
            lambda: f"({pick([name for name, _ in self.names])} is {pick(['', 'not '])}None)",
            lambda: f"isinstance({pick([name for name, _ in self.names])}, {pick(['int', 'str', '(int, float)'])})",
            lambda: f"bool({self.any(depth)})",
            lambda: f"bool(re.{pick(['match', 'search', 'fullmatch'])}({pick(PATTERNS)}, {w('str', depth)}))",
            lambda: f"(re.fullmatch({pick(PATTERNS)}, {w('str', depth)}) is {pick(['', 'not '])}None)",
        ])()  # fmt: skip


def shape_of(choices):
    """A record's shape: a type, or a tuple of shapes."""
    kind = choices.choice(
        ["int", "float", "str", "str", "bool", "int?", "str?", "tuple", "tuple", "tuple", "bytes", "mixed"]
    )
    if kind == "tuple":
        return tuple(shape_of(choices) for _ in range(choices.randint(1, 3)))
    return kind


def names_of(shape, text):
    """What parts of a record are called, with their types."""
    if isinstance(shape, tuple):
        return [name for at, part in enumerate(shape) for name in names_of(part, f"{text}[{at}]")]
    return [(text, shape.rstrip("?"))]


def value_of(choices, shape, evil):
    if isinstance(shape, tuple):
        return tuple(value_of(choices, part, evil) for part in shape)
    if shape == "mixed":
        return choices.choice([1, 1.5, "a", None, True, 2**70, "\udc80", (1, 2), b"x"])
    if shape.endswith("?") and choices.random() < 0.3:
        return None
    is_evil = choices.random() < evil
    if is_evil and shape == "int" and choices.random() < 0.02:
        return 2**70
    pools = {
        "int": (INTS, EVIL_INTS), "float": (FLOATS, EVIL_FLOATS), "str": (STRINGS, EVIL_STRINGS),
        "bool": ([True, False],) * 2, "bytes": (BYTES, BYTES),
    }  # fmt: skip
    return choices.choice(pools[shape.rstrip("?")][is_evil])


def program(choices):
    """(source of a function f, records)"""
    shape = shape_of(choices)
    names = names_of(shape, "x")
    writer = Writer(choices, names)
    depth = choices.randint(1, 3)
    form = choices.random()
    if form < 0.55:
        body = writer.any(depth)
        if choices.random() < 0.3:
            body = f"({body}, {writer.any(depth)}, {choices.choice(names)[0]})"
        source = f"f = lambda x: {body}"
    else:
        source = statements(choices, writer, depth)
    evil = choices.choice([0, 0, 0.05, 0.5])
    records = [value_of(choices, shape, evil) for _ in range(choices.randint(1, 12))]
    return source, records


def statements(choices, writer, depth):
    """A def with assignments and branches."""
    lines = ["def f(x, extra=3):"]
    for number in range(choices.randint(1, 3)):
        kind, indent = choices.choice(["int", "float", "str", "bool"]), "    "
        what = choices.random()
        if what < 0.2:
            lines.append(f"    if {writer.write('bool', depth)}:")
            lines.append(f"        {choices.choice(['return None', 'return ' + writer.any(1), 'raise KeyError(x)'])}")
        if what > 0.85:
            lines += ["    try:", f"        v{number} = {writer.write(kind, depth)}", "    except Exception:"]
            lines.append(f"        v{number} = {writer.leaf(kind)}")
        elif what > 0.75:
            lines.append(
                f"    v{number}, w{number} = {writer.write('str', 1)}.split({choices.choice(CONSTANTS['str'])})"
            )
            kind = "str"
        else:
            lines.append(f"{indent}v{number} = {writer.write(kind, depth)}")
        writer.names.append((f"v{number}", kind))
    lines.append(f"    return {writer.any(depth)}")
    return "\n".join(lines)


def compare(source, records):
    """What differs between columns and Python, or ""; "columns" or "Python" is how it ran."""
    from pympr.data.block import ColumnBlock, ObjectBlock, to_columns
    from pympr.optimise.symbolic import translate
    from pympr.run.operators.expressions import Guard, evaluate, evaluate_truth

    space = {}
    exec(HELPERS, space)
    exec(source, space)
    function = space["f"]
    block, found = to_columns(ObjectBlock(records)), translate(function)
    if found.expression is None or not isinstance(block, ColumnBlock):
        return "", f"Python: {found.reason}"
    try:
        got = evaluate(found.expression, block).records()
        truth = evaluate_truth(found.expression, block).tolist()
    except Guard:
        return "", "guard"
    try:
        wanted = [function(record) for record in records]
    except Exception as error:
        return f"Python raises {error!r}, columns give {got!r}", "columns"
    if repr(got) != repr(wanted):
        return f"Python gives {wanted!r}, columns {got!r}", "columns"
    if truth != [bool(value) for value in wanted]:
        return f"Python gives {wanted!r}, columns hold for true {truth!r}", "columns"
    return "", "columns"


def main(count, seed):
    import collections
    import warnings

    warnings.simplefilter("ignore")
    ways = collections.Counter()
    wrong = 0
    for number in range(seed, seed + count):
        source, records = program(random.Random(number))
        try:
            difference, way = compare(source, records)
        except Exception as error:
            import traceback

            traceback.print_exc()
            difference, way = f"the translation raises {error!r}", "broken"
        ways[way] += 1
        if difference:
            wrong += 1
            print(f"-- {number}\n{source}\n{records!r}\n{difference}", flush=True)
            if wrong > 8:
                break
    for way, times in ways.most_common(25):
        print(times, way)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
