"""Two inputs side by side, and every row of one with every row of the other."""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

from pympr.config import Config
from pympr.data.block import Block, ObjectBlock

_END = object()


def zip_rows(index: int, left: Iterator[Block], right: Iterator[Block], config: Config) -> Iterator[Block]:
    """(x, y) for the rows of one partition of both sides; ValueError when one side has more."""
    pairs = _pairs(index, _records(left), _records(right))
    while batch := list(islice(pairs, config.block_records)):
        yield ObjectBlock(batch)


def _records(blocks: Iterator[Block]) -> Iterator[Any]:
    return chain.from_iterable(block.records() for block in blocks)


def _pairs(index: int, left: Iterator[Any], right: Iterator[Any]) -> Iterator[tuple[Any, Any]]:
    for x in left:
        y = next(right, _END)
        if y is _END:
            raise ValueError(_uneven(index, "right"))
        yield x, y
    if next(right, _END) is not _END:
        raise ValueError(_uneven(index, "left"))


def _uneven(index: int, shorter: str) -> str:
    return (
        "Can only zip RDDs with same number of elements in each partition: "
        f"the {shorter} side has fewer in partition {index}"
    )


class Product:
    """The rows of partition i * m + j of a Cartesian product; keeps the left partition it read last."""

    def __init__(
        self, num_right: int, left: Callable[[int], Iterator[Block]], right: Callable[[int], Iterator[Block]]
    ) -> None:
        self._num_right, self._left, self._right = num_right, left, right
        self._kept: tuple[int, list[Any]] = (-1, [])

    def blocks(self, index: int) -> Iterator[Block]:
        """A block for every row of the left."""
        i, j = divmod(index, self._num_right)
        if self._kept[0] != i:
            self._kept = (i, list(_records(self._left(i))))
        others = list(_records(self._right(j)))
        if others:
            yield from (ObjectBlock([(x, y) for y in others]) for x in self._kept[1])
