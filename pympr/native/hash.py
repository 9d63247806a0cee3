"""Seeded 64-bit hashes of columns, the same on every rank and machine.

Numbers that are equal in Python hash the same in every dtype; the definition is
`pympr.native.reference.hash`. Keys chosen by an attacker who knows the seed are not a
concern of this hash.
"""

import numpy as np

from pympr.native.columns import bad_row, output, require_bytes, require_valid, same_rows
from pympr.native.library import BAD, check, ffi, lib, pointer, require

KINDS = {"string": 1, "bytes": 0}
FIXED = {
    "int64": (lib.pympr_hash_column_int64, "int64_t *"),
    "float64": (lib.pympr_hash_column_float64, "double *"),
    "bool": (lib.pympr_hash_column_bool, "uint8_t *"),
}


def hash_fixed(
    values: np.ndarray, seed: int, valid: np.ndarray | None = None, out: np.ndarray | None = None
) -> np.ndarray:
    """Hash int64, float64 or bool values to uint64.

    1, 1.0 and True hash the same, -0.0 as 0.0, every NaN as one; rows where `valid`
    (uint8) is 0 get one hash that depends on the seed only. Distinct int64 values have
    distinct hashes: the hash is P. Evensen's bijection "moremur". TypeError for other dtypes.

    >>> a, b = hash_fixed(np.array([1, 2]), seed=7), hash_fixed(np.array([1.0, 2.5]), seed=7)
    >>> (a == b).tolist()
    [True, False]
    """
    dtype = str(getattr(values, "dtype", type(values).__name__))
    if dtype not in FIXED:
        raise TypeError(f"values must be int64, float64 or bool, got {dtype}")
    require(values, dtype, "values")
    require_valid(valid, values)
    out = output(out, len(values), "uint64")
    kernel, ctype = FIXED[dtype]
    check(
        kernel(_hashes(out), pointer(values, ctype), pointer(valid, "uint8_t *"), len(values), _seed(seed)),
        f"hash_column_{dtype}",
    )
    return out


def hash_bytes(
    data: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    seed: int,
    valid: np.ndarray | None = None,
    out: np.ndarray | None = None,
    kind: str = "string",
) -> np.ndarray:
    """Hash the rows data[starts[i]:ends[i]] to uint64.

    `kind` is "string" (UTF-8) or "bytes": the same bytes hash differently as the other
    kind. KernelError names the first row that leaves `data`. Built of the multiply and
    fold step of W. Yi's wyhash (https://github.com/wangyi-fudan/wyhash).

    >>> data = np.frombuffer(b"abab", np.uint8)
    >>> starts, ends = np.array([0, 2, 0]), np.array([2, 4, 1])
    >>> h = hash_bytes(data, starts, ends, seed=7)
    >>> bool(h[0] == h[1]), bool(h[0] == h[2])
    (True, False)
    """
    require_bytes(data, starts, ends)
    require_valid(valid, starts)
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {sorted(KINDS)}, got {kind!r}")
    out = output(out, len(starts), "uint64")
    bad = ffi.new("int64_t *")
    status = lib.pympr_hash_column_bytes(
        _hashes(out),
        bad,
        pointer(data, "uint8_t *"),
        len(data),
        pointer(starts, "int64_t *"),
        pointer(ends, "int64_t *"),
        pointer(valid, "uint8_t *"),
        len(starts),
        _seed(seed),
        KINDS[kind],
    )
    if status == BAD:
        raise bad_row(bad[0], data, starts, ends)
    check(status, "hash_column_bytes")
    return out


def hash_combine(hashes: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Fold `other` into `hashes` in place, for keys of several columns.

    The order of the columns matters. Both are uint64 vectors of one length and may not
    share memory.

    >>> left, right = hash_fixed(np.array([1, 2]), 7), hash_fixed(np.array([2, 1]), 7)
    >>> h = hash_combine(left, right)
    >>> bool(h[0] == h[1])
    False
    """
    require(hashes, "uint64", "hashes")
    require(other, "uint64", "other")
    same_rows(hashes, other, "other")
    if not hashes.flags.writeable:
        raise ValueError("hashes must be writable")
    status = lib.pympr_hash_column_combine(_hashes(hashes), pointer(other, "uint64_t *"), len(hashes))
    check(status, "hash_column_combine")
    return hashes


def _hashes(array: np.ndarray):
    return pointer(array, "uint64_t *")


def _seed(seed: int) -> int:
    return int(seed) & 0xFFFFFFFFFFFFFFFF
