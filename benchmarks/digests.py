"""What two engines must have in common: numbers that a wrong, missing or misplaced row changes."""

import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

MIX = np.uint64(0x9E3779B97F4A7C15)
CHUNK = 1 << 22


def of_counts(counts: Iterable[tuple[str, int]]) -> list:
    """Distinct, total and a checksum of (text, count) pairs in any order."""
    distinct = total = checksum = 0
    for text, count in counts:
        distinct += 1
        total += count
        checksum += zlib.crc32(text.encode()) * count
    return [distinct, total, checksum]


def of_columns(*columns: np.ndarray) -> list[int]:
    """Rows and a checksum of int64 columns, independent of the order of the rows.

    >>> of_columns(np.array([1, 2]), np.array([5, 6])) == of_columns(np.array([2, 1]), np.array([6, 5]))
    True
    """
    checksum = 0
    for start in range(0, len(columns[0]), CHUNK):
        mixed = np.zeros(len(columns[0][start : start + CHUNK]), np.uint64)
        for column in columns:
            mixed = scramble(mixed + np.asarray(column[start : start + CHUNK], np.int64).view(np.uint64))
        checksum += int(mixed.sum(dtype=np.uint64))
    return [len(columns[0]), checksum % 2**64]


def of_sequence(values: np.ndarray, offset: int = 0) -> list[int]:
    """Rows and a checksum of int64 values at their places `offset`, `offset` + 1 ...; parts of a sequence add up.

    >>> whole, part = of_sequence(np.arange(9)), [of_sequence(np.arange(4)), of_sequence(np.arange(4, 9), 4)]
    >>> whole == [part[0][0] + part[1][0], (part[0][1] + part[1][1]) % 2**64]
    True
    """
    checksum = 0
    for start in range(0, len(values), CHUNK):
        part = np.asarray(values[start : start + CHUNK]).view(np.uint64)
        place = np.arange(offset + start + 1, offset + start + 1 + len(part), dtype=np.uint64)
        checksum += int((scramble(part) * place).sum(dtype=np.uint64))
    return [len(values), checksum % 2**64]


def of_files(paths: Iterable[Path]) -> list[int]:
    """Size and CRC-32 of files one after the other."""
    size_bytes = checksum = 0
    for path in paths:
        with open(path, "rb") as file:
            while block := file.read(1 << 24):
                size_bytes += len(block)
                checksum = zlib.crc32(block, checksum)
    return [size_bytes, checksum]


def add(parts: Iterable[list[int]]) -> list[int]:
    """Add the digests of parts, as `of_columns` and `of_sequence` allow."""
    rows, checksums = zip(*parts)
    return [sum(rows), sum(checksums) % 2**64]


def scramble(values: np.ndarray) -> np.ndarray:
    """Mix uint64 values so that sums of them tell rows apart (one round of splitmix64)."""
    mixed = (values + MIX) * np.uint64(0xBF58476D1CE4E5B9)
    return (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0x94D049BB133111EB)


def names_to_numbers(names: np.ndarray) -> np.ndarray:
    """Turn names of dtype S12 such as b'id0000000042' into their numbers."""
    digits = np.ascontiguousarray(names).view(np.uint8).reshape(-1, 12)[:, 2:]
    numbers = np.zeros(len(digits), np.int64)
    for column in range(digits.shape[1]):
        numbers = numbers * 10 + (digits[:, column] - ord("0"))
    return numbers
