"""The compiled kernels, and what all their wrappers share."""

import numpy as np

from pympr.errors import KernelError

try:
    from pympr.native._kernels import ffi, lib
except ImportError as error:
    raise ImportError(
        f"pympr's C kernels are not built ({error}); run 'pip install -e .' in the source tree"
    ) from error

OK, FULL, BAD, OVERFLOW = 0, 1, 2, 3


def pointer(array: np.ndarray | None, ctype: str):
    """The address of `array`'s first item as a C pointer, or NULL for None.

    The caller keeps `array` alive and has checked dtype and contiguity.
    """
    if array is None:
        return ffi.NULL
    return ffi.cast(ctype, array.ctypes.data)


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
