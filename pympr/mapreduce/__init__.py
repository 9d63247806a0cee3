"""Hadoop's MapReduce on MPI ranks: a mapper, sorted groups, a reducer.

class WordCount(Job):
    def mapper(self, offset, line):
        for word in line.split():
            yield word, 1

    def reducer(self, word, counts):
        yield word, sum(counts)

    combiner = reducer

WordCount("books/*.txt", output="counts").run()
"""

from typing import TYPE_CHECKING, Any

_HOMES = {
    "Job": "job",
    "Result": "result",
    "StreamingJob": "streaming",
    "InputFormat": "inputs",
    "JsonInput": "inputs",
    "KeyValueTextInput": "inputs",
    "NLineInput": "inputs",
    "NumpyInput": "inputs",
    "PairsInput": "inputs",
    "TextInput": "inputs",
    "WholeFileInput": "inputs",
    "JsonOutput": "outputs",
    "NullOutput": "outputs",
    "NumpyOutput": "outputs",
    "OutputFormat": "outputs",
    "PairsOutput": "outputs",
    "TextOutput": "outputs",
}
__all__ = [
    "InputFormat",
    "Job",
    "JsonInput",
    "JsonOutput",
    "KeyValueTextInput",
    "NLineInput",
    "NullOutput",
    "NumpyInput",
    "NumpyOutput",
    "OutputFormat",
    "PairsInput",
    "PairsOutput",
    "Result",
    "StreamingJob",
    "TextInput",
    "TextOutput",
    "WholeFileInput",
]

if TYPE_CHECKING:
    from pympr.mapreduce.inputs import (
        InputFormat,
        JsonInput,
        KeyValueTextInput,
        NLineInput,
        NumpyInput,
        PairsInput,
        TextInput,
        WholeFileInput,
    )
    from pympr.mapreduce.job import Job
    from pympr.mapreduce.outputs import JsonOutput, NullOutput, NumpyOutput, OutputFormat, PairsOutput, TextOutput
    from pympr.mapreduce.result import Result
    from pympr.mapreduce.streaming import StreamingJob


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"pympr.mapreduce.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'pympr.mapreduce' has no attribute {name!r}")
