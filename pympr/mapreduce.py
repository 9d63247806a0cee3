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

import copy
import functools
import operator
import os
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from pympr.plan.function import Function
from pympr.plan.narrow import Cached, Map, MapPartitions, SortGroups
from pympr.plan.node import Node
from pympr.plan.sources import Arrays, TextFile
from pympr.plan.wide import Combine, Hash, PartitionBy
from pympr.run.session import session

Pairs = Iterable[tuple[Any, Any]]
Path = str | os.PathLike[str]

# More splits than ranks, and as many whatever the ranks: results must not show how many there were.
_LEAST_SPLITS = 32
_REDUCER_BYTES = 64 << 20


class Job:
    """A MapReduce job: subclass it, write `mapper` and `reducer`, make one and `run` it on all ranks.

    `input` is a path, a list of paths (files, directories, globs, compressed or
    plain) or the `Result` of another job. `output` is a directory that must not
    exist; without it the result stays in memory. `num_reducers` is the number of
    partitions of the result, 0 for a job without reducers; by default one for every
    64 MiB of input. `errors` says what to do with text that is not UTF-8, as in
    `open`.

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
    input_file: str | None = None
    _counters: "_Counters | None" = None

    def __init__(
        self,
        input: "Path | Sequence[Path] | Result",
        output: Path | None = None,
        num_reducers: int | None = None,
        errors: str = "strict",
    ) -> None:
        self.input, self.output, self.errors = input, output, errors
        if num_reducers is not None:
            self.num_reducers = num_reducers

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
        """The partition, from 0, whose reducer gets `key`; by default chosen by the key's hash."""
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
        if self._counters is None:
            raise RuntimeError(f"counter {group}/{counter} was increased outside of mapper, combiner and reducer")
        self._counters.add(group, counter, amount)

    def run(self) -> "Result":
        """Run the job; all ranks must call it.

        With an output, files part-00000, ... of lines key TAB value (None is left
        out, with its TAB) and _SUCCESS appear there when all is done, or nothing at
        all. Raises FileNotFoundError for a missing input, OutputExistsError (a
        FileExistsError) before anything is read, and on all ranks what a method
        raised on one.
        """
        engine, counters, name = session(), _Counters(), type(self).__name__
        plan = _plan(self, counters)
        if self.output is not None:
            path = os.fspath(self.output)
            engine.act("save_text", Map(plan, Function(_line)), path, name=name)
            return Result(None, counters.totals(name), path)
        kept = Cached(plan, engine.new_id())
        forget = functools.partial(engine.forget, kept.rdd_id)
        try:
            engine.act("count", kept, name=name)
            result = Result(kept, counters.totals(name), None)
        except BaseException:
            forget()
            raise
        weakref.finalize(result, forget)
        return result

    def explain(self) -> str:
        """The logical plan, the optimised plan and the stages, as text; all ranks must call it."""
        return session().explain(_plan(self, _Counters()))


class Result:
    """What a job gave: `counters` as {group: {counter: amount}}, `output` or the pairs in memory.

    The pairs lie on the ranks that made them, until the result is dropped. Give it
    to another job as its input to go on with them.
    """

    def __init__(self, plan: Node | None, counters: dict[str, dict[str, int]], output: str | None) -> None:
        self._plan, self.counters, self.output = plan, counters, output

    def collect(self, root: int | None = None) -> list[tuple[Any, Any]] | None:
        """All pairs, in the order of partitions and keys, on every rank; with `root` on that rank, None elsewhere.

        All ranks must call it. Raises ValueError when they were written to an output directory.
        """
        return session().act("collect", self._kept(), root, name="collect")

    def take(self, num: int) -> list[tuple[Any, Any]]:
        """The first `num` pairs, on every rank; all ranks must call it. ValueError as with `collect`."""
        return session().act("take", self._kept(), int(num), name="take")

    def _kept(self) -> Node:
        if self._plan is None:
            raise ValueError(f"the pairs were written to {self.output}; run the job without output to keep them")
        return self._plan


class _Counters:
    """The counters of this rank's tasks."""

    def __init__(self) -> None:
        self._amounts: dict[tuple[str, str], int] = {}

    def add(self, group: str, counter: str, amount: int) -> None:
        if type(amount) is not int:
            raise TypeError(f"counter {group}/{counter} was increased by {amount!r}, expected an int")
        name = str(group), str(counter)
        self._amounts[name] = self._amounts.get(name, 0) + amount

    def totals(self, name: str) -> dict[str, dict[str, int]]:
        """The sums over all ranks, sorted by name; collective."""
        import numpy as np

        mine = np.empty(len(self._amounts), object)
        for position, item in enumerate(self._amounts.items()):
            mine[position] = item
        engine, add = session(), Function(operator.add)
        source = Arrays(engine.new_id(), (mine,), "object", False, engine.world.size)
        plan = Combine(source, Function(_itself), add, add, Hash(1))
        found: dict[str, dict[str, int]] = {}
        for (group, counter), amount in sorted(engine.act("collect", plan, name=f"{name} counters")):
            found.setdefault(group, {})[counter] = amount
        return found


def _plan(job: Job, counters: _Counters) -> Node:
    """The job as plan nodes, those of the RDD face; collective where the input's size decides."""
    source, unpack = _source(job)
    pairs: Node = MapPartitions(source, _task(job, "mapper", counters, unpack))
    count = _num_reducers(job, source)
    if count == 0:
        return pairs
    if _has(job, "combiner"):
        pairs = MapPartitions(SortGroups(pairs), _task(job, "combiner", counters, _groups))
    place = Function(_partitioner(job, count)) if _has(job, "partitioner") else None
    placed = PartitionBy(pairs, Hash(count, place))
    return MapPartitions(SortGroups(placed), _task(job, "reducer", counters, _groups))


def _has(job: Job, method: str) -> bool:
    return getattr(type(job), method) is not getattr(Job, method)


def _source(job: Job) -> tuple[Node, "Unpack"]:
    given = job.input
    if isinstance(given, Result):
        return given._kept(), lambda task, records: records
    paths = [os.fspath(path) for path in ([given] if isinstance(given, (str, os.PathLike)) else given)]
    odd = next((path for path in paths if "," in path), None) if len(paths) > 1 else None
    if odd is not None:
        raise ValueError(f"comma in one of several paths: {odd}; write ? for it")
    serial = session().new_id()
    return TextFile(",".join(paths), _LEAST_SPLITS, job.errors, with_place=True, serial=serial), _lines


def _num_reducers(job: Job, source: Node) -> int:
    count = job.num_reducers
    if count is None and isinstance(source, Cached):
        return session().num_partitions(source)
    if count is None:
        return max(1, -(-session().input_bytes(source) // _REDUCER_BYTES))
    if type(count) is not int or count < 0:
        raise ValueError(f"num_reducers must be an int of 0 or more, got {count!r}")
    return count


def _partitioner(job: Job, count: int) -> Callable[[Any], int]:
    method, settings = job.partitioner, _settings(job)

    @functools.wraps(method)
    def place(key: Any, settings: Any = settings) -> int:
        partition = method(key, count)
        if not 0 <= partition < count:
            raise ValueError(f"partitioner gave {partition!r} for key {key!r}, expected 0 to {count - 1}")
        return partition

    return place


Unpack = Callable[[Job, Iterator[Any]], Iterator[tuple[Any, Any]]]


def _lines(task: Job, records: Iterator[Any]) -> Iterator[tuple[int, str]]:
    for (task.input_file, offset), line in records:
        yield offset, line


def _groups(task: Job, records: Iterator[Any]) -> Iterator[tuple[Any, Iterator[Any]]]:
    return ((key, iter(values)) for key, values in records)


def _task(job: Job, verb: str, counters: _Counters, unpack: Unpack) -> Function:
    """The function of one partition that calls the job's methods, named as the user's method.

    Its defaults make ranks with other code or settings differ in the plan's digest.
    """
    methods, settings = tuple(getattr(job, f"{verb}{part}") for part in ("_init", "", "_final")), _settings(job)

    @functools.wraps(methods[1])
    def task(records: Iterator[Any], methods: Any = methods, settings: Any = settings) -> Pairs:
        own = copy.copy(job)
        own._counters = counters
        return _calls(own, verb, unpack(own, records))

    task.__qualname__ = f"{type(job).__qualname__}.{verb}"
    return Function(task)


def _settings(job: Job) -> tuple[tuple[str, Any], ...]:
    """The plain attributes of a job."""
    plain = (item for item in vars(job).items() if isinstance(item[1], (int, float, str, bytes)))
    return tuple(sorted(plain))


def _calls(task: Job, verb: str, records: Iterator[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """What the init method, the method for every record, and the final method yield."""
    call, current = getattr(task, verb), None

    def results() -> Iterator[Pairs]:
        nonlocal current
        yield getattr(task, f"{verb}_init")() or ()
        for current in records:
            yield call(*current) or ()
            current = None
        yield getattr(task, f"{verb}_final")() or ()

    try:
        for pair in chain.from_iterable(results()):
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise TypeError(f"{type(task).__name__}.{verb} gave {pair!r:.200}, expected a tuple (key, value)")
            yield pair
    except Exception as error:
        if current is not None:
            error.add_note(f"{type(task).__name__}.{verb} was at {_position(task, verb, current[0])}")
        raise


def _position(task: Job, verb: str, key: Any) -> str:
    if verb == "mapper" and task.input_file is not None:
        return f"byte {key} of {task.input_file}"
    return f"key {key!r:.200}"


def _line(pair: tuple[Any, Any]) -> str:
    return "\t".join([str(item) for item in pair if item is not None])


def _itself(value: Any) -> Any:
    return value
