"""The words of SparkContext that read files."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pympr.plan.node import Node
from pympr.plan.sources import ArrayFiles, BinaryRecords, CsvFile, JsonLines, TextFile, WholeFiles

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD

_DIALECT = ("delimiter", "doublequote", "escapechar", "quotechar", "quoting", "skipinitialspace", "strict")


def path_of(given: object) -> str:
    """What a reader was given as a path, as text; a list of paths is one text with commas.

    >>> path_of("a.txt,b.txt")
    'a.txt,b.txt'
    """
    if isinstance(given, str | os.PathLike):
        return os.fspath(given)
    raise TypeError(f"expecting a path, or several in one string with commas between them, got {given!r:.100}")


class Readers:
    """What a SparkContext can read; a path may also be a list of paths with commas, a directory or a glob."""

    def textFile(
        self,
        name: str,
        minPartitions: int | None = None,
        use_unicode: bool = True,
        errors: str = "strict",
        with_place: bool = False,
    ) -> RDD:
        """The lines of a file, a directory's files, a glob, or a comma-separated list of these.

        Lines end at \\n, \\r\\n or \\r, as Python reads text files. Plain files are read
        in byte ranges; `.gz`, `.bz2` and `.zst` files one a partition. Text is UTF-8;
        `errors` is as in `open` (not in PySpark), and strict names file and offset.
        `use_unicode=False` gives bytes. `with_place=True` (not in PySpark) gives
        ((path, byte offset), line): where each line begins in its file, uncompressed.
        FileNotFoundError comes at the first action.
        """
        count = self._least_partitions(minPartitions)
        return self._rdd(TextFile(path_of(name), count, errors, "lines", use_unicode, with_place, self._next_id()))

    def binaryRecords(self, path: str, recordLength: int) -> RDD:
        """The records of flat binary files, `recordLength` bytes each."""
        return self._rdd(BinaryRecords(path_of(path), int(recordLength), self._next_id()))

    def wholeTextFiles(self, path: str, minPartitions: int | None = None, use_unicode: bool = True) -> RDD:
        """(path, text) for every file; local paths are written `file:/...`, as Spark does.

        Small files share a partition. Text is UTF-8, else InputError; `use_unicode=False`
        gives bytes. `.gz`, `.bz2` and `.zst` files are unpacked.
        """
        form = "text" if use_unicode else "raw text"
        return self._rdd(WholeFiles(path_of(path), self._least_partitions(minPartitions), form, self._next_id()))

    def binaryFiles(self, path: str, minPartitions: int | None = None) -> RDD:
        """(path, bytes) for every file, as they lie there; otherwise as `wholeTextFiles`."""
        return self._rdd(WholeFiles(path_of(path), self._least_partitions(minPartitions), "bytes", self._next_id()))

    def pickleFile(self, name: str, minPartitions: int | None = None) -> RDD:
        """The elements that `RDD.saveAsPickleFile` wrote, a file a partition.

        They are unpickled: read only what you trust. Not the sequence files that
        PySpark writes.
        """
        return self._rdd(WholeFiles(path_of(name), self._least_partitions(minPartitions), "pickles", self._next_id()))

    def npy(self, path: str | tuple[str, ...], minPartitions: int | None = None) -> RDD:
        """The rows of `.npy` files, which are mapped into memory and read in parts. Not in PySpark.

        A vector gives its items, a structured array tuples of its fields, an array
        of more dimensions tuples of its columns. A tuple of paths puts arrays of one
        length side by side: a tuple of their items a row. Local files only. Raises
        InputError at the first action for what is no array, or holds Python objects.
        """
        names = tuple(map(str, path)) if isinstance(path, (tuple, list)) else ()
        return self._arrays("npy", ",".join(names) or str(path), names, bool(names), minPartitions)

    def npz(self, path: str, names: str | Sequence[str] = (), minPartitions: int | None = None) -> RDD:
        """Arrays of an `.npz` file side by side: a tuple of their items a row. Not in PySpark.

        `names` are the arrays, all by default; a single name as a str gives its items
        themselves, and so does a file with one array. Arrays saved by `numpy.savez`
        are mapped and read in parts, compressed ones are one partition a file.
        """
        wanted = (names,) if isinstance(names, str) else tuple(map(str, names))
        return self._arrays("npz", str(path), wanted, bool(wanted) and not isinstance(names, str), minPartitions)

    def hdf5(self, path: str, dataset: str | Sequence[str], minPartitions: int | None = None) -> RDD:
        """The rows of a data set of an HDF5 file, or of several side by side. Not in PySpark.

        A single name as a str gives its rows as `npy` does, several names tuples of
        them. Every rank opens the file for itself, read-only, and reads ranges of
        rows. Strings of variable length are str, those of fixed length bytes. Needs h5py.
        """
        wanted = (dataset,) if isinstance(dataset, str) else tuple(map(str, dataset))
        if not wanted:
            raise ValueError(f"expected the name of a data set of {path}, got none")
        return self._arrays("hdf5", str(path), wanted, not isinstance(dataset, str), minPartitions)

    def jsonLines(self, path: str, minPartitions: int | None = None, errors: str = "strict") -> RDD:
        """What each line of files says in JSON, as `json.loads` gives it; blank lines are left out. Not in PySpark.

        Paths, compression, partitions and `errors` are as for `textFile`. A line that
        is not JSON is an InputError with its file and offset.
        """
        node = JsonLines(path_of(path), self._least_partitions(minPartitions), errors, self._next_id())
        return self._rdd(node)

    def csv(
        self,
        path: str,
        header: bool = False,
        columns: Sequence[str] = (),
        minPartitions: int | None = None,
        multiLine: bool = False,
        errors: str = "strict",
        dialect: Any = "excel",
        **options: Any,
    ) -> RDD:
        """The records of CSV files as Python's csv module reads them, blank ones left out. Not in PySpark.

        Records are tuples of str. With `header` the first record of each file has the
        names, and the others are dicts as of `csv.DictReader`; with `columns` too they
        are tuples of these columns, None where a record is too short. `dialect` and
        `options` (`delimiter`, `quotechar`, ...) are those of `csv.reader`. Paths,
        compression, partitions and `errors` are as for `textFile`.

        A line end in a quoted field is an InputError, unless `multiLine`: then the ranks
        first read the input once to find out where records begin (with an `escapechar`
        each file is one partition instead).
        """
        if isinstance(columns, str) or (columns and not header):
            raise ValueError(f"expected columns as a list of names, with header=True, got {columns!r}")
        # The names that csv.reader itself gives to what it was told; it refuses what it does not know.
        told = csv.reader([], dialect, **options).dialect
        count = self._least_partitions(minPartitions)
        found = tuple((name, getattr(told, name)) for name in _DIALECT)
        names = tuple(map(str, columns))
        return self._rdd(
            CsvFile(path_of(path), count, errors, bool(header), names, bool(multiLine), found, self._next_id())
        )

    def _arrays(self, form: str, path: str, names: tuple[str, ...], is_row: bool, least: int | None) -> RDD:
        return self._rdd(ArrayFiles(path, form, names, is_row, self._least_partitions(least), self._next_id()))

    def _least_partitions(self, given: int | None) -> int:
        return self.defaultMinPartitions if given is None else int(given)

    if TYPE_CHECKING:  # what SparkContext has

        @property
        def defaultMinPartitions(self) -> int: ...

        def _rdd(self, node: Node) -> RDD: ...

        def _next_id(self) -> int: ...

        _session: Any
