"""Grouping by key: all values of a key, in the order of partition and position."""

from collections.abc import Iterator
from typing import Any

from pympr.config import Config
from pympr.data.block import Block, ObjectBlock, concat
from pympr.run.operators.combine import in_hash_order
from pympr.run.operators.python_combine import one_nan
from pympr.run.place import first_items
from pympr.run.result_iterable import ResultIterable


def group_by_key(blocks: Iterator[Block], config: Config) -> Iterator[Block]:
    """(key, ResultIterable of values) in the order of the key hash."""
    groups = values_by_key(concat(blocks).records())
    if groups:
        yield in_hash_order([(key, ResultIterable(values)) for key, values in groups.items()], config)


def cogroup(inputs: list[Iterator[Block]], config: Config) -> Iterator[Block]:
    """(key, one ResultIterable an input) in the order of the key hash."""
    groups = [values_by_key(concat(blocks).records()) for blocks in inputs]
    keys = dict.fromkeys(key for group in groups for key in group)
    if keys:
        yield in_hash_order([(k, tuple(ResultIterable(g.get(k, [])) for g in groups)) for k in keys], config)


def values_by_key(records: Any) -> dict[Any, list[Any]]:
    """The values of every key in their order, keys as they came first; all NaN are one key.

    Raises TypeError, with the record, for a record that is not a pair.
    """
    groups: dict[Any, list[Any]] = {}
    try:
        for key, value in records:
            if key != key or isinstance(key, tuple):
                key = one_nan(key)
            if key in groups:
                groups[key].append(value)
            else:
                groups[key] = [value]
    except (TypeError, ValueError):
        first_items(ObjectBlock(records))
        raise
    return groups
