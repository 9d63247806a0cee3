"""Combining by key with Python functions: one dictionary, first come first kept."""

from typing import Any, Callable, Iterable

NAN = float("nan")


class PythonCombiner:
    """Merges the values of equal keys with the user's functions, in the order in which they come."""

    def __init__(self, create: Callable, merge_value: Callable) -> None:
        self._create, self._merge_value = create, merge_value
        self._combined: dict[Any, Any] = {}

    def add(self, records: Iterable[tuple[Any, Any]]) -> None:
        """Merge (key, value) records; a key that is NaN is one key."""
        combined, create, merge_value = self._combined, self._create, self._merge_value
        for key, value in records:
            if key != key:
                key = NAN
            if key in combined:
                combined[key] = merge_value(combined[key], value)
            else:
                combined[key] = create(value)

    def items(self) -> list[tuple[Any, Any]]:
        """(key, combiner) in the order in which the keys came first."""
        return list(self._combined.items())

    def __len__(self) -> int:
        return len(self._combined)
