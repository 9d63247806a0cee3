"""A job as plan nodes, those of the RDD face."""

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pympr.mapreduce.counters import Counters
from pympr.mapreduce.result import Result
from pympr.mapreduce.tasks import Tasks, Unpack, groups, ordered_groups, settings_of
from pympr.plan.function import Function
from pympr.plan.narrow import Map, MapPartitions, SortGroups, Union
from pympr.plan.node import Node
from pympr.plan.wide import Hash, PartitionBy
from pympr.run.session import session

if TYPE_CHECKING:
    from pympr.mapreduce.job import Job

_REDUCER_BYTES = 64 << 20


class Planner:
    """The plan of one job; collective where the input's size decides."""

    def __init__(self, job: "Job", counters: Counters, cache: Any) -> None:
        self._job, self._tasks = job, Tasks(job, counters, cache)
        self._order, self._same = order_of(job, "sort"), order_of(job, "grouping")

    def plan(self) -> Node:
        """Mappers, and where there are reducers: combiners, exchange, sorted groups, reducers."""
        job = self._job
        source, unpack = _source(job)
        count = job._reduces = _num_reducers(job, source)
        pairs: Node = MapPartitions(source, self._tasks.function("mapper", unpack, count == 0), with_index=True)
        if count == 0:
            return pairs
        if job._writes("combiner"):
            pairs = self._groups(pairs, "combiner", False)
        return self._groups(self._placed(pairs, count), "reducer", True)

    def _groups(self, pairs: Node, verb: str, is_last: bool) -> Node:
        is_plain = self._order is None and self._same is None
        function = self._tasks.function(verb, groups if is_plain else ordered_groups, is_last)
        return MapPartitions(SortGroups(pairs, self._order, self._same), function, with_index=True)

    def _placed(self, pairs: Node, count: int) -> Node:
        """The pairs in their partitions: by the partitioner, else by the hash of what groups are made by."""
        job = self._job
        if job._writes("partitioner"):
            return PartitionBy(pairs, Hash(count, Function(_partitioner(job, count))))
        if (placement := job._placement()) is not None:
            split = Map(pairs, Function(_with_placement(job, placement)))
            return Map(PartitionBy(split, Hash(count)), Function(_second))
        if job._writes("grouping_comparator") and count > 1:
            raise ValueError(
                "grouping_comparator does not tell which keys belong to one partition: "
                "write partitioner too, or grouping_key instead"
            )
        return PartitionBy(pairs, Hash(count))


def order_of(job: "Job", what: str) -> Function | None:
    """The key function of sort or grouping, from `*_key` or `*_comparator`; ValueError when a job has both."""
    names = [name for name in (f"{what}_key", f"{what}_comparator") if job._writes(name)]
    if len(names) == 2:
        raise ValueError(f"{type(job).__name__} has both {names[0]} and {names[1]}: write one of them")
    if not names:
        return None
    method, settings = getattr(job, names[0]), settings_of(job)
    compared = functools.cmp_to_key(method) if names[0].endswith("comparator") else method

    @functools.wraps(method)
    def order(key: Any, method: Any = method, settings: Any = settings) -> Any:
        return compared(key)

    return Function(order)


def _source(job: "Job") -> tuple[Node, Unpack]:
    given = job.input
    results = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    if not results or not any(isinstance(result, Result) for result in results):
        return job.input_format.source(job), job.input_format.read
    odd = next((result for result in results if not isinstance(result, Result)), None)
    if odd is not None:
        raise TypeError(f"expected results of jobs or paths, not both: {odd!r:.200}")
    plans = tuple(result.plan for result in results)
    return plans[0] if len(plans) == 1 else Union(plans), lambda task, records: records


def _num_reducers(job: "Job", source: Node) -> int:
    count = job.num_reducers
    if count is None:
        count = job.conf.get("mapreduce.job._reduces")
    if count is None and job.reads_results:
        return session().num_partitions(source)
    if count is None:
        return max(1, -(-session().input_bytes(source) // _REDUCER_BYTES))
    if type(count) is not int or count < 0:
        raise ValueError(f"num_reducers must be an int of 0 or more, got {count!r}")
    return count


def _partitioner(job: "Job", count: int) -> Callable[[Any], int]:
    method, settings = job.partitioner, settings_of(job)

    @functools.wraps(method)
    def place(key: Any, settings: Any = settings) -> int:
        partition = method(key, count)
        if not 0 <= partition < count:
            raise ValueError(f"partitioner gave {partition!r} for key {key!r}, expected 0 to {count - 1}")
        return partition

    return place


def _with_placement(job: "Job", method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    settings = settings_of(job)

    @functools.wraps(method)
    def split(pair: Any, settings: Any = settings) -> Any:
        return method(pair[0]), pair

    return split


def _second(record: Any) -> Any:
    return record[1]
