"""Methods and parts of strings and bytes; None where it is for Python, row by row."""

from collections.abc import Callable

import numpy as np

from pympr.data.block import ColumnBlock
from pympr.data.convert import columns_of
from pympr.data.schema import Leaf, Many, Row
from pympr.native import characters, fields, numerals, rewrite
from pympr.plan.expression import Constant, Expression, Operation
from pympr.run.expressions import numbers
from pympr.run.expressions.by_rows import compute
from pympr.run.expressions.frame import Guard, fixed, flags, kind_of, rows_of, texts
from pympr.run.expressions.merge import merge

STRING = Leaf("string")
Values = list[ColumnBlock]
Rule = Callable[[Operation, Values, int], ColumnBlock | None]


def _constant(operand: Expression, *kinds: type) -> object:
    """The value of a constant of these types, else None."""
    value = operand.value if isinstance(operand, Constant) else None
    return value if type(value) in kinds else None


def with_rest(operation: Operation, values: Values, found: ColumnBlock, done: np.ndarray) -> ColumnBlock:
    """What a kernel found, and by Python what it left undone."""
    mask = done.view(np.bool_)
    if mask.all():
        return found
    left, kept = np.flatnonzero(~mask), np.flatnonzero(mask)
    parts = [value.take(left) if len(value) == len(mask) else value for value in values]
    rest = compute(operation, parts, len(left))
    return merge(mask, found.take(kept), rest)


def letters(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    if kind_of(values[0]) != "string" or len(values) > 1:
        return None
    kernel = fields.lower_ascii if operation.name == ".lower" else fields.upper_ascii
    *rows, done = kernel(*rows_of(values[0]))
    return with_rest(operation, values, texts(STRING, *rows), done)


def strip(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    if kind_of(values[0]) != "string" or len(values) > 1:
        return None
    data, starts, ends = rows_of(values[0])
    sides = {"left": operation.name != ".rstrip", "right": operation.name != ".lstrip"}
    return texts(STRING, data, *fields.strip(data, starts, ends, **sides))


def match(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """startswith and endswith of a constant, or of any of some."""
    wanted = _constant(operation.of[1], str, tuple) if len(values) == 2 else None
    needles = wanted if isinstance(wanted, tuple) else (wanted,)
    if kind_of(values[0]) != "string" or not all(type(needle) is str for needle in needles):
        return None
    kernel = fields.startswith if operation.name == ".startswith" else fields.endswith
    found = np.zeros(length, np.uint8)
    for needle in needles:
        found |= kernel(*rows_of(values[0]), needle.encode())
    return flags(found)


def find(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    needle = _constant(operation.of[1], str) if len(values) == 2 else None
    if kind_of(values[0]) != "string" or needle is None:
        return None
    places = characters.find(rows_of(values[0]), needle.encode(), operation.name in (".rfind", ".rindex"))
    if "index" in operation.name and (places < 0).any():
        raise Guard
    return fixed("int64", places)


def count(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    needle = _constant(operation.of[1], str) if len(values) == 2 else None
    if kind_of(values[0]) != "string" or not needle:
        return None
    return fixed("int64", characters.count(rows_of(values[0]), needle.encode()))


def replace(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    if kind_of(values[0]) != "string" or not 3 <= len(values) <= 4:
        return None
    old, new = (_constant(operand, str) for operand in operation.of[1:3])
    limit = _constant(operation.of[3], int) if len(values) == 4 else -1
    if not old or new is None or limit is None:
        return None
    return texts(STRING, *rewrite.replace(rows_of(values[0]), old.encode(), new.encode(), max(limit, -1)))


def classify(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    if kind_of(values[0]) != "string" or len(values) > 1:
        return None
    found, done = characters.classify(rows_of(values[0]), operation.name[1:])
    return with_rest(operation, values, flags(found), done)


def without_affix(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """removeprefix and removesuffix."""
    affix = _constant(operation.of[1], str) if len(values) == 2 else None
    if kind_of(values[0]) != "string" or affix is None:
        return None
    data, starts, ends = rows_of(values[0])
    if operation.name == ".removeprefix":
        return texts(
            STRING, data, starts + len(affix.encode()) * fields.startswith(data, starts, ends, affix.encode()), ends
        )
    return texts(STRING, data, starts, ends - len(affix.encode()) * fields.endswith(data, starts, ends, affix.encode()))


def partition(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """The parts before and after a separator, and the separator, as views."""
    separator = _constant(operation.of[1], str) if len(values) == 2 else None
    if kind_of(values[0]) != "string" or not separator:
        return None
    data, starts, ends = rows_of(values[0])
    is_right, size = operation.name == ".rpartition", len(separator.encode())
    places = characters.find((data, starts, ends), separator.encode(), is_right, in_bytes=True)
    is_missing = places < 0
    before = np.where(is_missing, starts if is_right else ends, starts + places)
    after = np.where(is_missing, before, before + size)
    parts = [texts(STRING, data, *edges) for edges in ((starts, before), (before, after), (after, ends))]
    return ColumnBlock(Row((STRING,) * 3), [part.columns[0] for part in parts], length)


def encode(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """A string column holds UTF-8 already."""
    names = [_constant(operand, str) for operand in operation.of[1:]]
    if kind_of(values[0]) != "string" or names not in ([], ["utf-8"], ["utf8"], ["UTF-8"]):
        return None
    return ColumnBlock(Leaf("bytes"), values[0].columns, length)


def concat(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """Strings, or bytes, end to end; tuples too for `+`; numbers are added."""
    kinds = {kind_of(value) for value in values}
    if kinds in ({"string"}, {"bytes"}):
        return texts(Leaf(kinds.pop()), *rewrite.join_rows([rows_of(value) for value in values], length))
    if operation.name == "concat":
        raise Guard
    return numbers.arithmetic(operation, values, length)


def size(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """len()"""
    value = values[0]
    if isinstance(value.layout, Row):
        return fixed("int64", np.broadcast_to(np.int64(len(value.layout.items)), length))
    if isinstance(value.layout, Many):
        return fixed("int64", value.columns[0].lengths)
    if kind_of(value) == "string":
        return fixed("int64", characters.count_characters(*rows_of(value)))
    if kind_of(value) == "bytes":
        _, starts, ends = rows_of(value)
        return fixed("int64", ends - starts)
    raise Guard


def to_string(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """str(a)"""
    kind = kind_of(values[0])
    if len(values) > 1:
        return None
    if kind == "string":
        return values[0]
    if kind == "int64":
        return texts(STRING, *numerals.format_integers(values[0].columns[0].contiguous()))
    return None


def to_number(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """int(a) and float(a)"""
    kind = kind_of(values[0])
    if kind == "string" and len(values) == 1:
        is_int = operation.name == "int"
        found, done = (numerals.parse_integers if is_int else numerals.parse_floats)(*rows_of(values[0]))
        return with_rest(operation, values, fixed("int64" if is_int else "float64", found), done)
    if operation.name == "int":
        return numbers.whole(operation, values, length)
    if kind in numbers.NUMBERS:
        return fixed("float64", values[0].columns[0].values.astype(np.float64, copy=False))
    return None


def member(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """`a in (constants)`"""
    kind, options = kind_of(values[0]), operation.options
    wanted = {"string": str, "int64": int}.get(kind)
    if wanted is None or not all(type(option) is wanted for option in options):
        return None
    found = np.zeros(length, np.bool_)
    for option in options:
        converted = columns_of([option])
        if converted is not None:  # a larger integer is not among them
            equal = numbers.comparison(Operation("==", ()), [values[0], ColumnBlock(*converted, 1)], length)
            found |= equal.columns[0].values
    return flags(found)


def field_count(operation: Operation, values: Values, length: int) -> ColumnBlock | None:
    """len(a.split(separator, maxsplit))"""
    separator, limit, _ = operation.options
    if kind_of(values[0]) != "string":
        raise Guard
    if separator is None:
        return None
    counts = characters.count(rows_of(values[0]), separator.encode())
    return fixed("int64", (counts if limit < 0 else np.minimum(counts, limit)) + 1)


def require_fields(operation: Operation, values: Values, length: int) -> ColumnBlock:
    """Guard unless every split gives so many."""
    *options, wanted = operation.options
    counting = Operation("fields", operation.of, tuple(options))
    counts = field_count(counting, values, length) or compute(counting, values, length)
    if (counts.columns[0].values != wanted).any():
        raise Guard
    return values[0]


def require(operation: Operation, values: Values, length: int) -> ColumnBlock:
    """Guard unless all are of a type."""
    if kind_of(values[0]) != {"str": "string", "bytes": "bytes"}[operation.options[0]]:
        raise Guard
    return values[0]


TABLE: dict[str, Rule] = {
    **dict.fromkeys((".lower", ".upper"), letters),
    **dict.fromkeys((".strip", ".lstrip", ".rstrip"), strip),
    **dict.fromkeys((".startswith", ".endswith"), match),
    **dict.fromkeys((".find", ".rfind", ".index", ".rindex"), find),
    **dict.fromkeys(tuple(f".{name}" for name in characters.CLASSES), classify),
    **dict.fromkeys((".removeprefix", ".removesuffix"), without_affix),
    **dict.fromkeys((".partition", ".rpartition"), partition),
    **dict.fromkeys(("+", "concat"), concat),
    **dict.fromkeys(("int", "float"), to_number),
    ".count": count,
    ".replace": replace,
    ".encode": encode,
    "len": size,
    "str": to_string,
    "in": member,
    "fields": field_count,
    "require fields": require_fields,
    "require": require,
}
