"""A MapReduce job: what a user subclasses."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pympr.mapreduce.counters import Counters
from pympr.mapreduce.inputs import InputFormat, TextInput
from pympr.mapreduce.outputs import NullOutput, OutputFormat, TextOutput
from pympr.mapreduce.planning import Planner
from pympr.mapreduce.result import MAIN, Kept, Result
from pympr.mapreduce.tasks import Task, calls
from pympr.plan.node import Node
from pympr.run.session import session

Pairs = Iterable[tuple[Any, Any]]
Path = str | os.PathLike[str]

# More splits than ranks, and as many whatever the ranks: results must not show how many there were.
_LEAST_SPLITS = 32


class Job:
    """A MapReduce job: subclass it, write `mapper` and `reducer`, make one and `run` it on all ranks.

    `input` is a path, a list of paths (files, directories, globs, compressed or
    plain), the `Result` of another job or a list of results, or what `input_format`
    takes. `output` is a directory that must not exist; without it the result stays
    in memory. `num_reducers` is the number of partitions of the result, 0 for a job
    without reducers; by default one for every 64 MiB of input. `errors` says what
    to do with text that is not UTF-8, as in `open`. `conf` are values for the job's
    methods; of Hadoop's names `mapreduce.job.name`, `mapreduce.job.maps` (the least
    number of splits) and `mapreduce.job.reduces` mean what they say. Formats,
    `conf`, `cache_files` and `cache_objects` may be set in the class instead.

    Every task (one split, or one partition) works on a shallow copy of the job, so
    what a method assigns to `self` is seen by this task only. Objects made before
    `run` are shared by the tasks of a rank and must not be changed.

    With the lines "to be or not" and "to be" in hamlet.txt:

    >>> class Lengths(Job):
    ...     def mapper(self, offset, line):
    ...         self.increment_counter("text", "lines")
    ...         for word in line.split():
    ...             yield len(word), word
    ...     def reducer(self, length, words):
    ...         yield length, sorted(words)
    >>> result = Lengths("hamlet.txt").run()
    >>> result.collect()
    [(2, ['be', 'be', 'or', 'to', 'to']), (3, ['not'])]
    >>> result.counters
    {'text': {'lines': 2}}
    """

    num_reducers: int | None = None
    input_format: InputFormat = TextInput()
    output_format: OutputFormat = TextOutput()
    named_outputs: Mapping[str, OutputFormat] = {}
    cache_files: Sequence[Path] = ()
    cache_objects: Mapping[str, Any] = {}
    conf: Mapping[str, Any] = {}
    input_file: str | None = None
    _task: Task | None = None
    _reduces = 0

    def __init__(
        self,
        input: Any,
        output: Path | None = None,
        num_reducers: int | None = None,
        errors: str = "strict",
        *,
        input_format: InputFormat | None = None,
        output_format: OutputFormat | None = None,
        conf: Mapping[str, Any] | None = None,
        cache_files: Sequence[Path] | None = None,
        cache_objects: Mapping[str, Any] | None = None,
    ) -> None:
        self.input, self.output, self.errors = input, output, errors
        given: dict[str, Any] = {
            "num_reducers": num_reducers,
            "input_format": input_format,
            "output_format": output_format,
        }
        given |= {"cache_files": cache_files, "cache_objects": cache_objects}
        given["conf"] = None if conf is None else {**self.conf, **conf}
        for name, value in given.items():
            if value is not None:
                setattr(self, name, value)

    def mapper(self, key: Any, value: Any) -> Pairs:
        """Yield (key, value) pairs for one record; by default the record itself.

        For text, `key` is the byte offset of the line in its file (uncompressed),
        `value` the line without its end, and `self.input_file` the path of the file.
        """
        yield key, value

    def combiner(self, key: Any, values: Iterator[Any]) -> Pairs | None:
        """Yield what is left of the values of a key before they are sent; as `reducer`, for the pairs of one split."""
        raise NotImplementedError

    def partitioner(self, key: Any, num_partitions: int) -> int:
        """The partition, from 0, whose reducer gets `key`; by default by the hash of its grouping key."""
        raise NotImplementedError

    def sort_key(self, key: Any) -> Any:
        """What keys are sorted by, as in `sorted`; by default themselves."""
        raise NotImplementedError

    def sort_comparator(self, one: Any, other: Any) -> int:
        """Instead of `sort_key`: negative, 0 or positive when one key comes before, with or after another."""
        raise NotImplementedError

    def grouping_key(self, key: Any) -> Any:
        """Neighbours in the sorted order for which this is equal are one call of the reducer.

        By default what they are sorted by. It also chooses the partition where there
        is no `partitioner`. With it, or with a sort order, `values.key` tells the key of the
        value that was taken last.
        """
        raise NotImplementedError

    def grouping_comparator(self, one: Any, other: Any) -> int:
        """Instead of `grouping_key`: 0 for keys of one group. Write `partitioner` with it."""
        raise NotImplementedError

    def reducer(self, key: Any, values: Iterator[Any]) -> Pairs:
        """Yield (key, value) pairs for one key; by default the key with each of its values.

        Keys come in order within a partition, values in the order of their splits
        and of their place in them. Keys that have no order among themselves are a
        KeyTypeError.
        """
        for value in values:
            yield key, value

    def mapper_init(self) -> Pairs | None:
        """Called before the first record of a split; may yield pairs."""

    def mapper_final(self) -> Pairs | None:
        """Called after the last record of a split; may yield pairs."""

    def combiner_init(self) -> Pairs | None:
        """Called before the first key of a split is combined; may yield pairs."""

    def combiner_final(self) -> Pairs | None:
        """Called after the last key of a split is combined; may yield pairs."""

    def reducer_init(self) -> Pairs | None:
        """Called before the first key of a partition; may yield pairs."""

    def reducer_final(self) -> Pairs | None:
        """Called after the last key of a partition; may yield pairs."""

    def increment_counter(self, group: str, counter: str, amount: int = 1) -> None:
        """Add to a counter, from inside a task; `Result.counters` has the sums over all ranks.

        Raises RuntimeError outside of tasks, where every rank would count the same.
        """
        self._in_task(f"counter {group}/{counter} was increased").counters.add(group, counter, amount)

    def write(self, name: str, key: Any, value: Any) -> None:
        """Write a pair to one of `named_outputs`, from inside a reducer, or a mapper of a job without reducers.

        Raises KeyError for a name that is not there, RuntimeError elsewhere.
        """
        task = self._in_task(f"output {name} was written")
        if task.names is None:
            raise RuntimeError(f"output {name} was written before the last step: only its pairs are results")
        if name not in task.names:
            raise KeyError(f"no output is named {name!r}; named_outputs has {sorted(task.names)}")
        task.written.append((name, (key, value)))

    def cached(self, name: str) -> Any:
        """One of `cache_objects`, from inside a task. Arrays in it are read-only and one copy a node."""
        return self._in_task(f"cached object {name} was used").cache.objects[name]

    def cached_file(self, name: str) -> str:
        """The path, on this node, of one of `cache_files`, from inside a task; `name` without folder, or after #."""
        path = os.path.join(self._in_task(f"cached file {name} was used").cache.folder, name)
        if name not in file_names(self.cache_files):
            raise KeyError(f"no cached file is named {name!r}; there are {sorted(file_names(self.cache_files))}")
        return path

    @property
    def partition(self) -> int:
        """The number of this task among its kind, from 0: of the split, or of the reducer's partition."""
        return self._in_task("partition was asked for").number

    @property
    def name(self) -> str:
        """What errors and reports call the job."""
        return str(self.conf.get("mapreduce.job.name", type(self).__name__))

    @property
    def num_maps(self) -> int:
        """The least number of splits of the input."""
        return int(self.conf.get("mapreduce.job.maps", _LEAST_SPLITS))

    @property
    def reads_results(self) -> bool:
        """Whether the input is what other jobs gave."""
        given = self.input if isinstance(self.input, (list, tuple)) else [self.input]
        return any(isinstance(item, Result) for item in given)

    def run(self) -> Result:
        """Run the job; all ranks must call it.

        With an output, files part-00000, ... and _SUCCESS appear there when all is
        done, or nothing at all; by default of lines key TAB value (None is left out,
        with its TAB). Raises FileNotFoundError for a missing input, OutputExistsError
        (a FileExistsError) before anything is read, and on all ranks what a method
        raised on one.
        """
        files = file_names(self.cache_files)
        cache = session().share(dict(self.cache_objects), files) if files or self.cache_objects else None
        try:
            counters = Counters()
            return self._finish(self._plan(counters, cache), counters)
        finally:
            if cache is not None:
                cache.free()

    def _finish(self, plan: Node, counters: Counters) -> Result:
        engine, names = session(), tuple(self.named_outputs)
        if isinstance(self.output_format, NullOutput):
            engine.act("count", plan, name=self.name)
            return Result(None, counters.totals(self.name), None)
        if self.output is None:
            kept = Kept(plan, names)
            engine.act("count", kept.node, name=self.name)
            return Result(kept, counters.totals(self.name), None)
        formats = {MAIN: self.output_format, **self.named_outputs}
        written = {name: (form.encoder, form.suffix, form.compression) for name, form in formats.items()}
        path = os.fspath(self.output)
        engine.act("save_formats", plan, path, written, repr(formats), bool(names), name=self.name)
        return Result(None, counters.totals(self.name), path)

    def explain(self) -> str:
        """The logical plan, the optimised plan and the stages, as text; all ranks must call it."""
        return session().explain(self._plan(Counters(), None))

    def _plan(self, counters: Counters, cache: Any) -> Node:
        return Planner(self, counters, cache).plan()

    def _label(self, verb: str) -> str:
        """What plans call a step."""
        return f"{type(self).__qualname__}.{verb}"

    def _pairs(self, verb: str, records: Iterator[Any]) -> Iterator[Any]:
        """What a task yields for its records."""
        return calls(self, verb, records)

    def _placement(self) -> Callable[[Any], Any] | None:
        """What partitions are chosen by the hash of, where it is not the key."""
        return self.grouping_key if self._writes("grouping_key") else None

    def _writes(self, method: str) -> bool:
        """Whether the class has written a method itself."""
        return getattr(type(self), method) is not getattr(Job, method)

    def _in_task(self, what: str) -> Task:
        if self._task is None:
            raise RuntimeError(f"{what} outside of mapper, combiner and reducer")
        return self._task


def file_names(paths: Iterable[Path]) -> dict[str, str]:
    """{name in the tasks: path} for "path" and "path#name"; ValueError for two files of one name.

    >>> file_names(["lists/stop.txt", "big.npy#table"])
    {'stop.txt': 'lists/stop.txt', 'table': 'big.npy'}
    """
    found: dict[str, str] = {}
    for given in paths:
        path, _, name = os.fspath(given).partition("#")
        name = name or os.path.basename(path)
        if name in found or os.path.basename(name) != name or name in ("", ".", ".."):
            raise ValueError(f"cached file {given} needs a plain name that no other has: write path#name")
        found[name] = path
    return found
