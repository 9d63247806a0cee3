"""What a job gives."""

import functools
import weakref
from typing import Any

from pympr.plan.function import Function
from pympr.plan.narrow import Cached, Filter, Map
from pympr.plan.node import Node
from pympr.run.session import session

# The name of the pairs that are yielded, beside those of `Job.named_outputs`; their files begin with it.
MAIN = "part"


class Kept:
    """Pairs in the memory of the ranks, until this object is dropped; with `names`, records are (name, pair)."""

    def __init__(self, plan: Node, names: tuple[str, ...]) -> None:
        engine = session()
        self.node, self.names = Cached(plan, engine.new_id()), names
        weakref.finalize(self, functools.partial(engine.forget, self.node.rdd_id))

    def select(self, name: str) -> Node:
        """The plan of the pairs of one name."""
        if not self.names:
            return self.node

        def has_name(record: tuple[str, Any], name: str = name) -> bool:
            return record[0] == name

        return Map(Filter(self.node, Function(has_name)), Function(_pair))


def _pair(record: tuple[str, Any]) -> Any:
    return record[1]


class Result:
    """What a job gave: `counters` as {group: {counter: amount}}, `output` or the pairs in memory.

    The pairs lie on the ranks that made them, until the result is dropped. Give it
    to another job as its input to go on with them.
    """

    def __init__(
        self, kept: Kept | None, counters: dict[str, dict[str, int]], output: str | None, name: str = MAIN
    ) -> None:
        self._kept, self._name = kept, name
        self.counters, self.output = counters, output

    @property
    def plan(self) -> Node:
        """The plan of the pairs; ValueError when they were not kept."""
        if self._kept is None:
            what = "dropped" if self.output is None else f"written to {self.output}"
            raise ValueError(f"the pairs were {what}; run the job without output to keep them")
        return self._kept.select(self._name)

    def collect(self, root: int | None = None) -> list[tuple[Any, Any]] | None:
        """All pairs, in the order of partitions and keys, on every rank; with `root` on that rank, None elsewhere.

        All ranks must call it. Raises ValueError when they were written to an output directory.
        """
        return session().act("collect", self.plan, root, name="collect")

    def take(self, num: int) -> list[tuple[Any, Any]]:
        """The first `num` pairs, on every rank; all ranks must call it. ValueError as with `collect`."""
        return session().act("take", self.plan, int(num), name="take")

    def named(self, name: str) -> "Result":
        """The pairs that were written to one of the job's `named_outputs`; KeyError for another name."""
        names = self._kept.names if self._kept is not None else ()
        if self._kept is not None and name not in names:
            raise KeyError(f"no output is named {name!r}; there are {sorted(names)}")
        return Result(self._kept, self.counters, self.output, name)
