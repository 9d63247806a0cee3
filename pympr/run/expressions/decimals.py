"""Floats rounded to places and written as text."""

import re

import numpy as np

from pympr.data.block import ColumnBlock
from pympr.data.schema import Leaf
from pympr.native import decimals
from pympr.plan.expression import Constant, Operation
from pympr.run.expressions import numbers, strings
from pympr.run.expressions.frame import fixed, kind_of, texts

_SAMPLE = 64  # rows that tell whether most floats have few digits
_PLACES = re.compile(r"\.([0-9]{1,2})f")


def rounded(operation: Operation, values: list[ColumnBlock], length: int) -> ColumnBlock | None:
    """round(a) and round(a, places)"""
    if len(values) == 1:
        return numbers.whole(operation, values, length)
    places = operation.of[1].value if isinstance(operation.of[1], Constant) else None
    if kind_of(values[0]) != "float64" or type(places) is not int or not 0 <= places <= decimals.MOST_PLACES:
        return None
    found, done = decimals.round_decimals(values[0].columns[0].contiguous(), places)
    return strings.with_rest(operation, values, fixed("float64", found), done)


def to_string(operation: Operation, values: list[ColumnBlock], length: int) -> ColumnBlock | None:
    """str(a)"""
    found = representation(operation, values, length)
    return strings.to_string(operation, values, length) if found is None else found


def representation(operation: Operation, values: list[ColumnBlock], length: int) -> ColumnBlock | None:
    """repr(a) of floats"""
    if kind_of(values[0]) != "float64" or len(values) > 1:
        return None
    sample = values[0].columns[0].values[:_SAMPLE]
    is_short = 2 * int(decimals.format_floats(np.ascontiguousarray(sample))[3].sum()) > len(sample)
    return _written(operation, values) if is_short else None


def formatted(operation: Operation, values: list[ColumnBlock], length: int) -> ColumnBlock | None:
    """f"{a:.2f}" """
    spec = operation.of[1].value if len(values) == 2 and isinstance(operation.of[1], Constant) else None
    found = _PLACES.fullmatch(spec) if type(spec) is str else None
    if kind_of(values[0]) != "float64" or found is None or int(found[1]) > decimals.MOST_PLACES:
        return None
    return _written(operation, values, int(found[1]))


def _written(operation: Operation, values: list[ColumnBlock], *places: int) -> ColumnBlock:
    *rows, done = decimals.format_floats(values[0].columns[0].contiguous(), *places)
    return strings.with_rest(operation, values, texts(Leaf("string"), *rows), done)


TABLE = {"round": rounded, "str": to_string, "repr": representation, "format": formatted}
