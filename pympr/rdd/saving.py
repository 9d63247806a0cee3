"""Elements to files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pympr.rdd.actions import Actions
from pympr.rdd.narrow import Narrow

if TYPE_CHECKING:
    pass


class Saving(Narrow, Actions):
    """The part of RDD whose methods write files."""

    def saveAsTextFile(self, path: str) -> None:
        """One line str(x) an element: files part-00000, ... and _SUCCESS in a new directory `path`.

        The directory appears when all is written. Raises OutputExistsError (a
        FileExistsError) when it is there already.
        """
        self._act("save_text", path, name="saveAsTextFile")

    def saveAsBinaryRecords(self, path: str) -> None:
        """The elements, which are bytes, one after the other in files as by `saveAsTextFile`. Not in PySpark.

        `SparkContext.binaryRecords` reads them again. Raises TypeError for elements
        that are not bytes.
        """
        self._act("save_records", path, name="saveAsBinaryRecords")
