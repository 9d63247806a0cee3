"""The compiled kernels, and what all their wrappers share."""

import functools
from typing import Any

import numpy as np

from pympr.errors import KernelError

try:
    from pympr.native._kernels import ffi, lib  # noqa: F401 (others import it from here)
except ImportError as error:
    raise ImportError(
        f"pympr's C kernels are not built ({error}); run 'pip install -e .' in the source tree"
    ) from error

OK, FULL, BAD, OVERFLOW = 0, 1, 2, 3


@functools.cache
def _array_type(ctype: str) -> Any:
    return ffi.typeof("char[]" if ctype == "void *" else ctype.replace("*", "[]"))


def pointer(array: np.ndarray | None, ctype: str) -> Any:
    """The address of `array`'s first item for a kernel's argument of type `ctype`, or NULL for None.

    The array must be contiguous, and the caller keeps it alive. Through the buffer
    protocol, which costs a fifth of NumPy's `ctypes.data`.
    """
    return ffi.NULL if array is None else ffi.from_buffer(_array_type(ctype), array)


def require(array: np.ndarray, dtype: str, name: str) -> np.ndarray:
    """`array` itself when it is a contiguous vector of `dtype`, else TypeError."""
    if not isinstance(array, np.ndarray) or array.dtype != np.dtype(dtype) or array.ndim != 1:
        raise TypeError(f"{name} must be a 1-d array of {dtype}, got {_describe(array)}")
    if not array.flags.c_contiguous:
        raise TypeError(f"{name} must be contiguous, got strides {array.strides}")
    return array


def check(status: int, kernel: str) -> None:
    """Raise KernelError unless `status` is OK."""
    if status != OK:
        raise KernelError(f"kernel {kernel} returned status {status}")


def _describe(array: object) -> str:
    if isinstance(array, np.ndarray):
        return f"{array.ndim}-d array of {array.dtype}"
    return type(array).__name__
