"""The definition of the sorts: Python's `sorted`, with keys that give the kernels' order."""

import math

Value = int | float | bool | str | bytes | None


def order_key(value: Value):
    """What Python compares in place of `value`: NaN is above all other numbers, and equal to NaN."""
    if isinstance(value, float) and math.isnan(value):
        return (1, 0.0)
    return value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else (0, value)


def sort_permutation(values: list[Value], descending: bool = False, nulls_last: bool = True) -> list[int]:
    """The stable permutation that sorts numbers, strings or bytes; None is null."""
    present = [row for row, value in enumerate(values) if value is not None]
    nulls = [row for row, value in enumerate(values) if value is None]
    present.sort(key=lambda row: order_key(values[row]), reverse=descending)
    return present + nulls if nulls_last else nulls + present


def sort_permutation_columns(
    columns: list[list[Value]], num_rows: int, descending: list[bool], nulls_last: bool = True
) -> list[int]:
    """The stable permutation that sorts rows by several columns, the first one first."""
    rows = list(range(num_rows))
    for column, flag in reversed(list(zip(columns, descending, strict=True))):
        order = sort_permutation([column[row] for row in rows], flag, nulls_last)
        rows = [rows[index] for index in order]
    return rows


def sort_values(values: list[int | float], descending: bool = False) -> list[int | float]:
    """Numbers in order."""
    return sorted(values, key=order_key, reverse=descending)


def is_sorted(values: list[Value], descending: bool = False) -> bool:
    """Whether sorting would move nothing."""
    return sort_permutation(values, descending) == list(range(len(values)))
