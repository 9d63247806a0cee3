"""Reductions: a value a partition, then one value of all, in the order of the partitions."""

from collections.abc import Callable, Iterator
from functools import reduce as left_fold
from operator import add
from typing import Any

import numpy as np

from pympr.data.block import Block, ColumnBlock
from pympr.data.schema import Leaf
from pympr.optimise.symbolic import operation_of
from pympr.run.actions import reproducible
from pympr.run.actions.action import Run
from pympr.run.actions.collect import gathered_partials


def reduce(run: Run, function: Callable[[Any, Any], Any], *empty: Any) -> Any:
    """The records merged by `function` from left to right.

    Without records the value `empty` where it is given, else ValueError, as in PySpark.
    """
    operation = operation_of(function)
    if operation == "sum" and run.config.reproducible:
        return reproducible.sum_of(run, function, empty=empty)
    partials = gathered_partials(run, run.each(lambda index, blocks: _reduce_blocks(operation, function, blocks)))
    present = [value for is_there, value in partials if is_there]
    if not present and empty:
        return empty[0]
    if not present:
        raise ValueError("Can not reduce() empty RDD")
    return left_fold(function, present)


def total(run: Run) -> Any:
    """The records added up from 0, a partition each and then all; TypeError for what 0 cannot be added to."""
    if run.config.reproducible:
        return reproducible.sum_of(run, add, 0)
    partials = run.each(lambda index, blocks: _reduce_blocks("sum", add, blocks, 0)[1])
    return left_fold(add, gathered_partials(run, partials), 0)


def _reduce_blocks(operation: str | None, function: Callable, blocks: Iterator[Block], *first: Any) -> tuple[bool, Any]:
    is_there, value = bool(first), first[0] if first else None
    for block in blocks:
        if not len(block):
            continue
        found = _reduce_block(operation, function, block, [value] if is_there else [])
        is_there, value = True, found
    return is_there, value


def _reduce_block(operation: str | None, function: Callable, block: Block, before: list[Any]) -> Any:
    if operation and isinstance(block, ColumnBlock) and block.layout in (Leaf("int64"), Leaf("float64")):
        values = block.columns[0].contiguous()
        if values.dtype == np.int64:
            return left_fold(function, [*before, _INTEGER[operation](values)])
        if operation == "sum":
            return _running_sum(values, before)
    return left_fold(function, [*before, *block.records()])


def _exact_sum(values: np.ndarray) -> int:
    """The sum as a Python int: halves of 32 bits cannot overflow 64."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def _running_sum(values: np.ndarray, before: list[float]) -> float:
    """Added from left to right, as Python would; NumPy's own sum adds in another order."""
    return float(np.add.accumulate(np.concatenate([before, values]))[-1])


_INTEGER = {"sum": _exact_sum, "min": lambda v: int(v.min()), "max": lambda v: int(v.max())}


def aggregate(run: Run, zero: Any, add: Callable, merge: Callable) -> Any:
    """Every partition folded from `zero` by `add`, then all merged into `zero` by `merge`."""
    from copy import deepcopy

    if run.config.reproducible and type(zero) in (int, float) and zero == 0 and _adds(add) and _adds(merge):
        return reproducible.sum_of(run, merge, zero)

    def fold(index: int, blocks: Iterator[Block]) -> Any:
        return left_fold(add, (r for block in blocks for r in block.records()), deepcopy(zero))

    return left_fold(merge, gathered_partials(run, run.each(fold)), deepcopy(zero))


def _adds(function: Callable) -> bool:
    return operation_of(function) == "sum"
