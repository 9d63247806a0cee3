"""The groups of one partition in the order of their keys."""

from collections.abc import Callable, Iterator
from itertools import groupby, islice
from typing import Any

from pympr.config import Config
from pympr.data.block import Block, ObjectBlock, concat
from pympr.errors import KeyTypeError
from pympr.plan.narrow import SortGroups
from pympr.run.operators.group import values_by_key
from pympr.run.place import first_items


def sort_groups(node: SortGroups, blocks: Iterator[Block], config: Config) -> Iterator[Block]:
    """The groups of a partition, in order; NaN comes last where keys are sorted by themselves.

    Raises KeyTypeError for keys that have no order among themselves.
    """
    block = concat(blocks)
    groups = _by_key(block) if node.order is None and node.same is None else _by_order(node, block)
    while batch := list(islice(groups, config.block_records)):
        yield ObjectBlock(batch)


def _by_key(block: Block) -> Iterator[Any]:
    groups = values_by_key(block.records())
    keys = list(groups)
    return ((keys[at], groups[keys[at]]) for at in _sorted_places(keys, None))


def _by_order(node: SortGroups, block: Block) -> Iterator[Any]:
    keys, records = first_items(block).records(), block.records()
    order = None if node.order is None else node.order.call
    same = None if node.same is None else node.same.call
    ranks = list(keys if order is None else map(order, keys))
    group_of = ranks.__getitem__ if same is None else lambda at: same(keys[at])
    for _, members in groupby(_sorted_places(ranks, order), group_of):
        group = [records[at] for at in members]
        yield group[0][0], group


def _sorted_places(keys: list[Any], order: Callable[[Any], Any] | None) -> list[int]:
    """Where the sorted keys stand. What a comparison raises is the user's own where `order` made the keys."""
    nans = [at for at, key in enumerate(keys) if key != key] if order is None else []
    without = set(nans)
    places = (at for at in range(len(keys)) if at not in without)
    try:
        return sorted(places, key=keys.__getitem__) + nans
    except TypeError as error:
        if order is not None:
            raise
        kinds = ", ".join(sorted({type(key).__name__ for key in keys}))
        raise KeyTypeError(f"keys of types {kinds} cannot be sorted: {error}") from error
