"""Elements to files."""

from __future__ import annotations

from pympr.rdd.actions import Actions
from pympr.rdd.narrow import Narrow

_CODECS = {"GzipCodec": "gzip", "BZip2Codec": "bzip2", "ZStandardCodec": "zstd"}
# Elements a pickle where PySpark would choose by their size.
_AUTOMATIC = 1024


class Saving(Narrow, Actions):
    """The part of RDD whose methods write files."""

    def saveAsTextFile(self, path: str, compressionCodecClass: str | None = None) -> None:
        """One line str(x) an element: files part-00000, ... and _SUCCESS in a new directory `path`.

        Bytes are written as they are. `compressionCodecClass` is the name of Hadoop's
        GzipCodec, BZip2Codec or ZStandardCodec; ValueError for others. The directory
        appears when all is written. Raises OutputExistsError (a FileExistsError) when
        it is there already.
        """
        self._act("save_text", path, _codec(compressionCodecClass), name="saveAsTextFile")

    def saveAsPickleFile(self, path: str, batchSize: int = 10) -> None:
        """The elements pickled, `batchSize` at a time, in files as by `saveAsTextFile`.

        `SparkContext.pickleFile` reads them again; they are not PySpark's sequence files.
        """
        self._act("save_pickles", path, int(batchSize) if batchSize > 0 else _AUTOMATIC, name="saveAsPickleFile")

    def saveAsBinaryRecords(self, path: str) -> None:
        """The elements, which are bytes, one after the other in files as by `saveAsTextFile`. Not in PySpark.

        `SparkContext.binaryRecords` reads them again. Raises TypeError for elements
        that are not bytes.
        """
        self._act("save_records", path, name="saveAsBinaryRecords")


def _codec(name: str | None) -> str | None:
    """What pympr calls a codec of Hadoop's, by the last part of its class name."""
    if name is None:
        return None
    found = _CODECS.get(name.rpartition(".")[2])
    if found is None:
        raise ValueError(f"expected one of {', '.join(_CODECS)} as compressionCodecClass, got {name!r}")
    return found
