"""Values of one key that stay on disk."""

from collections.abc import Iterator, Sequence
from typing import Any

from pympr.data.block import ColumnBlock
from pympr.run.spill.spilled import Spilled


class SpilledValues(Sequence):
    """The second items of (key, value) rows on disk, read whenever they are asked for; pickled as a list."""

    def __init__(self, rows: Spilled) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return self._rows.rows

    def __iter__(self) -> Iterator[Any]:
        for block in self._rows:
            if isinstance(block, ColumnBlock):
                yield from block.item(1).records()
            else:
                yield from (value for _, value in block.records())

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return list(self)[place]
        place = range(len(self))[place]
        for block in self._rows.from_row(place):
            return block.records()[0][1]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (list, SpilledValues)):
            return NotImplemented
        return len(self) == len(other) and all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # as a list

    def __add__(self, other: list) -> list:
        return [*self, *other]

    def __radd__(self, other: list) -> list:
        return [*other, *self]

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)
