"""Joining partitions that do not fit into memory: a range of key groups at a time.

A join gives its rows by key group, in one group in the order of the left rows, and right rows that meet none at the
end of the partition. So ranges of groups may be joined one after the other; those last rows are made by going
through them once more. A group too large for memory, as a key with many rows makes it, is joined with some of its
left rows at a time, and those keys of its right rows that are too many by themselves a left row at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pympr.config import Config
from pympr.data.block import Block, ObjectBlock, concat, to_columns
from pympr.run.operators import join as joins
from pympr.run.operators.arrange import by_key_group
from pympr.run.operators.python_combine import one_nan
from pympr.run.place import first_items
from pympr.run.spill.memory import Memory, size_of
from pympr.run.spill.operators import all_or_none, hashes_of
from pympr.run.spill.spilled import Spilled, gather
from pympr.run.spill.split import Numbers, Parts, ranges

# Both sides, the places of their pairs, and what is made of them.
_SIDES = 4
# What a join gives for left rows without those for right rows that meet none.
_OF_LEFT = {"inner": "inner", "left": "left", "right": "inner", "full": "left"}
_KEEPS_RIGHT = ("right", "full")


def join(how: str, left: Iterator[Block], right: Iterator[Block], memory: Memory, config: Config) -> Iterator[Block]:
    """As `operators.join.join`, in several blocks where one would be too large."""
    most = memory.share_bytes
    rows = all_or_none(memory, [gather(memory, left, most), gather(memory, right, most)], most)
    if not isinstance(rows, tuple):
        yield from joins.join(how, iter(rows[0]), iter(rows[1]), config)
        return
    yield from _Join(how, memory, config).run(rows)


@dataclass
class _Join:
    """One join of two sides on disk."""

    how: str
    memory: Memory
    config: Config
    unmet: list[tuple[Parts, int]] = field(default_factory=list)

    def run(self, rows: Parts) -> Iterator[Block]:
        groups = self._groups()
        for parts, is_single in ranges(self.memory, rows, (groups, groups), self._most):
            if is_single and sum(part.num_bytes for part in parts) > self._most:
                yield from self._large(parts)
            else:
                yield from self._small(parts)
        for parts, met in self.unmet:
            yield from self._after(parts, met)

    @property
    def _most(self) -> int:
        return self.memory.share_bytes // _SIDES

    def _groups(self) -> Numbers:
        """The key group of every row, int64."""
        of, shift = hashes_of(self.config), 64 - (self.config.key_groups.bit_length() - 1)
        return lambda block: of(block) >> shift

    def _small(self, parts: Parts) -> Iterator[Block]:
        left, right = to_columns(concat(parts[0])), to_columns(concat(parts[1]))
        left, met = by_key_group(left, self.config) if len(left) else left, 0
        for piece in self._bounded(left, right):
            for block in joins.join(_OF_LEFT[self.how], iter([piece]), iter([right]), self.config):
                met += len(block)
                yield block
        if self.how in _KEEPS_RIGHT and len(right):
            self.unmet.append((parts, met))

    def _bounded(self, left: Block, right: Block) -> Iterator[Block]:
        """The left rows in pieces of which the join with the right ones is no larger than a share."""
        if not (len(left) and len(right)):
            yield left
            return
        _, counts = np.unique(hashes_of(self.config)(right), return_counts=True)
        row_bytes = size_of(left) // len(left) + size_of(right) // len(right)
        step = max(1, self.memory.share_bytes // (int(counts.max()) * row_bytes))
        if step >= len(left):
            yield left
            return
        for begin in range(0, len(left), step):
            yield left.slice(begin, min(begin + step, len(left)))

    def _after(self, parts: Parts, met: int) -> Iterator[Block]:
        """The right rows that meet none: they follow the others."""
        if met < 0:
            yield from self._after_large(parts)
            return
        for block in joins.join(self.how, iter(parts[0]), iter(parts[1]), self.config):
            yield block.slice(met, len(block))

    def _large(self, parts: Parts) -> Iterator[Block]:
        """One key group too large for memory: a piece of its left rows at a time, in their order."""
        hashes = hashes_of(self.config)
        heavy: dict[int, Spilled] = {}
        rest: list[Block] = []
        if parts[1].rows:
            for (part,), is_single in ranges(self.memory, parts[1:], (hashes,), self._most):
                if is_single and part.num_bytes > self._most:
                    heavy[int(hashes(next(iter(part)))[0])] = part
                else:
                    rest += part
        right = to_columns(concat(rest))
        for block in parts[0]:
            for run, found in _runs(to_columns(block), hashes, heavy):
                if found is None:
                    for piece in self._bounded(run, right):
                        yield from joins.join(_OF_LEFT[self.how], iter([piece]), iter([right]), self.config)
                else:
                    yield from self._one_by_one(run, found)
        if self.how in _KEEPS_RIGHT:
            self.unmet.append((parts, -1))

    def _one_by_one(self, left: Block, right: Spilled) -> Iterator[Block]:
        """Left rows that all meet the same many right rows."""
        for place in range(len(left)):
            row, has_met = left.slice(place, place + 1), False
            for block in right:
                for joined in joins.join("inner", iter([row]), iter([block]), self.config):
                    has_met = True
                    yield joined
            if not has_met:
                yield from joins.join(_OF_LEFT[self.how], iter([row]), iter([]), self.config)

    def _after_large(self, parts: Parts) -> Iterator[Block]:
        """The right rows of a large group whose key no left row has."""
        keys: dict[Any, Any] = {}
        for block in parts[0]:
            keys.update((one_nan(key), (key, None)) for key in first_items(block).records())
        left = ObjectBlock(list(keys.values()))
        for block in parts[1]:
            met = sum(map(len, joins.join("inner", iter([left]), iter([block]), self.config)))
            for joined in joins.join("right", iter([left]), iter([block]), self.config):
                yield joined.slice(met, len(joined))


def _runs(block: Block, hashes: Numbers, heavy: dict[int, Spilled]) -> Iterator[tuple[Block, Spilled | None]]:
    """Neighbouring rows that meet the same rows on disk, with these, or without where they meet none of them."""
    if not heavy:
        yield block, None
        return
    found = hashes(block)
    numbers = np.where(np.isin(found, list(heavy)), found, 0)
    is_heavy = np.isin(found, list(heavy))
    edges = np.flatnonzero((np.diff(numbers) != 0) | (np.diff(is_heavy) != 0)) + 1
    for begin, end in zip([0, *edges.tolist()], [*edges.tolist(), len(block)]):
        yield block.slice(begin, end), heavy[int(found[begin])] if is_heavy[begin] else None
