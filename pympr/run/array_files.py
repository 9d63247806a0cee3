"""Arrays in files: where they lie, and which rows are a split's."""

import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from pympr.config import Config
from pympr.errors import InputError
from pympr.plan.sources import ArrayFiles
from pympr.run.splits import count_pieces, list_files
from pympr.run.stores import is_remote


@dataclass(frozen=True)
class StoredArray:
    """An array in a file: at `offset` as it is in memory, or under `name` for its library to read (offset -1).

    `chunk_rows` are rows that are stored together.
    """

    path: str
    dtype: np.dtype
    shape: tuple[int, ...]
    offset: int = -1
    is_fortran: bool = False
    name: str = ""
    chunk_rows: int = 1

    @property
    def row_bytes(self) -> int:
        return max(1, self.dtype.itemsize * int(np.prod(self.shape[1:], dtype=np.int64)))


@dataclass(frozen=True)
class RowSplit:
    """Rows `begin` to `end` of arrays of one length that lie side by side."""

    form: str
    arrays: tuple[StoredArray, ...]
    begin: int
    end: int
    is_row: bool

    @property
    def num_bytes(self) -> int:
        """What is read for it."""
        return (self.end - self.begin) * sum(array.row_bytes for array in self.arrays)


def cut_arrays(node: ArrayFiles, config: Config) -> list[RowSplit]:
    """The splits of a source of arrays, at least as many as it asks for where there are as many rows.

    Raises InputError for what is no such file, misses an array, or holds arrays of
    different lengths.
    """
    if any(map(is_remote, node.path.split(","))):
        raise InputError(f"{node.path}: .{node.form} files are read from local paths only: copy it, or mount its store")
    groups = [_checked(group) for group in _FIND[node.form](node)]
    lengths = [group[0].shape[0] for group in groups]
    sizes = [sum(array.row_bytes for array in group) * length for group, length in zip(groups, lengths)]
    most = [_most_pieces(group, length) for group, length in zip(groups, lengths)]
    splits: list[RowSplit] = []
    for group, length, count in zip(
        groups, lengths, count_pieces(sizes, most, node.min_partitions, config.split_bytes)
    ):
        edges = _edges(length, count, max(array.chunk_rows for array in group))
        is_row = node.is_row or len(group) > 1
        splits += [RowSplit(node.form, tuple(group), a, b, is_row) for a, b in zip(edges, edges[1:])]
    return splits


def _checked(arrays: list[StoredArray]) -> list[StoredArray]:
    for array in arrays:
        what = f"{array.path}: array {array.name or os.path.basename(array.path)} of shape {array.shape}"
        if not array.shape:
            raise InputError(f"{what} has no rows: expected at least one dimension")
        if 0 in array.shape[1:]:
            raise InputError(f"{what} has rows without items")
    if len({array.shape[0] for array in arrays}) > 1:
        told = ", ".join(f"{array.name or array.path}: {array.shape[0]}" for array in arrays)
        raise InputError(f"arrays that are to be columns have different lengths: {told}")
    return arrays


def _most_pieces(arrays: list[StoredArray], length: int) -> int:
    is_whole = any(array.offset < 0 and not array.chunk_rows for array in arrays)
    return 1 if is_whole else max(length, 1)


def _edges(length: int, count: int, chunk_rows: int) -> list[int]:
    """Borders between `count` pieces, between chunks where there are as many."""
    unit = chunk_rows if 1 < chunk_rows and count <= length // chunk_rows else 1
    units = -(-length // unit)
    return [min(units * piece // count * unit, length) for piece in range(count + 1)]


@contextmanager
def telling(path: str) -> Iterator[None]:
    """What a library says of a file it cannot read, as InputError with the path."""
    try:
        yield
    except (FileNotFoundError, PermissionError, InputError):
        raise
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _find_npy(node: ArrayFiles) -> list[list[StoredArray]]:
    if node.names:
        return [[_npy(name.removeprefix("file://")) for name in node.names]]
    return [[_npy(path)] for path in list_files(node.path)]


def _npy(path: str) -> StoredArray:
    with telling(path):
        found = np.lib.format.open_memmap(path, mode="r")
        return StoredArray(path, found.dtype, found.shape, found.offset, _is_fortran(found))


def _is_fortran(array: np.ndarray) -> bool:
    return bool(array.flags.f_contiguous and not array.flags.c_contiguous)


def _find_npz(node: ArrayFiles) -> list[list[StoredArray]]:
    return [_npz(path, node.names) for path in list_files(node.path)]


def _npz(path: str, names: tuple[str, ...]) -> list[StoredArray]:
    with telling(path), zipfile.ZipFile(path) as archive:
        members = {name.removesuffix(".npy"): name for name in archive.namelist()}
        missing = [name for name in names if name not in members]
        if missing or not members:
            raise InputError(f"{path} holds no array {', '.join(missing)}; it holds {', '.join(members) or 'none'}")
        return [_member(archive, path, name, members[name]) for name in names or members]


def _member(archive: zipfile.ZipFile, path: str, name: str, full_name: str) -> StoredArray:
    entry = archive.getinfo(full_name)
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        if version > (2, 0):  # its header has no public reader
            array = np.load(path)[name]
            return StoredArray(path, array.dtype, array.shape, name=name, chunk_rows=0)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read(file)
        header_bytes = file.tell()
    if dtype.hasobject:
        raise InputError(f"{path}: array {name} holds Python objects, which are not read")
    if entry.compress_type != zipfile.ZIP_STORED:
        return StoredArray(path, dtype, shape, name=name, chunk_rows=0)
    return StoredArray(path, dtype, shape, _data_offset(path, entry) + header_bytes, is_fortran, name)


def _data_offset(path: str, entry: zipfile.ZipInfo) -> int:
    """Where the bytes of a stored member begin: behind its local header, whose length stands in it."""
    with open(path, "rb") as file:
        file.seek(entry.header_offset)
        name_bytes, extra_bytes = struct.unpack_from("<HH", file.read(30), 26)
    return entry.header_offset + 30 + name_bytes + extra_bytes


def _find_hdf5(node: ArrayFiles) -> list[list[StoredArray]]:
    return [[_dataset(path, name) for name in node.names] for path in list_files(node.path)]


def open_hdf5(path: str) -> Any:
    """A file of h5py, open for reading; ImportError that says what to install."""
    try:
        import h5py
    except ImportError:
        raise ImportError(f"{path}: reading HDF5 needs the package h5py: pip install h5py") from None
    return h5py.File(path, "r")


def _dataset(path: str, name: str) -> StoredArray:
    with telling(path), open_hdf5(path) as file:
        found = file.get(name)
        if not hasattr(found, "shape"):
            raise InputError(f"{path} holds no data set {name}; it holds {', '.join(_datasets(file)) or 'none'}")
        if found.dtype.kind == "O" and not _is_text(found):
            raise InputError(f"{path}: data set {name} of {found.dtype} has rows of no fixed shape, which are not read")
        chunk_rows = found.chunks[0] if found.chunks else 1
        dtype = np.dtype("U8") if found.dtype.kind == "O" else found.dtype
        return StoredArray(path, dtype, found.shape, name=name, chunk_rows=chunk_rows)


def _datasets(file: Any) -> list[str]:
    present: list[str] = []
    file.visititems(lambda name, item: present.append(name) if hasattr(item, "shape") else None)
    return present


def _is_text(found: Any) -> bool:
    import h5py

    return h5py.check_string_dtype(found.dtype) is not None


_FIND = {"npy": _find_npy, "npz": _find_npz, "hdf5": _find_hdf5}
