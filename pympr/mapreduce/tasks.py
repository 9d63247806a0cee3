"""What runs in tasks: a job's methods, called for the records of one split or partition."""

import copy
import functools
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from pympr.mapreduce.counters import Counters
from pympr.mapreduce.result import MAIN
from pympr.plan.function import Function

if TYPE_CHECKING:
    from pympr.mapreduce.job import Job

Pairs = Iterable[tuple[Any, Any]]
Unpack = Callable[["Job", Iterator[Any]], Iterator[tuple[Any, Any]]]
_PLAIN = (int, float, str, bytes)


class Task:
    """What a task has of its own: its number, where it counts, what it may read, and what it wrote to named outputs."""

    def __init__(self, number: int, counters: Counters, cache: Any, names: Iterable[str] | None) -> None:
        self.number, self.counters, self.cache = number, counters, cache
        self.names = None if names is None else frozenset(names)
        self.written: list[tuple[str, Any]] = []

    def tagged(self, pairs: Iterator[Any]) -> Iterator[tuple[str, Any]]:
        """The pairs with their output's name, those that were written before each before it."""
        for pair in pairs:
            yield from self._taken()
            yield MAIN, pair
        yield from self._taken()

    def _taken(self) -> list[tuple[str, Any]]:
        taken, self.written = self.written, []
        return taken


class Values:
    """The values of a group, one after the other; `key` is the key of the value that came last."""

    def __init__(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        self._pairs = iter(pairs)
        self.key: Any = None

    def __iter__(self) -> "Values":
        return self

    def __next__(self) -> Any:
        self.key, value = next(self._pairs)
        return value


def groups(task: "Job", records: Iterator[Any]) -> Iterator[tuple[Any, Iterator[Any]]]:
    """(key, values) for the calls of combiner and reducer."""
    return ((key, iter(values)) for key, values in records)


def ordered_groups(task: "Job", records: Iterator[Any]) -> Iterator[tuple[Any, Iterator[Any]]]:
    """(first key, values that know their keys)."""
    return ((key, Values(pairs)) for key, pairs in records)


class Tasks:
    """Makes the plan's functions from a job: they share its counters and cache."""

    def __init__(self, job: "Job", counters: Counters, cache: Any) -> None:
        self._job, self._counters, self._cache = job, counters, cache

    def function(self, verb: str, unpack: Unpack, is_last: bool) -> Function:
        """The function of one partition that calls the job's methods, named as the user's method.

        Its defaults make ranks with other code or settings differ in the plan's digest.
        """
        job, counters, cache = self._job, self._counters, self._cache
        names = tuple(job.named_outputs) if is_last else None
        settings = settings_of(job)
        methods = tuple(getattr(job, f"{verb}{part}") for part in ("_init", "", "_final"))

        @functools.wraps(methods[1])
        def task(index: int, records: Iterator[Any], methods: Any = methods, settings: Any = settings) -> Iterator[Any]:
            own = copy.copy(job)
            own._task = Task(index, counters, cache, names)
            pairs = own._pairs(verb, unpack(own, records))
            return own._task.tagged(pairs) if names else pairs

        task.__qualname__ = job._label(verb)
        return Function(task)


def settings_of(job: "Job") -> tuple[tuple[str, str], ...]:
    """The plain settings of a job, and its formats."""
    found: dict[str, Any] = {name: value for name, value in vars(job).items() if isinstance(value, _PLAIN)}
    found |= {f"conf {name}": value for name, value in job.conf.items()}
    found |= {"input_format": job.input_format, "output_format": job.output_format}
    return tuple(sorted((name, repr(value)) for name, value in found.items()))


def calls(task: "Job", verb: str, records: Iterator[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
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


def _position(task: "Job", verb: str, key: Any) -> str:
    place = "byte" if verb == "mapper" and task.input_format.key_is_offset and task.input_file else "key"
    told = f"{place} {key!r:.200}"
    return told if task.input_file is None else f"{told} of {task.input_file}"
