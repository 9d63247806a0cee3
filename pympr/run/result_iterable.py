"""The values of one key."""

from collections.abc import Iterator, Sequence
from typing import Any


class ResultIterable:
    """An iterable of values with a length, as PySpark's groupByKey gives.

    >>> values = ResultIterable([1, 2])
    >>> len(values), list(values), values.data
    (2, [1, 2], [1, 2])
    """

    __slots__ = ("data",)
    index = 0

    def __init__(self, data: Sequence[Any]) -> None:
        self.data = data

    @property
    def maxindex(self) -> int:
        """How many values there are."""
        return len(self.data)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResultIterable) and list(self.data) == list(other.data)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"ResultIterable({list(self.data)!r})"
