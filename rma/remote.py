"""Values out of other ranks' tables without their help."""

import numpy as np

from pympr.rma.columns import Column, are_equal, take
from pympr.rma.records import Kind, directory_bits, owner_and_place, records_start
from pympr.rma.window import Window


def fetch(
    window: Window, kind: Kind, counts: np.ndarray, keys: Column, hashes: np.ndarray
) -> tuple[np.ndarray, Column]:
    """Which of `keys` there are (bool[n]), and the values of those; `counts` is the records of every rank.

    Three rounds of gets, each in flight together: the bucket's bounds, its records, their texts.
    """
    owners, places = owner_and_place(hashes, len(counts))
    bits = np.array([directory_bits(count) for count in counts.tolist()])[owners]
    buckets = (places >> (64 - bits).astype(np.uint64)).astype(np.int64)
    bounds = window.get_many(owners, 8 * buckets, np.full(len(hashes), 16)).view(np.int64).reshape(-1, 2)
    record_bytes = kind.record.itemsize
    begins = np.array([records_start(count) for count in counts.tolist()])
    lengths = (bounds[:, 1] - bounds[:, 0]) * record_bytes
    records = window.get_many(owners, begins[owners] + bounds[:, 0] * record_bytes, lengths).view(kind.record)
    askers = np.repeat(np.arange(len(hashes)), bounds[:, 1] - bounds[:, 0])
    words = hashes.view(np.int64) if kind.has_texts_as_keys else keys
    fits = records["word"] == words[askers]
    records, askers = records[fits], askers[fits]
    if kind.is_plain:
        return _mark(askers, len(hashes)), np.ascontiguousarray(records["value"])
    heaps = begins + counts * record_bytes
    return _fetch_texts(window, kind, keys, owners, heaps, records, askers)


def _fetch_texts(window, kind, keys, owners, heaps, records, askers) -> tuple[np.ndarray, Column]:
    """The heap's part of `records`; with keys of bytes some are of other keys that have the same hash."""
    both = records["key_bytes"] + records["value_bytes"]
    packed = window.get_many(owners[askers], heaps[owners[askers]] + records["start"], both)
    starts = np.cumsum(both) - both
    middles = starts + records["key_bytes"]
    if kind.has_texts_as_keys:
        equal = are_equal((packed, starts, middles), take(keys, askers))
        rows = np.flatnonzero(equal)
        _, first = np.unique(askers[rows], return_index=True)
        rows = rows[first]
    else:
        rows = np.arange(len(askers))
    data, starts, ends = take((packed, middles, starts + both), rows)
    values = (data, starts, ends) if kind.has_texts_as_values else data.view(kind.value)
    count = len(keys[1]) if kind.has_texts_as_keys else len(keys)
    return _mark(askers[rows], count), values


def _mark(rows: np.ndarray, count: int) -> np.ndarray:
    found = np.zeros(count, bool)
    found[rows] = True
    return found
