"""Compressed files to write, the same bytes for the same content."""

import bz2
import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO


@contextmanager
def packed(path: str, compression: str | None) -> Iterator[BinaryIO]:
    """A new file to write to, its bytes compressed by gzip, bzip2 or zstd, or as they are."""
    with open(path, "xb") as file:
        if compression is None:
            yield file
        else:
            with _PACKERS[compression](file) as inner:
                yield inner


def _gzip(file: BinaryIO) -> Any:
    # Neither name nor time in the header: a result does not tell when it was made.
    return gzip.GzipFile("", "wb", 6, file, mtime=0)


def _zstd(file: BinaryIO) -> Any:
    try:
        from compression import zstd  # Python 3.14
    except ImportError:
        try:
            import zstandard
        except ImportError:
            raise ImportError("writing .zst needs the package zstandard: pip install zstandard") from None
        return zstandard.ZstdCompressor().stream_writer(file, closefd=False)
    return zstd.open(file, "wb")


_PACKERS: dict[str, Callable[[BinaryIO], Any]] = {
    "gzip": _gzip,
    "bzip2": lambda file: bz2.open(file, "wb"),
    "zstd": _zstd,
}
