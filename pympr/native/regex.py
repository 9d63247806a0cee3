"""Matches of regular expressions in the rows of string columns, with the results of Python's `re`.

A column is data uint8[], starts int64[n], ends int64[n]; all its rows lie in `data`, else KernelError.
Programs are those of `pympr.optimise.pattern_program`. Rows that the kernels leave to Python are flagged.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pympr.native.columns import bad_row, require_bytes
from pympr.native.library import BAD, check, ffi, lib, pointer
from pympr.native.take import lengths_to_offsets

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]
HOW = ("search", "match", "fullmatch")
ASK = 2
"""What `found` is for a row that Python must do."""
PARALLEL_ROWS = 1 << 15
ALL = 2**63 - 1


def first_match(rows: Rows, program: Any, how: str, groups: Sequence[int]) -> tuple[np.ndarray, ...]:
    """The first match of every row, as (found, begins, ends, there).

    found (uint8[n]) is 1 where there is a match, 0 where not, ASK where Python must say. Row j of the others, of shape
    (len(groups), n), is where group groups[j] lies in the data (int64), and whether it has a part in the match (uint8).
    """
    data, starts, ends = rows
    require_bytes(data, starts, ends)
    count, wanted = len(starts), np.array(groups, np.int32)
    found = np.empty(count, np.uint8)
    begins, finals = np.empty((len(groups), count), np.int64), np.empty((len(groups), count), np.int64)
    there, bad = np.empty((len(groups), count), np.uint8), ffi.new("int64_t *")
    outputs = [pointer(found, "uint8_t *"), *(_flat(array) for array in (begins, finals, there)), bad]
    code = *_code(program), HOW.index(how), pointer(wanted, "int32_t *"), len(wanted)
    status = lib.pympr_regex_match(*outputs, pointer(data, "uint8_t *"), len(data), *_edges(rows), count, *code)
    if status == BAD:
        raise bad_row(bad[0], data, starts, ends)
    check(status, "regex_match")
    return found, begins, finals, there


def all_matches(
    rows: Rows, program: Any, groups: Sequence[int], limit: int = ALL, between: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All matches of every row, at most `limit` each, as (counts, begins, ends).

    counts (int64[n]) is how many items a row has, -1 where Python must say; begins and ends (int64[items, groups])
    say where the groups of each lie, empty where they have no part in it. With `between` the items are what is before,
    between and after the matches, as one group.
    """
    data, starts, ends = rows
    require_bytes(data, starts, ends)
    _require_inside(rows)
    count, wanted = len(starts), np.array([0] if between else groups, np.int32)
    counts = np.empty(count, np.int64)
    ranges, parts = _ranges(count), []
    room = int((ends - starts).sum()) // 4 // len(ranges) + count // len(ranges) + 16
    while len(ranges):
        begins, finals = (np.empty((room * len(ranges), len(wanted)), np.int64) for _ in range(2))
        places = np.arange(len(ranges) + 1) * room
        plan = np.column_stack([ranges[:, 0], ranges[:, 1], places[:-1], places[1:]])
        status = lib.pympr_regex_all(
            _flat(begins), _flat(finals), pointer(counts, "int64_t *"), _flat(plan), len(plan),
            pointer(data, "uint8_t *"), *_edges(rows), *_code(program), limit, between,
            pointer(wanted, "int32_t *"), len(wanted),
        )  # fmt: skip
        check(status, "regex_all")
        for (first, *_), place, done in zip(ranges, places, plan):
            parts.append((first, begins[place : done[2]], finals[place : done[2]]))
        ranges, room = plan[plan[:, 0] < plan[:, 1], :2].copy(), 4 * room
    parts.sort(key=lambda part: part[0])
    if len(parts) == 1:
        return counts, *parts[0][1:]
    return counts, *(np.concatenate([part[side] for part in parts]) for side in (1, 2))


def replace(rows: Rows, found: tuple[np.ndarray, np.ndarray, np.ndarray], parts: Sequence[tuple[bytes, int]]) -> Rows:
    """Rows with their matches replaced, as a new column.

    `found` is what `all_matches` gives, with the match itself as its first group and no count of -1. A replacement is
    made of parts: some bytes and then group number j of those that were found, none when j is -1.
    """
    data, starts, ends = rows
    counts, begins, finals = found
    offsets, text = lengths_to_offsets(counts), b"".join(part for part, _ in parts)
    edges = np.cumsum([0, *(len(part) for part, _ in parts)])
    numbers = [(edges[at], edges[at + 1], group) for at, (_, group) in enumerate(parts)]
    template = np.array(numbers, np.int32).reshape(-1)
    places = np.empty(len(starts), np.int64)
    inputs = [
        pointer(data, "uint8_t *"), *_edges(rows), len(starts), pointer(offsets, "int64_t *"), _flat(begins),
        _flat(finals), begins.shape[1], pointer(template, "int32_t *"), len(parts), ffi.from_buffer(text or b"\0"),
    ]  # fmt: skip
    check(lib.pympr_regex_replace(ffi.NULL, pointer(places, "int64_t *"), *inputs), "regex_replace")
    bounds = lengths_to_offsets(places)
    out = np.empty(bounds[-1], np.uint8)
    check(lib.pympr_regex_replace(pointer(out, "uint8_t *"), pointer(bounds, "int64_t *"), *inputs), "regex_replace")
    return out, bounds[:-1], bounds[1:]


def _ranges(count: int) -> np.ndarray:
    """One range of rows for each thread."""
    threads = lib.pympr_get_threads() if count >= PARALLEL_ROWS else 1
    edges = np.linspace(0, count, threads + 1).astype(np.int64)
    return np.column_stack([edges[:-1], edges[1:]])


def _require_inside(rows: Rows) -> None:
    data, starts, ends = rows
    is_bad = (starts < 0) | (ends < starts) | (ends > len(data))
    if is_bad.any():
        raise bad_row(int(is_bad.argmax()), data, starts, ends)


def _edges(rows: Rows) -> tuple[Any, Any]:
    return pointer(rows[1], "int64_t *"), pointer(rows[2], "int64_t *")


def _flat(array: np.ndarray) -> Any:
    return pointer(array, "uint8_t *" if array.dtype == np.uint8 else "int64_t *")


def _code(program: Any) -> tuple[Any, Any, Any]:
    return (
        ffi.from_buffer("int32_t[]", program.code),
        ffi.from_buffer("uint8_t[]", program.sets),
        ffi.from_buffer("uint8_t[]", program.text),
    )
