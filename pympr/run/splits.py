"""Files to splits: listed by one rank, the same for all."""

import glob
import heapq
import os
from dataclasses import dataclass

from pympr.errors import InputError
from pympr.run import stores
from pympr.run.stores import Found

CODECS = {".gz": "gzip", ".bz2": "bzip2", ".zst": "zstd"}


@dataclass(frozen=True)
class Split:
    """Bytes `begin` to `end` of a file that had `size` bytes when it was listed.

    One that is not `in_ranges` is a whole file, which can only be read from its start.
    """

    path: str
    begin: int
    end: int
    size: int
    codec: str | None = None
    in_ranges: bool = True

    @property
    def num_bytes(self) -> int:
        """What is read for it."""
        return self.end - self.begin


def find_files(pattern: str) -> list[Found]:
    """The files that a path names, as `list_files`, with their sizes; parts of a list may be remote.

    Raises FileNotFoundError when nothing is there, and what `stores.open_store` raises.
    """
    if os.path.exists(pattern) or not any(map(stores.is_remote, pattern.split(","))):
        return [Found(path, os.stat(path).st_size) for path in list_files(pattern)]
    found: list[Found] = []
    for part in pattern.split(","):
        found += stores.find(part) if stores.is_remote(part) else find_files(part)
    return found


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


def cut_files(files: list[Found], min_partitions: int, split_bytes: int) -> list[Split]:
    """Cut plain files into byte ranges of about `split_bytes`, at least `min_partitions` in all.

    There are fewer only where there are fewer bytes. Compressed files, and those
    whose server gives no ranges, are one split each: they can only be read from
    the start. An empty file is one split with nothing in it.
    """
    codecs = [CODECS.get(os.path.splitext(file.path)[1]) for file in files]
    most = [max(file.size, 1) if codec is None and file.in_ranges else 1 for file, codec in zip(files, codecs)]
    pieces = count_pieces([file.size for file in files], most, min_partitions, split_bytes)
    splits: list[Split] = []
    for file, codec, count in zip(files, codecs, pieces):
        edges = [file.size * piece // count for piece in range(count + 1)]
        splits += [Split(file.path, a, b, file.size, codec, file.in_ranges) for a, b in zip(edges, edges[1:])]
    return splits


def count_pieces(sizes: list[int], most: list[int], min_partitions: int, split_bytes: int) -> list[int]:
    """Into how many pieces inputs of `sizes` bytes are cut: up to `most` each, at least `min_partitions` in all.

    >>> count_pieces([100, 10, 50], [100, 10, 1], 8, 1000)
    [6, 1, 1]
    """
    goal = max(1, min(split_bytes, -(-sum(sizes) // max(min_partitions, 1))))
    pieces = [min(max(1, round(size / goal)), limit) for size, limit in zip(sizes, most)]
    # Where rounding left too few, the largest pieces are made smaller.
    heap = [(-size / count, number) for number, (size, count) in enumerate(zip(sizes, pieces)) if count < most[number]]
    heapq.heapify(heap)
    for _ in range(min_partitions - sum(pieces)):
        if not heap:
            break
        _, number = heapq.heappop(heap)
        pieces[number] += 1
        if pieces[number] < most[number]:
            heapq.heappush(heap, (-sizes[number] / pieces[number], number))
    return pieces


def cut_records(files: list[Found], record_length: int, split_bytes: int) -> list[Split]:
    """Cut files of fixed-length records at record borders.

    Raises InputError for a file whose size is not a multiple of the length.
    """
    splits: list[Split] = []
    per_split = max(1, split_bytes // record_length)
    for file in files:
        path, size = file.path, file.size
        if size % record_length:
            raise InputError(f"{path} has {size} bytes, which is not a multiple of the record length {record_length}")
        step = per_split * record_length if file.in_ranges else max(size, 1)
        begins = range(0, size, step) or range(1)
        splits += [Split(path, begin, min(begin + step, size), size, None, file.in_ranges) for begin in begins]
    return splits
