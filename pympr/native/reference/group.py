"""The definition of grouped aggregation: a dictionary, one row at a time.

A row's key is a tuple with None for null; values are tuples likewise. The result is a list of
(hash, key, aggregates) in the canonical order.
"""

import functools
import math
import operator

from pympr.native.reference.hash import hash_binary, hash_combine, hash_null, hash_number, hash_text

STEPS = {"sum": operator.add, "min": min, "max": max, "first": lambda first, _: first}


def group(keys: list, values: list, kinds: list, operations: list, seed: int) -> list:
    """Aggregate `values` by `keys`; one operation a value column."""
    members = {}
    for key, row in zip(keys, values, strict=True):
        members.setdefault(_identity(key), (key, []))[1].append(row)
    groups = []
    for key, rows in members.values():
        columns = zip(*rows, strict=True) if operations else ()
        results = [aggregate(operation, column) for operation, column in zip(operations, columns, strict=True)]
        groups.append((key_hash(key, kinds, seed), key, results))
    return sorted(groups, key=lambda each: (each[0], [_rank(value) for value in each[1]]))


def aggregate(operation: str, column: tuple):
    """One aggregate of one group; None when all values are null."""
    present = [value for value in column if value is not None]
    if operation == "count":
        return len(present)
    if not present:
        return None
    if operation == "mean":
        return aggregate("sum", column) / len(present)
    start = int(present[0]) if operation == "sum" and isinstance(present[0], bool) else present[0]
    return functools.reduce(STEPS[operation], present[1:], start)


def key_hash(key: tuple, kinds: list, seed: int) -> int:
    """The hash of a key of one or more columns."""
    return functools.reduce(hash_combine, (_hash(value, kind, seed) for value, kind in zip(key, kinds, strict=True)))


def _hash(value, kind: str, seed: int) -> int:
    if value is None:
        return hash_null(seed)
    return {"string": hash_text, "bytes": hash_binary}.get(kind, hash_number)(value, seed)


def _identity(key: tuple) -> tuple:
    """What makes two keys one: all NaN are equal, and 0.0 equals -0.0 anyway."""
    return tuple("nan" if isinstance(value, float) and math.isnan(value) else value for value in key)


def _rank(value) -> tuple:
    """Null, then numbers, then NaN; text by its bytes."""
    if value is None:
        return (0,)
    if isinstance(value, float) and math.isnan(value):
        return (2,)
    return (1, value.encode() if isinstance(value, str) else value)
