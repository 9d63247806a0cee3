"""Walks the stages of a plan, in the same order on every rank."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from pympr.collectives.reduce import allreduce
from pympr.collectives.world import World
from pympr.config import Config
from pympr.data.block import Block, to_columns
from pympr.plan.narrow import Stored
from pympr.plan.node import Node
from pympr.plan.wide import Contract, Everywhere, LocalCombine
from pympr.run import in_place, key_filter
from pympr.run.claims import Claims
from pympr.run.evaluate import Evaluator
from pympr.run.everywhere import everywhere
from pympr.run.in_place import LeftSide
from pympr.run.keep import Kept
from pympr.run.listing import Listing
from pympr.run.records import ActionRecord, Intake, StageRecord
from pympr.run.rows import Rows
from pympr.run.scratch import Scratch
from pympr.run.spill.combining import BoundedSink
from pympr.run.spill.memory import memory_of
from pympr.run.spill.rounds import move_staged
from pympr.run.spill.staged import Staged
from pympr.run.stations import Station
from pympr.run.task import task_of
from pympr.run.together import Progress, together
from pympr.stages.cut import Keep, Stage

Partial = Callable[[int, Iterator[Block]], Any]


class Executor:
    """Runs stages; holds what they leave for later stages and, when kept, for later actions."""

    def __init__(self, world: World, config: Config, listing: Listing, station: Station) -> None:
        self.world, self.config, self.listing, self.station = world, config, listing, station
        self.claims = Claims(world)
        self.kept: dict[int, Kept] = {}
        self.stored: dict[int, Stored] = {}
        self.scratch = Scratch(world)
        self.memory = memory_of(world, config)
        self.intake = Intake()

    def limit(self, memory_bytes: int, folder: str) -> None:
        """Work with another memory budget and scratch folder from now on."""
        found = memory_of(self.world, self.config, memory_bytes, folder)
        self.memory.limit_bytes, self.memory.folder = found.limit_bytes, found.folder
        self.memory.is_told = found.is_told

    def prepare(self, stages: tuple[Stage, ...], record: ActionRecord) -> Rows:
        """Run all stages but the last; the rows of the last, not yet computed."""
        left: dict[int, Rows] = {}
        at = Evaluator(self.world.rank, self.config, self.listing, self.intake, self.memory, left, self.kept)
        lefts = in_place.left_sides(stages)
        order = in_place.in_order(stages, lefts)
        last_use = {number: stage.number for stage in order for number in stage.inputs}
        rights = {side.stage: number for number, side in lefts.items()}
        for stage in order[:-1]:
            if rights.get(stage.number) in at.broadcast:
                left[stage.number] = self._leave(stage, at, record)
            else:
                left[stage.number] = self._run(stage, at, record, lefts.get(stage.number))
            for number in [n for n, user in last_use.items() if user == stage.number]:
                left.pop(number, None)
        return at.rows(stages[-1].root)

    def _leave(self, stage: Stage, at: Evaluator, record: ActionRecord) -> Rows:
        """The rows of a stage as they lie, made when they are joined."""
        record.stages.append(StageRecord(stage.number, "in place", variant="in place"))
        return at.rows(stage.root).through(lambda blocks: map(_as_column, blocks))

    def _run(self, stage: Stage, at: Evaluator, record: ActionRecord, other: LeftSide | None) -> Rows:
        started = StageRecord(stage.number, str(stage.output))
        record.stages.append(started)
        if isinstance(stage.output, Keep):
            return self._keep(stage, stage.output, at, started)
        try:
            return self._exchange(stage, stage.output, at, started, other)
        except Exception as error:
            where = getattr(stage.output, "where", "")
            if where:  # of the transformation: the traceback has that of the action
                error.add_note(f"pympr: needed by the {type(stage.output).__name__.lower()} exchange of {where}")
            raise

    def _keep(self, stage: Stage, output: Keep, at: Evaluator, started: StageRecord) -> Rows:
        rows = at.rows(stage.root)
        kept = Kept(rows.total, output.level, self.memory, self.scratch, output.folder)
        try:
            self.walk(rows, lambda at, blocks: kept.put(at, map(_as_column, blocks)), started, (0, rows.total))
            kept.copy(self.world)
        except BaseException:
            kept.free()
            raise
        self.kept[output.rdd_id] = kept
        self.stored[output.rdd_id] = Stored(output.rdd_id, output.level, output.folder, output.contract, output.lies)
        return kept.rows()

    def forget(self, rdd_id: int) -> None:
        """Drop what was kept for an RDD."""
        self.stored.pop(rdd_id, None)
        if (kept := self.kept.pop(rdd_id, None)) is not None:
            kept.free()

    def mend(self, plan: Node) -> bool:
        """Forget kept rows of a plan of which parts are gone and cannot be brought back; False then. Collective."""
        lost = []
        for node in plan.walk():
            if isinstance(node, Stored) and not self.kept[node.rdd_id].mend(self.world):
                lost.append(node.rdd_id)
        for rdd_id in lost:
            self.forget(rdd_id)
        return not lost

    def _exchange(
        self, stage: Stage, contract: Contract, at: Evaluator, started: StageRecord, other: LeftSide | None
    ) -> Rows:
        combine = stage.root if isinstance(stage.root, LocalCombine) else None
        rows = at.rows(combine.child if combine else stage.root)
        staged = Staged(None if isinstance(contract, Everywhere) else self.memory)
        thin = at.filters[stage.number].thinned if stage.number in at.filters else iter
        sink = BoundedSink(combine, self.config, staged, self.memory) if combine else None

        def consume(index: int, blocks: Iterator[Block]) -> None:
            if sink is not None:
                sink.consume(index, blocks)
            else:
                staged.extend(index, thin(map(_as_column, blocks)))

        self.walk(rows, consume, started, (0, rows.total))
        if sink is not None:
            with task_of(stage.number):
                together(self.world, sink.finish, f"stage {stage.number}, combining")
        started.rows_sent = staged.rows
        if isinstance(contract, Everywhere):
            return everywhere(self.world, contract.num_partitions, staged.parts())
        if other is not None and self._is_broadcast(stage, other, staged, at):
            started.variant = "broadcast"
            return everywhere(self.world, rows.total, staged.parts())
        begun, spilled_bytes = time.perf_counter(), self.memory.spilled_bytes
        with self.station.doing("exchange", stage=f"stage {stage.number}", waits=True):
            with task_of(stage.number):
                rows, counted = move_staged(self.world, contract, staged, self.config, self.memory)
        started.exchange_seconds = time.perf_counter() - begun
        for counters in counted:
            started.count(counters)
        started.bytes_spilled += self.memory.spilled_bytes - spilled_bytes
        return rows

    def _is_broadcast(self, stage: Stage, left: LeftSide, staged: Staged, at: Evaluator) -> bool:
        """Whether the right rows of a join are so few that they go to all ranks; else the left side learns their keys.

        Collective.
        """
        if left.may_stay and self._is_small(staged):
            at.broadcast.add(stage.number)
            return True
        if left.may_thin and key_filter.pays(self.world):
            pieces = (piece for block in staged.blocks() for piece in block.pieces(self.memory.buffer_bytes))
            found = key_filter.make_filter(self.world, staged.rows, pieces, self.config)
            at.filters |= {} if found is None else {left.stage: found}
        return False

    def _is_small(self, staged: Staged) -> bool:
        most = self.config.broadcast_bytes
        has_no_room = staged.is_spilled or self.memory.share_bytes < most
        mine = np.array([staged.num_bytes, has_no_room], np.int64)
        total, without_room = allreduce(self.world, mine, "sum").tolist()
        return total <= most and not without_room

    def walk(self, rows: Rows, work: Partial, started: StageRecord, limits: tuple[int, int]) -> dict[int, Any]:
        """work(i, blocks) for the partitions that fall to this rank; all ranks fail when one does."""
        begun, read, results = time.perf_counter(), replace(self.intake), {}
        spilled_bytes = self.memory.spilled_bytes
        progress = Progress(f"stage {started.stage}")

        def everything() -> None:
            mine = chain(_within(rows.mine, limits), self.claims.run(_within(rows.free, limits)))
            try:
                for progress.partition in mine:
                    blocks = started.passed(rows.blocks(progress.partition))
                    with task_of(started.stage, progress.partition):
                        results[progress.partition] = work(progress.partition, blocks)
                    self.station.progress(done=1)
            finally:
                for _ in mine:  # what a failed rank leaves unclaimed is not worth doing
                    pass

        with self.station.doing("map", stage=f"stage {started.stage}"):
            self.station.progress(total=rows.total)
            together(self.world, everything, progress)
        started.partitions += len(results)
        started.rows_read += self.intake.rows - read.rows
        started.bytes_read += self.intake.num_bytes - read.num_bytes
        started.bytes_spilled += self.memory.spilled_bytes - spilled_bytes
        started.seconds += time.perf_counter() - begun
        return results

    def free(self) -> None:
        """Give back what was kept and the claims' counter; collective."""
        for rdd_id in list(self.kept):
            self.forget(rdd_id)
        self.scratch.remove()
        self.claims.free()


def _within(numbers: Sequence[int], limits: tuple[int, int]) -> Sequence[int]:
    begin, end = limits
    if isinstance(numbers, range):
        return range(max(numbers.start, begin), min(numbers.stop, end))
    return [number for number in numbers if begin <= number < end]


def _as_column(block: Block) -> Block:
    """A block that outlives the buffer it was read into, as columns where the records allow it."""
    return to_columns(block.compact())
