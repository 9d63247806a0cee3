"""The engine's front door: every action of every face comes in here."""

import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pympr.collectives.broadcast import broadcast_object
from pympr.collectives.world import World, world
from pympr.config import Config
from pympr.optimise.join_in_place import join_in_place
from pympr.optimise.rewrite import optimise
from pympr.optimise.split_ties import split_ties
from pympr.optimise.tell import tell_functions
from pympr.plan.function import tell_argument
from pympr.plan.node import Node, digest
from pympr.plan.show import show
from pympr.plan.storage import StorageLevel
from pympr.plan.wide import Hash
from pympr.run import early, guard, watch
from pympr.run.accumulate import Accumulators
from pympr.run.actions.action import Run
from pympr.run.actions.approximate import count_approx_distinct
from pympr.run.actions.collect import collect, collect_chosen, collect_partitions
from pympr.run.actions.count import count
from pympr.run.actions.count import count_partitions as count_rows_of_partitions
from pympr.run.actions.fold import aggregate, reduce, total
from pympr.run.actions.foreach import foreach_partition
from pympr.run.actions.outputs import refuse_existing
from pympr.run.actions.reproducible import stats
from pympr.run.actions.save import save_json, save_pickles, save_records, save_text
from pympr.run.actions.save_formats import save_formats
from pympr.run.actions.save_npy import save_npy
from pympr.run.actions.take import take, take_ordered
from pympr.run.actions.to_numpy import to_numpy
from pympr.run.agreement import agree_on, call_site
from pympr.run.collector import rare_collections
from pympr.run.count_partitions import count_partitions
from pympr.run.deep import room_for
from pympr.run.executor import Executor
from pympr.run.input_bytes import input_bytes, input_splits
from pympr.run.listing import Listing
from pympr.run.marks import Marks
from pympr.run.measured import show_measured
from pympr.run.node_cache import NodeCache
from pympr.run.place import partition_of
from pympr.run.records import ActionRecord, StageRecord
from pympr.run.report import report
from pympr.run.spill.tell import tell_memory
from pympr.run.task import current_task
from pympr.run.together import together
from pympr.run.turns import Turns
from pympr.stages.cut import cut, show_stages

ACTIONS: dict[str, Callable[..., Any]] = {
    "collect": collect,
    "collect_partitions": collect_partitions,
    "collect_chosen": collect_chosen,
    "count": count,
    "count_approx_distinct": count_approx_distinct,
    "count_partitions": count_rows_of_partitions,
    "reduce": reduce,
    "aggregate": aggregate,
    "take": take,
    "take_ordered": take_ordered,
    "foreach_partition": foreach_partition,
    "save_json": save_json,
    "save_npy": save_npy,
    "save_pickles": save_pickles,
    "save_records": save_records,
    "save_text": save_text,
    "save_formats": save_formats,
    "to_numpy": to_numpy,
    "total": total,
    "stats": stats,
}
# What is refused before anything is computed.
CHECKS: dict[str, Callable[..., None]] = {
    "save_json": refuse_existing,
    "save_npy": refuse_existing,
    "save_pickles": refuse_existing,
    "save_records": refuse_existing,
    "save_text": refuse_existing,
    "save_formats": refuse_existing,
}


# The property by which PySpark names the group that an action belongs to.
JOB_GROUP = "spark.jobGroup.id"

__all__ = ["JOB_GROUP", "Session", "call_site", "close_session", "current_task", "open_session", "session"]


class Session:
    """One world of ranks and what it keeps between actions; every method is collective."""

    def __init__(self, ranks: World, config: Config | None = None) -> None:
        self.world = ranks
        self.config = config or together(ranks, Config, "reading the settings")
        self.station = watch.open(ranks, self.config)
        agree_on(ranks, {"action": "SparkContext", "where": call_site(), "settings": self.config.shared()})
        self._turns = Turns()
        self.listing = Listing(ranks, self.config)
        self.executor = Executor(ranks, self.config, self.listing, self.station)
        self.records: list[ActionRecord] = []
        self.marks = Marks()
        self.accumulators = Accumulators(ranks.rank)
        self.properties: dict[str, str] = {}
        self._ids = 0

    def change(self, **settings: bool) -> None:
        """Change settings for the actions to come; collective."""
        with self._turns:
            changed = replace(self.config, **settings)
            agree_on(self.world, {"action": "settings", "where": call_site(2), "settings": changed.shared()})
            self.config = self.executor.config = changed

    def act(self, action: str, plan: Node, *arguments: Any, name: str = "") -> Any:
        """Agree on the action and the plan, run the plan, and return the action's result.

        `name` is what the user called; it stands in errors and reports. Raises
        DivergenceError on all ranks when the ranks do not ask for the same.
        """
        with self._turns:
            record = ActionRecord(name or action, call_site(2), "", group=self.properties.get(JOB_GROUP))
            try:
                result = self._act(action, plan, arguments, record)
                self.accumulators.settle(self.world)
            except BaseException:
                self.accumulators.drop()
                raise
            record.is_done = True
            return result

    def _act(self, action: str, plan: Node, arguments: tuple[Any, ...], record: ActionRecord) -> Any:
        self.records.append(record)
        begun = time.perf_counter()
        planned = self.marks.on(plan, self.executor.stored)
        record.plan = digest(planned)
        fields = {
            "action": record.action,
            "where": record.where,
            "plan": show(planned),
            "code or data of the plan": record.plan,
        }
        agree_on(self.world, fields | {"arguments": ", ".join(map(tell_argument, arguments))})
        while not self.executor.mend(planned):
            planned = self.marks.on(plan, self.executor.stored)
        with self.station.doing(record.action, where=record.where), rare_collections(), room_for(planned):
            result = self._run(action, planned, arguments, record)
        record.seconds = time.perf_counter() - begun
        return result

    def _run(self, action: str, plan: Node, arguments: tuple[Any, ...], record: ActionRecord) -> Any:
        if action in CHECKS:
            CHECKS[action](self.world, *arguments)
        stages = cut(join_in_place(optimise(split_ties(plan, action)), action))
        rows = self.executor.prepare(stages, record)
        last = StageRecord(stages[-1].number, "result")
        record.stages.append(last)

        def walk(work: Any, begin: int, end: int) -> dict[int, Any]:
            return self.executor.walk(rows, work, last, (begin, end))

        return ACTIONS[action](Run(self.world, self.config, rows, walk), *arguments)

    def limit_memory(self, memory_bytes: int = 0, folder: str = "") -> None:
        """Let every rank work within so many bytes, and write the rest to a folder; the settings' where not told."""
        self._turns.refuse_inside()
        self.executor.limit(memory_bytes, folder)

    def num_partitions(self, plan: Node) -> int:
        """How many partitions a plan's rows have; lists input files at the first call."""
        with self._turns:
            return count_partitions(plan, self.listing)

    def input_bytes(self, plan: Node) -> int:
        """Bytes of a plan's input files; lists them at the first call."""
        with self._turns:
            return input_bytes(plan, self.listing)

    def input_splits(self, plan: Node) -> list[tuple[str, int, int]]:
        """(path, first byte, end) of every split of a plan's text files; lists them at the first call."""
        with self._turns:
            return [(split.path, split.begin, split.end) for split in input_splits(plan, self.listing)]

    def share(self, objects: dict[str, Any], files: dict[str, str]) -> NodeCache:
        """Objects and files of rank 0 for the ranks of every node, one copy a node; see `NodeCache`."""
        with self._turns:
            names = ", ".join([*objects, *(f"{path}#{name}" for name, path in files.items())])
            agree_on(self.world, {"action": "sharing objects and files", "where": call_site(), "arguments": names})
            return NodeCache(self.world, self.config, objects, files)

    def report(self, root: int = 0, first: int = 0) -> dict[str, Any] | None:
        """Machine, versions, and what every rank's actions did, from its `first` on, at rank `root`; None elsewhere."""
        return report(self.world, self.config, self.records[first:], root)

    def new_id(self) -> int:
        """A number that names rows or inputs, the same on every rank."""
        self._turns.refuse_inside()  # it would not be the same on every rank
        self._ids += 1
        return self._ids

    def array_kinds(self, arrays: tuple[Any, ...]) -> list[str]:
        """The dtypes of arrays, which must be one-dimensional and of equal length; an error on all ranks else."""
        return together(self.world, lambda: _kinds_of(arrays), "arrays passed to the engine")

    def explain(self, plan: Node, analyze: bool = False) -> str:
        """The logical plan, how its functions run, the optimised plan and the stages, as text.

        With `analyze` the plan is run, and what its exchanges cost follows (collective).
        """
        with room_for(plan):
            optimised = join_in_place(optimise(plan), "")
            parts = [("logical plan", show(plan)), ("functions", tell_functions(plan))]
            parts.append(("optimised plan", show(optimised)))
            parts.append(("stages", show_stages(cut(optimised))))
            if self.executor.memory.is_told:
                parts.append(("memory", tell_memory(optimised, self.executor.memory)))
        if analyze:
            self.act("count", plan, name="explain")
            parts.append(("exchanges", show_measured(self.world, self.records[-1])))
        return "\n\n".join(f"== {title} ==\n{text}" for title, text in parts)

    def marked(self, plan: Node) -> Node:
        """The plan with a Cached node wherever rows are to be kept."""
        return self.marks.on(plan)

    def keep(self, plan: Node, rdd_id: int, level: StorageLevel) -> None:
        """Keep the rows of a node, once an action has computed them."""
        self._turns.refuse_inside()
        self.marks.add(plan, rdd_id, level)

    def let_go(self, plan: Node) -> None:
        """Keep the rows of a node no longer, and drop them."""
        self._turns.refuse_inside()
        rdd_id = self.marks.remove(plan)
        if rdd_id is not None:
            self.forget(rdd_id)

    def level_of(self, plan: Node) -> StorageLevel | None:
        """How the rows of a node are kept, None when they are not."""
        return self.marks.level_of(plan)

    def checkpoint(self, plan: Node, rdd_id: int, folder: str) -> None:
        """Write the rows of a node to a folder that all ranks see, once an action has computed them."""
        self._turns.refuse_inside()
        self.marks.checkpoint(plan, rdd_id, folder)

    def is_computed(self, plan: Node) -> bool:
        """Whether the rows of a node lie kept."""
        return self.marks.number_of(plan) in self.executor.kept

    def draw(self) -> int:
        """A random seed of 63 bits, which rank 0 draws from Python's `random`; collective."""
        with self._turns:
            return int(broadcast_object(self.world, random.randint(0, sys.maxsize), 0))

    def agree(self, action: str, **fields: str) -> None:
        """DivergenceError on all ranks unless all come here with the same fields; collective."""
        with self._turns:
            agree_on(self.world, {"action": action, "where": call_site(2), **fields})

    def of_rank_0(self, value: Any) -> Any:
        """What rank 0 passes, on every rank; collective."""
        with self._turns:
            return broadcast_object(self.world, value, 0)

    def made_by_rank_0(self, make: Callable[[], Any], task: str) -> Any:
        """What `make` gives on rank 0, on every rank, or its error on all; collective."""
        with self._turns:
            made = together(self.world, lambda: make() if self.world.rank == 0 else None, task)
            return broadcast_object(self.world, made, 0)

    def once_a_node(self, work: Callable[[], Any], task: str) -> None:
        """Do something on one rank of every node; returns when all have, or raises on all; collective."""
        with self._turns:
            is_first = self.world.node().rank == 0
            together(self.world, lambda: work() if is_first else None, task)

    def node_directory(self, name: str) -> str:
        """A new directory of this session on every node, the same for its ranks; collective."""
        with self._turns:
            return self.executor.scratch.node_directory(name)

    def is_busy(self) -> bool:
        """Whether an action is running, in this thread or another."""
        return self._turns.are_taken

    def partition_of(self, key: Any, contract: Hash) -> int:
        """The partition that a hash contract gives a key."""
        return partition_of(key, contract, self.config)

    def forget(self, rdd_id: int) -> None:
        """Drop what was kept for an RDD."""
        self.executor.forget(rdd_id)

    def close(self) -> None:
        """Give back what the session holds; collective."""
        with self._turns:
            self.executor.free()
            self._turns.is_over = True


def _kinds_of(arrays: tuple[Any, ...]) -> list[str]:
    for array in arrays:
        if getattr(array, "ndim", None) != 1:
            shape = getattr(array, "shape", None)
            raise ValueError(f"expected 1-d NumPy arrays, got {type(array).__name__} of shape {shape}")
    lengths = {len(array) for array in arrays}
    if len(lengths) != 1:
        raise ValueError(f"expected arrays of one length, got lengths {sorted(lengths)}")
    return [str(array.dtype) for array in arrays]


# From the import of a face on, a rank that fails before its first action ends the others.
early.prepare()
_session: Session | None = None


def session() -> Session:
    """The program's session over all ranks; collective at the first call."""
    global _session
    if _session is None:
        _session = open_session(world())
    return _session


def open_session(ranks: World) -> Session:
    """A session over some ranks, guarded and watched; collective."""
    opened = Session(ranks)
    if (found := guard.guard()) is not None:
        found.before_end(close_session)
    return opened


def close_session() -> None:
    """End the program's session; the next call of `session` opens another. Collective."""
    global _session
    if _session is not None:
        _session.close()
        _session = None
