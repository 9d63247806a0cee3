"""float64 vectors as decimal numbers: rounded to places, and written as Python writes them."""

import numpy as np

from pympr.native.library import check, lib, pointer, require

MOST_PLACES = 15
FLOAT_BYTES = 24  # of the longest that is written here


def round_decimals(values: np.ndarray, places: int) -> tuple[np.ndarray, np.ndarray]:
    """Take round(v, places) of every float64 as (float64, done), for 0 to MOST_PLACES places.

    The product with the power of ten and its error (by a fused multiply-add) say exactly on which side of a half
    a value lies. done (uint8) is 0, and the value 0, for what is not finite or 2^51 units of the last place
    or more: Python must round it.

    >>> [column.tolist() for column in round_decimals(np.array([2.675, 0.125, 1e300]), 2)]
    [[2.67, 0.12, 0.0], [1, 1, 0]]
    """
    require(values, "float64", "values")
    out, done = np.empty(len(values), np.float64), np.empty(len(values), np.uint8)
    addresses = pointer(out, "double *"), pointer(done, "uint8_t *"), pointer(values, "double *")
    check(lib.pympr_round_decimals(*addresses, len(values), places), "round_decimals")
    return out, done


def format_floats(values: np.ndarray, places: int = -1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Write str(v), or with 0 to MOST_PLACES places f"{v:.{places}f}", of every float64 as (data, starts, ends, done).

    done (uint8) is 0, and the row empty, where Python must write it: numbers that need more than 15 digits or an
    exponent, and what is not finite.

    >>> data, starts, ends, done = format_floats(np.array([-0.1, 7.0, 1 / 3]))
    >>> [bytes(data[a:b]) for a, b in zip(starts, ends)], done.tolist()
    ([b'-0.1', b'7.0', b''], [1, 1, 0])
    """
    require(values, "float64", "values")
    rows = len(values)
    data, starts, done = np.empty(FLOAT_BYTES * rows, np.uint8), np.empty(rows, np.int64), np.empty(rows, np.uint8)
    addresses = pointer(data, "uint8_t *"), pointer(starts, "int64_t *"), pointer(done, "uint8_t *")
    check(lib.pympr_format_floats(*addresses, pointer(values, "double *"), rows, places), "format_floats")
    return data, starts, np.arange(1, rows + 1, dtype=np.int64) * FLOAT_BYTES, done
