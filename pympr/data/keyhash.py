"""Hashes of keys: the same for equal keys on every rank, whatever holds them."""

import dataclasses
import datetime
import decimal
import enum
import fractions
from collections.abc import Sequence
from typing import Any

import numpy as np

from pympr.data.block import Block, ColumnBlock
from pympr.data.column import FixedColumn
from pympr.data.convert import columns_of
from pympr.data.schema import Leaf, leaves
from pympr.errors import KeyTypeError
from pympr.native import hash as kernel


def hash_block(keys: Block, seed: int) -> np.ndarray:
    """uint64 hash of every key of a block.

    Raises KeyTypeError for keys that have no hash of their own value, TypeError
    for keys that Python cannot hash.
    """
    if isinstance(keys, ColumnBlock):
        return _hash_columns(keys, seed)
    return hash_keys(keys.values, seed)


def _hash_columns(keys: ColumnBlock, seed: int) -> np.ndarray:
    hashes = None
    for leaf, column in zip(leaves(keys.layout), keys.columns):
        one = _hash_column(leaf, column, seed)
        if hashes is None:
            hashes = one
        else:
            kernel.hash_combine(hashes, one)
    return np.zeros(len(keys), np.uint64) if hashes is None else hashes


def _hash_column(leaf: Leaf, column: Any, seed: int) -> np.ndarray:
    valid = None if column.valid is None else np.ascontiguousarray(column.valid)
    if isinstance(column, FixedColumn):
        if leaf.kind == "none":
            valid = np.zeros(len(column), np.uint8)
        return kernel.hash_fixed(column.contiguous(), seed, valid)
    starts, ends = np.ascontiguousarray(column.starts), np.ascontiguousarray(column.ends)
    return kernel.hash_bytes(column.data, starts, ends, seed, valid, kind=leaf.kind)


def hash_keys(keys: Sequence[Any], seed: int) -> np.ndarray:
    """uint64 hash of Python keys: columns where possible, else by groups of one shape.

    >>> a, b = hash_keys([1, "a", (1, None)], 7), hash_keys([True, b"a", (1.0, None)], 7)
    >>> (a == b).tolist()
    [True, False, True]
    """
    converted = columns_of(keys) if len(keys) else None
    if converted is not None:
        layout, columns = converted
        return _hash_columns(ColumnBlock(layout, columns, len(keys)), seed)
    plain = [plain_key(key) for key in keys]
    by_shape: dict[Any, list[int]] = {}
    for position, key in enumerate(plain):
        by_shape.setdefault(_shape(key), []).append(position)
    hashes = np.empty(len(keys), np.uint64)
    for positions in by_shape.values():
        layout, columns = columns_of([plain[position] for position in positions])
        hashes[positions] = _hash_columns(ColumnBlock(layout, columns, len(positions)), seed)
    return hashes


def _shape(key: Any) -> Any:
    return tuple(map(_shape, key)) if type(key) is tuple else type(key)


def plain_key(key: Any) -> Any:
    """`key` as plain values that columns hold; equal keys give values of equal hash."""
    kind = type(key)
    if kind in (float, bool, str, bytes, type(None)):
        return _plain_string(key) if kind is str else key
    if kind is int:
        return key if -(2**63) <= key < 2**63 else _plain_number(key)
    if isinstance(key, enum.Enum) and not isinstance(key, (int, str)):
        return "enum", kind.__module__, kind.__qualname__, key.name
    if isinstance(key, tuple):
        return tuple(plain_key(item) for item in key) or ("empty tuple",)
    if isinstance(key, np.generic):
        return plain_key(key.item())
    for base in (int, str, bytes, float):
        if isinstance(key, base):
            return plain_key(base(key))
    return _plain_object(key)


def _plain_object(key: Any) -> Any:
    if isinstance(key, (decimal.Decimal, fractions.Fraction)):
        return _plain_number(key)
    if isinstance(key, frozenset):
        return "frozenset", *sorted(hash_keys([item], 0).tolist()[0] >> 1 for item in key)
    if isinstance(key, datetime.datetime):
        return "datetime", (key.astimezone(datetime.UTC) if key.tzinfo else key).isoformat()
    if isinstance(key, (datetime.date, datetime.time, datetime.timedelta)):
        return type(key).__name__, str(key)
    if dataclasses.is_dataclass(key) and type(key).__hash__ is not None:
        values = tuple(plain_key(getattr(key, field.name)) for field in dataclasses.fields(key))
        return "dataclass", type(key).__qualname__, values
    try:
        hash(key)
    except TypeError as error:
        raise KeyTypeError(f"{error}: a key must be hashable, got {repr(key)[:200]}") from None
    raise KeyTypeError(
        f"a key of type {type(key).__name__} has no hash that is the same on every rank: "
        f"use a number, string, bytes, None, or a tuple of these"
    )


def _plain_number(number: Any) -> Any:
    """A number as the float or int64 it equals, else as text."""
    if number == number and number == int(number) and -(2**63) <= number < 2**63:
        return int(number)
    try:
        near = float(number)
    except OverflowError:
        return "number", str(fractions.Fraction(number))
    return near if near == number else ("number", str(fractions.Fraction(number)))


def _plain_string(key: str) -> Any:
    try:
        key.encode()
    except UnicodeEncodeError:
        return "surrogates", key.encode("utf-8", "surrogatepass")
    return key
