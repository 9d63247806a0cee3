"""Files to splits: listed by one rank, the same for all."""

import glob
import os
from dataclasses import dataclass

from pympr.errors import InputError

CODECS = {".gz": "gzip", ".bz2": "bzip2", ".zst": "zstd"}


@dataclass(frozen=True)
class Split:
    """Bytes `begin` to `end` of a file that had `size` bytes when it was listed."""

    path: str
    begin: int
    end: int
    size: int
    codec: str | None = None


def list_files(pattern: str) -> list[str]:
    """The files that a path names: a file, a directory's files, a glob, or a comma-separated list.

    Hidden files and those beginning with `_` are left out of directories and
    globs. Raises FileNotFoundError when nothing is there.
    """
    if os.path.exists(pattern):  # a comma may be part of a name
        return _list_one(pattern)
    found: list[str] = []
    for part in pattern.split(","):
        found += _list_one(part.removeprefix("file://"))
    return found


def _list_one(pattern: str) -> list[str]:
    if os.path.isfile(pattern):
        return [pattern]
    if os.path.isdir(pattern):
        return _files_in(pattern)
    paths = sorted(glob.glob(pattern))
    if not paths:
        raise FileNotFoundError(f"input path does not exist: {pattern}")
    found = [path for path in paths if not _is_hidden(path)]
    return [file for path in found for file in ([path] if os.path.isfile(path) else _files_in(path))]


def _files_in(folder: str) -> list[str]:
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    files = [path for path in paths if os.path.isfile(path) and not _is_hidden(path)]
    if not files:
        raise FileNotFoundError(f"input directory holds no files: {folder}")
    return files


def _is_hidden(path: str) -> bool:
    return os.path.basename(path).startswith((".", "_"))


def cut_files(paths: list[str], min_partitions: int, split_bytes: int) -> list[Split]:
    """Cut plain files into byte ranges of about `split_bytes`, at least `min_partitions` in all.

    Compressed files are one split each: they can only be read from the start.
    An empty file is one split with nothing in it.
    """
    sizes = [os.stat(path).st_size for path in paths]
    goal = max(1, min(split_bytes, -(-sum(sizes) // max(min_partitions, 1))))
    splits: list[Split] = []
    for path, size in zip(paths, sizes):
        codec = CODECS.get(os.path.splitext(path)[1])
        pieces = 1 if codec else max(1, round(size / goal))
        edges = [size * piece // pieces for piece in range(pieces + 1)]
        splits += [Split(path, a, b, size, codec) for a, b in zip(edges, edges[1:])]
    return splits


def cut_records(paths: list[str], record_length: int, split_bytes: int) -> list[Split]:
    """Cut files of fixed-length records at record borders.

    Raises InputError for a file whose size is not a multiple of the length.
    """
    splits: list[Split] = []
    per_split = max(1, split_bytes // record_length)
    for path in paths:
        size = os.stat(path).st_size
        if size % record_length:
            raise InputError(f"{path} has {size} bytes, which is not a multiple of the record length {record_length}")
        step = per_split * record_length
        begins = range(0, size, step) or range(1)
        splits += [Split(path, begin, min(begin + step, size), size) for begin in begins]
    return splits
