"""The definition of taking, filtering and compacting, in plain Python."""

from itertools import accumulate


def take(values: list, index: list[int]) -> list:
    """The values at each index."""
    return [values[position] for position in index]


def mask_to_index(mask: list[int]) -> list[int]:
    """Where the mask is not 0."""
    return [position for position, is_chosen in enumerate(mask) if is_chosen]


def filter_rows(values: list, mask: list[int]) -> list:
    """The values where the mask is not 0."""
    return [value for value, is_chosen in zip(values, mask, strict=True) if is_chosen]


def lengths_to_offsets(lengths: list[int]) -> list[int]:
    """Running sums from 0."""
    return list(accumulate(lengths, initial=0))


def compact_bytes(data: bytes, starts: list[int], ends: list[int]) -> tuple[bytes, list[int]]:
    """The rows end to end, and their offsets."""
    rows = [data[start:end] for start, end in zip(starts, ends, strict=True)]
    return b"".join(rows), lengths_to_offsets([len(row) for row in rows])
