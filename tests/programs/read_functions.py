"""Reads random functions from their bytecode and computes what was read in plain Python, with no kernel and no NumPy.

`python read_functions.py COUNT [SEED]` compares with the functions themselves; runs where pympr is not built.
"""

import math
import operator
import pathlib
import random
import sys
import types
import warnings

ROOT = pathlib.Path(__file__).parents[2]
_OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "<<": operator.lshift, ">>": operator.rshift, "neg": operator.neg, "pos": operator.pos, "abs": abs,
    "invert": operator.invert, "getitem": operator.getitem, "len": len, "int": int, "float": float, "str": str,
    "repr": repr, "ascii": ascii, "ord": ord, "chr": chr, "round": round, "format": format, "not": operator.not_,
    "bool": bool, "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt,
    ">=": operator.ge, "contains": operator.contains,
}  # fmt: skip
_TYPES = {"int": int, "float": float, "str": str, "bytes": bytes}


class Left(Exception):
    """For the Python function."""


def compute(expression, record, done):
    """An expression's value for one record."""
    if id(expression) not in done:
        done[id(expression)] = _compute(expression, record, done)
    return done[id(expression)]


def _compute(expression, record, done):
    def of(part):
        return compute(part, record, done)

    kind = type(expression).__name__
    if kind == "Argument":
        return record
    if kind == "Constant":
        return expression.value
    if kind == "Item":
        return of(expression.of)[expression.position]
    if kind == "MakeTuple":
        return tuple(of(item) for item in expression.items)
    if kind == "SplitItem":
        split = of(expression.of).rsplit if expression.from_right else of(expression.of).split
        return split(expression.separator, expression.maxsplit)[expression.index]
    if kind == "Contains":
        return expression.needle in of(expression.of)
    if kind == "Conditional":
        return of(expression.then) if of(expression.test) else of(expression.otherwise)
    if kind == "Both":
        return bool(of(expression.first) and of(expression.second))
    if kind == "Either":
        return bool(of(expression.first) or of(expression.second))
    if kind == "After":
        for step in expression.steps:
            of(step)
        return of(expression.result)
    if kind in ("Match", "Pieces", "Substitute"):
        return searched(expression, of(expression.of))
    if kind in ("IsMatch", "MatchGroup", "PieceCount", "Piece"):
        return of_match(kind, expression, of(expression.of))
    if kind == "Operation":
        return operation(expression, [of(part) for part in expression.of])
    raise Left


def searched(expression, text):
    search = expression.search
    if type(text) is not str:
        raise Left
    if not hasattr(expression, "limit"):
        return getattr(search.pattern, search.how)(text)
    if hasattr(expression, "parts"):
        groups = [*search.groups, None]

        def replaced(match):
            return "".join(part + (match[groups[at]] or "" if at >= 0 else "") for part, at in expression.parts)

        return search.pattern.sub(replaced, text)
    return getattr(search.pattern, search.how)(text)


def of_match(kind, expression, of):
    if kind == "IsMatch":
        return of is not None
    if kind == "MatchGroup":
        return of[expression.number]
    if kind == "PieceCount":
        return len(of)
    if expression.count not in (None, len(of)):
        raise Left
    return of[expression.index]


def operation(expression, values):
    name, options = expression.name, expression.options
    if name == "concat":
        return "".join(values)
    if name == "is None":
        return values[0] is None
    if name == "in":
        return values[0] in options
    if name == "slice":
        return values[0][slice(*options)]
    if name == "slice of":
        return values[0][slice(*values[1:])]
    if name == "isinstance":
        return isinstance(values[0], tuple(_TYPES[option] for option in options))
    if name in ("fields", "require fields"):
        count = len(str.rsplit(values[0], *options[:2]) if options[2] else str.split(values[0], *options[:2]))
        return count if name == "fields" or count == options[3] else _leave()
    if name == "require":
        return values[0] if type(values[0]) is _TYPES[options[0]] else _leave()
    if name == "numbers":
        return None if all(isinstance(value, (int, float)) for value in values) else _leave()
    if name == "unpack":
        return values[0][options[0]] if type(values[0]) is tuple and len(values[0]) == options[1] else _leave()
    if name.startswith("."):
        return getattr(values[0], name[1:])(*values[1:])
    return _OPERATORS[name](*values) if name in _OPERATORS else getattr(math, name)(*values)


def _leave():
    raise Left


def main(count, seed):
    from random_functions import HELPERS, program

    from pympr.optimise.symbolic import translate

    read = wrong = 0
    for number in range(seed, seed + count):
        source, records = program(random.Random(number))
        space = {}
        exec(HELPERS + source, space)
        function = space["f"]
        expression = translate(function).expression
        read += expression is not None
        for record in records if expression is not None else ():
            try:
                got = compute(expression, record, {})
            except Exception:
                continue
            try:
                wanted = function(record)
            except Exception as error:
                wanted = error
            if repr(got) != repr(wanted):
                wrong += 1
                print(f"-- {number}\n{source}\n{record!r}: {wanted!r}, read as {expression}: {got!r}")
                break
    print(f"Python {sys.version.split()[0]}: {read} of {count} functions read, {wrong} wrong")
    return 1 if wrong or read < count / 2 else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(ROOT / "tests" / "programs"))
    for package in ("pympr", "pympr.data"):  # without their own code, which needs what is not there
        sys.modules[package] = types.ModuleType(package)
        sys.modules[package].__path__ = [str(ROOT / package.replace(".", "/"))]
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
