"""Arrays of keys, pairs and records, as .npy files; records as a plain file."""

from pathlib import Path

import numpy as np

RECORD_BYTES = 100
KEY_BYTES = 10
CHUNK = 1 << 20
SPREAD = np.uint64(0x9E3779B97F4A7C15)


def write_uniform(path: Path, rows: int) -> None:
    """Write int64 keys over the whole range."""
    save(path, np.random.default_rng(1).integers(-(2**63), 2**63, rows, dtype=np.int64))


def write_skewed(path: Path, rows: int) -> None:
    """Write int64 keys of which half are drawn by Zipf's law from 10 000 values: the first has 5 % of all rows."""
    random = np.random.default_rng(2)
    keys = random.integers(-(2**63), 2**63, rows, dtype=np.int64)
    weight = 1.0 / np.arange(1, 10_001)
    bound = np.cumsum(weight) / weight.sum()
    table = np.searchsorted(bound, (np.arange(1 << 20) + 0.5) / (1 << 20)).astype(np.uint64)
    frequent = (table * SPREAD).view(np.int64)
    for start in range(0, rows, CHUNK):
        part = keys[start : start + CHUNK]
        heavy = random.integers(0, 2, len(part), dtype=np.uint8).astype(bool)
        part[heavy] = frequent[random.integers(0, len(frequent), int(heavy.sum()))]
    save(path, keys)


def write_group_keys(path: Path, rows: int, distinct: int) -> None:
    """Write int64 keys below `distinct`, all equally likely."""
    save(path, np.random.default_rng(3).integers(0, distinct, rows, dtype=np.int64))


def write_group_names(path: Path, rows: int, distinct: int) -> None:
    """Write the keys of `write_group_keys` as names of 12 bytes, dtype S12: `id0000000042`."""
    numbers = np.random.default_rng(3).integers(0, distinct, rows, dtype=np.int64)
    names = np.full((rows, 12), ord("0"), np.uint8)
    names[:, :2] = np.frombuffer(b"id", np.uint8)
    for column in range(11, 1, -1):
        numbers, digit = np.divmod(numbers, 10)
        names[:, column] += digit.astype(np.uint8)
    save(path, names.reshape(-1).view("S12"))


def write_values(path: Path, rows: int) -> None:
    """Write int64 values below 1 000 000."""
    save(path, np.random.default_rng(4).integers(0, 1_000_000, rows, dtype=np.int64))


def write_join_keys(path: Path, rows: int, seed: int) -> None:
    """Write int64 keys below `rows`, so that a key appears once on average and often twice or not at all."""
    save(path, np.random.default_rng(seed).integers(0, rows, rows, dtype=np.int64))


def write_records(path: Path, rows: int) -> None:
    """Write 100-byte records: 10 random key bytes, then 90 bytes that tell the row."""
    random = np.random.default_rng(5)
    with open(path, "wb") as file:
        for start in range(0, rows, CHUNK):
            count = min(CHUNK, rows - start)
            records = np.full((count, RECORD_BYTES), ord("."), np.uint8)
            records[:, :KEY_BYTES] = random.integers(0, 256, (count, KEY_BYTES), dtype=np.uint8)
            records[:, KEY_BYTES : KEY_BYTES + 8] = np.arange(start, start + count).view(np.uint8).reshape(count, 8)
            records.tofile(file)


def save(path: Path, array: np.ndarray) -> None:
    """Write `array` as .npy under exactly this name."""
    with open(path, "wb") as file:
        np.save(file, array)
