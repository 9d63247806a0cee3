"""Numbers read from string columns and written as strings, with Python's syntax.

A column is data uint8[], starts int64[n], ends int64[n]; all its rows lie in `data`, else KernelError.
"""

import numpy as np

from pympr.native.columns import bad_row, require_bytes
from pympr.native.library import BAD, check, ffi, lib, pointer, require

INTEGER_BYTES = 20  # of the longest integer


def parse_integers(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take int(s) of every row s as (int64, done).

    done (uint8) is 0, and the value 0, where a row is not blanks, a sign and up to 18 digits: Python
    must read it, or raise.

    >>> [column.tolist() for column in parse_integers(np.frombuffer(b" -7x", np.uint8), np.array([0, 2]), np.array([3, 4]))]
    [[-7, 0], [1, 0]]
    """  # noqa: E501
    return _parse(lib.pympr_parse_integers, np.int64, "int64_t *", data, starts, ends)


def parse_floats(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take float(s) of every row s as (float64, done); else as `parse_integers`.

    Read are numbers of up to 19 digits times a power of ten up to 10^22: one operation on exact numbers gives the
    right double (W. D. Clinger, "How to read floating point numbers accurately", 1990).

    >>> [column.tolist() for column in parse_floats(np.frombuffer(b"2.5e1", np.uint8), np.array([0]), np.array([5]))]
    [[25.0], [1]]
    """
    return _parse(lib.pympr_parse_floats, np.float64, "double *", data, starts, ends)


def format_integers(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Write str(v) of every int64 as a column (data, starts, ends).

    >>> data, starts, ends = format_integers(np.array([-12, 0]))
    >>> [bytes(data[a:b]) for a, b in zip(starts, ends)]
    [b'-12', b'0']
    """
    require(values, "int64", "values")
    rows = len(values)
    data, starts = np.empty(INTEGER_BYTES * rows, np.uint8), np.empty(rows, np.int64)
    addresses = pointer(data, "uint8_t *"), pointer(starts, "int64_t *"), pointer(values, "int64_t *")
    check(lib.pympr_format_integers(*addresses, rows), "format_integers")
    return data, starts, np.arange(1, rows + 1, dtype=np.int64) * INTEGER_BYTES


def _parse(kernel, dtype, address, data, starts, ends):
    require_bytes(data, starts, ends)
    values, done = np.empty(len(starts), dtype), np.empty(len(starts), np.uint8)
    bad = ffi.new("int64_t *")
    status = kernel(
        pointer(values, address), pointer(done, "uint8_t *"), bad, pointer(data, "uint8_t *"), len(data),
        pointer(starts, "int64_t *"), pointer(ends, "int64_t *"), len(starts),
    )  # fmt: skip
    if status == BAD:
        raise bad_row(bad[0], data, starts, ends)
    check(status, "parse")
    return values, done
