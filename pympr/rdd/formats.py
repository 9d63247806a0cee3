"""Elements to files of formats that PySpark's RDD does not have."""

from __future__ import annotations

from pympr.rdd.actions import Actions
from pympr.rdd.narrow import Narrow


class Formats(Narrow, Actions):
    """The part of RDD whose methods write JSON lines and arrays."""

    def saveAsJsonLines(self, path: str) -> None:
        """Each element in JSON in a line of its own, in files as by `saveAsTextFile`. Not in PySpark.

        `SparkContext.jsonLines` reads them again: tuples as lists, keys of dicts as str.
        Raises TypeError for elements that JSON has no word for.
        """
        self._act("save_json", path, name="saveAsJsonLines")

    def saveAsNpy(self, path: str) -> None:
        """The elements, which must be of one type, as one `.npy` file. Not in PySpark.

        All ranks write into it, each its rows at their place, so it must lie in a file
        system that they share; it appears when all is written. Tuples become a
        structured array with fields f0, f1, ...; str and bytes are as wide as the
        longest. Raises OutputExistsError when the file is there already, TypeError for
        elements of several types, None, and strings that end with a zero.
        """
        self._act("save_npy", path, name="saveAsNpy")
