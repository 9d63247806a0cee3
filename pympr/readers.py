"""The words of SparkContext that read files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pympr.plan.node import Node
from pympr.plan.sources import BinaryRecords, TextFile

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD


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
        return self._rdd(TextFile(str(name), count, errors, "lines", use_unicode, with_place, self._next_id()))

    def binaryRecords(self, path: str, recordLength: int) -> RDD:
        """The records of flat binary files, `recordLength` bytes each."""
        return self._rdd(BinaryRecords(str(path), int(recordLength), self._next_id()))

    def _least_partitions(self, given: int | None) -> int:
        return self.defaultMinPartitions if given is None else int(given)

    if TYPE_CHECKING:  # what SparkContext has
        defaultMinPartitions: int

        def _rdd(self, node: Node) -> RDD: ...

        def _next_id(self) -> int: ...

        _session: Any
