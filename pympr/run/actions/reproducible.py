"""Reductions of which no bit depends on ranks, threads or partitions.

Floats are summed exactly and rounded once (`pympr.native.binned`), integers are exact anyway. What is
no number is merged a partition each, then in the order of the partitions.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce as left_fold
from typing import Any

import numpy as np

from pympr.data.block import Block, ColumnBlock, to_columns
from pympr.data.schema import Leaf
from pympr.native import binned
from pympr.run.actions.action import Run
from pympr.run.actions.collect import gathered_partials

_FLOAT, _INTEGER = Leaf("float64"), Leaf("int64")
# Sums whose difference matters keep 240 bits: more than the squares of doubles that are neighbours have.
_FOLDS = 6


def sum_of(run: Run, function: Callable[[Any, Any], Any], *first: Any, empty: tuple[Any, ...] = ()) -> Any:
    """All records added up, from `first` on where it is given; of none what `empty` has, else ValueError."""
    partials = gathered_partials(run, run.each(lambda index, blocks: _added(function, blocks)))
    state, parts = binned.empty_states(1), []
    states = [partial.state for partial in partials if partial.state is not None]
    integers = [partial.integers for partial in partials if partial.integers is not None]
    parts += [sum(integers)] if integers else []
    if states:
        binned.merge(state, np.zeros(len(states), np.int64), np.stack(states))
        parts += binned.finish(state).tolist()
    parts += [item for partial in partials for item in partial.others]
    if not parts and not first:
        if empty:
            return empty[0]
        raise ValueError("Can not reduce() empty RDD")
    return left_fold(function, parts, *first)


@dataclass
class Added:
    """What a partition adds up to: its floats, its integers, all else."""

    state: np.ndarray | None = None
    integers: int | None = None
    others: list[Any] = field(default_factory=list)


def _added(function: Callable[[Any, Any], Any], blocks: Iterator[Block]) -> Added:
    found = Added()
    for block in map(to_columns, blocks):
        if not len(block):
            continue
        if not isinstance(block, ColumnBlock) or block.layout not in (_FLOAT, _INTEGER):
            _add_records(found, function, block.records())
        elif block.layout == _FLOAT:
            _add_floats(found, block.columns[0].contiguous())
        else:
            found.integers = (found.integers or 0) + _exact_sum(block.columns[0].contiguous())
    return found


def _add_floats(found: Added, values: np.ndarray) -> None:
    found.state = binned.empty_states(1)[0] if found.state is None else found.state
    binned.add(found.state, values)


def _add_records(found: Added, function: Callable[[Any, Any], Any], records: Sequence[Any]) -> None:
    if floats := [record for record in records if type(record) is float]:
        _add_floats(found, np.array(floats))
    if integers := [record for record in records if type(record) is int]:
        found.integers = (found.integers or 0) + sum(integers)
    if others := [record for record in records if type(record) not in (int, float)]:
        found.others = [left_fold(function, [*found.others, *others])]


def _exact_sum(values: np.ndarray) -> int:
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def stats(run: Run, counter: Callable[[Any], Any]) -> tuple[tuple[int, float, float, float, float] | None, list[Any]]:
    """(count, mean, sum of squared differences from it, largest, smallest) of the numbers, and counters of the rest.

    `counter(records)` counts records that are no int or float, a partition each.
    """
    partials = gathered_partials(run, run.each(lambda index, blocks: _measured(counter, blocks)))
    present = [partial for partial in partials if partial.count]
    others = [item for partial in partials for item in partial.others]
    return (_moments(present) if present else None), others


@dataclass
class Measured:
    """Count, sums of the values and of their squares, and extremes of a partition."""

    count: int = 0
    sums: np.ndarray = field(default_factory=lambda: binned.empty_states(2, _FOLDS))
    largest: float = float("-inf")
    smallest: float = float("inf")
    others: list[Any] = field(default_factory=list)


def _measured(counter: Callable[[Any], Any], blocks: Iterator[Block]) -> Measured:
    found = Measured()
    for block in map(to_columns, blocks):
        if not len(block):
            continue
        if not isinstance(block, ColumnBlock) or block.layout not in (_FLOAT, _INTEGER):
            found.others.append(counter(block.records()))
            continue
        values = block.columns[0].contiguous().astype(np.float64, copy=False)
        found.count += len(values)
        binned.add(found.sums[0], values, _FOLDS)
        binned.add_squares(found.sums[1], values, _FOLDS)
        found.largest = float(np.maximum(found.largest, values.max()))
        found.smallest = float(np.minimum(found.smallest, values.min()))
    return found


def _moments(partials: list[Measured]) -> tuple[int, float, float, float, float]:
    sums = binned.empty_states(2, _FOLDS)
    for partial in partials:
        binned.merge(sums, None, partial.sums, _FOLDS)
    count = sum(partial.count for partial in partials)
    total, squares = (binned.exact(state, _FOLDS) for state in sums)
    rounded_total, rounded_squares = binned.finish(sums, _FOLDS).tolist()
    mean = rounded_total / count if total is None else _float(total / count)
    # Squares that leave the range of doubles have an infinite sum, as adding them has.
    spread = float("nan") if total is None else rounded_squares
    if total is not None and squares is not None:
        spread = _float(max(squares - total * total / count, Fraction(0)))
    # A zero's sign would tell which of several came first.
    largest = float(np.max([partial.largest for partial in partials])) + 0.0
    smallest = float(np.min([partial.smallest for partial in partials])) + 0.0
    return count, mean, spread, largest, smallest


def _float(exact: Fraction) -> float:
    try:
        return float(exact)
    except OverflowError:
        return float("inf") if exact > 0 else float("-inf")
