"""PySpark's words that cannot be on ranks: each says why, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from pympr.errors import NotSupportedError

HADOOP = "Hadoop's input and output formats are Java classes, and there is no JVM"
JVM = "there is no JVM"


class RefusedAttribute:
    """An attribute that raises NotSupportedError when it is read."""

    def __init__(self, why: str, instead: str) -> None:
        self._why, self._instead = why, instead

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        raise refusal(f"{owner.__name__}.{self._name}", self._why, self._instead)


def refused(name: str, why: str, instead: str) -> Callable[..., NoReturn]:
    """A method that raises NotSupportedError when it is called."""

    def method(self: Any, *_: Any, **__: Any) -> NoReturn:
        raise refusal(f"{type(self).__name__}.{name}", why, instead)

    method.__name__ = name
    method.__doc__ = f"Refused: {why}. {instead[0].upper()}{instead[1:]}."
    return method


def refusal(name: str, why: str, instead: str) -> NotSupportedError:
    """The error for a word."""
    return NotSupportedError(f"{name}: {why}; {instead}")


class RefusedByContext:
    """PySpark's words of SparkContext that need a JVM or Hadoop."""

    hadoopFile = refused("hadoopFile", HADOOP, "read with textFile, binaryRecords or pickleFile")
    hadoopRDD = refused("hadoopRDD", HADOOP, "read with textFile, binaryRecords or pickleFile")
    newAPIHadoopFile = refused("newAPIHadoopFile", HADOOP, "read with textFile, binaryRecords or pickleFile")
    newAPIHadoopRDD = refused("newAPIHadoopRDD", HADOOP, "read with textFile, binaryRecords or pickleFile")
    sequenceFile = refused("sequenceFile", HADOOP, "save as text or by saveAsPickleFile, and read that")
    show_profiles = refused(
        "show_profiles", "functions run in the script's own process", "use cProfile, or sc.report()"
    )
    dump_profiles = refused(
        "dump_profiles", "functions run in the script's own process", "use cProfile, or sc.report()"
    )
    _jvm = RefusedAttribute(JVM, "nothing of it can be called")
    _jsc = RefusedAttribute(JVM, "give settings of file systems by fsspec's configuration")
    _gateway = RefusedAttribute(JVM, "nothing of it can be called")


class RefusedByRDD:
    """PySpark's words of RDD that need a JVM, Hadoop or DataFrames."""

    saveAsHadoopDataset = refused("saveAsHadoopDataset", HADOOP, "use saveAsTextFile or saveAsPickleFile")
    saveAsHadoopFile = refused("saveAsHadoopFile", HADOOP, "use saveAsTextFile or saveAsPickleFile")
    saveAsNewAPIHadoopDataset = refused("saveAsNewAPIHadoopDataset", HADOOP, "use saveAsTextFile or saveAsPickleFile")
    saveAsNewAPIHadoopFile = refused("saveAsNewAPIHadoopFile", HADOOP, "use saveAsTextFile or saveAsPickleFile")
    saveAsSequenceFile = refused("saveAsSequenceFile", HADOOP, "use saveAsTextFile or saveAsPickleFile")
    toDF = refused("toDF", "there are no DataFrames", "go on with the RDD, or give toNumpy() to pandas or pyarrow")
    withResources = refused("withResources", "the launcher gives out what a node has", "ask it for what the ranks need")
    _jrdd = RefusedAttribute(JVM, "nothing of it can be called")
