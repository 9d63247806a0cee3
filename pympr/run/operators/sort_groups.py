"""The groups of one partition in the order of their keys."""

from collections.abc import Iterator
from typing import Any

from pympr.config import Config
from pympr.data.block import Block, ObjectBlock, concat
from pympr.errors import KeyTypeError
from pympr.run.operators.group import values_by_key


def sort_groups(blocks: Iterator[Block], config: Config) -> Iterator[Block]:
    """(key, list of values) for every key, in the order of the keys; NaN comes last.

    Raises KeyTypeError for keys that have no order among themselves.
    """
    groups = values_by_key(concat(blocks).records())
    keys = _in_order(list(groups))
    for at in range(0, len(keys), config.block_records):
        yield ObjectBlock([(key, groups[key]) for key in keys[at : at + config.block_records]])


def _in_order(keys: list[Any]) -> list[Any]:
    nans = [key for key in keys if key != key]
    try:
        return sorted(key for key in keys if key == key) + nans
    except TypeError as error:
        kinds = ", ".join(sorted({type(key).__name__ for key in keys}))
        raise KeyTypeError(f"keys of types {kinds} cannot be sorted: {error}") from error
