"""Combining by key with Python functions: one dictionary, first come first kept."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pympr.data.block import ObjectBlock
from pympr.errors import KeyTypeError

NAN = float("nan")


def one_nan(key: Any) -> Any:
    """The key with the same NaN in place of every NaN, so that a dictionary takes them for one."""
    if key != key:
        return NAN
    if isinstance(key, tuple) and any(item != item or isinstance(item, tuple) for item in key):
        items = map(one_nan, key)
        return tuple(items) if type(key) is tuple else tuple.__new__(type(key), items)
    return key


def check_pair(record: Any) -> None:
    """Raise TypeError for a record that is not (key, value), KeyTypeError for a key that has no hash.

    >>> check_pair(3)
    Traceback (most recent call last):
    TypeError: expected (key, value) records, got 3
    """
    try:
        key, _ = record
    except (TypeError, ValueError):
        raise TypeError(f"expected (key, value) records, got {repr(record)[:200]}") from None
    try:
        hash(key)
    except TypeError as error:
        raise KeyTypeError(f"{error}: a key must be hashable, got {repr(key)[:200]}") from None


class PythonCombiner:
    """Merges the values of equal keys with the user's functions, in the order in which they come."""

    def __init__(self, create: Callable, merge_value: Callable) -> None:
        self._create, self._merge_value = create, merge_value
        self._combined: dict[Any, Any] = {}

    def add(self, records: Iterable[tuple[Any, Any]]) -> None:
        """Merge (key, value) records; a key that is NaN is one key.

        Raises TypeError for a record that is not a pair, KeyTypeError for a key that has no hash.
        """
        combined, create, merge_value = self._combined, self._create, self._merge_value
        record: Any = None
        try:
            for record in records:
                key, value = record
                if key not in combined and (key != key or isinstance(key, tuple)):
                    key = one_nan(key)
                if key in combined:
                    combined[key] = merge_value(combined[key], value)
                else:
                    combined[key] = create(value)
        except (TypeError, ValueError):
            check_pair(record)  # else a function of the user's raised it
            raise

    def items(self) -> list[tuple[Any, Any]]:
        """(key, combiner) in the order in which the keys came first."""
        return list(self._combined.items())

    def results(self) -> Iterator[ObjectBlock]:
        """The items as a block, none where there are none."""
        if self._combined:
            yield ObjectBlock(self.items())

    def __len__(self) -> int:
        return len(self._combined)
