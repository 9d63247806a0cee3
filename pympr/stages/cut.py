"""Plan to stages: a stage ends where rows move or are kept."""

from dataclasses import dataclass

from pympr.plan.narrow import Cached
from pympr.plan.node import Node
from pympr.plan.placed import lies, placed_by
from pympr.plan.show import show
from pympr.plan.storage import StorageLevel
from pympr.plan.wide import Contract, Exchange


@dataclass(frozen=True)
class StageInput(Node):
    """The rows that an earlier stage left on this rank."""

    stage: int


@dataclass(frozen=True)
class Keep:
    """The rows stay on their rank, for this and later actions, placed and lying as they are."""

    rdd_id: int
    level: StorageLevel = StorageLevel.MEMORY_ONLY
    folder: str = ""
    contract: Contract | None = None
    lies: str = ""

    def __str__(self) -> str:
        return f"keep(rdd {self.rdd_id}, {self.level})"


@dataclass(frozen=True)
class Stage:
    """One local pipeline, and how its rows leave it; None is the action itself."""

    number: int
    root: Node
    output: Contract | Keep | None

    @property
    def inputs(self) -> tuple[int, ...]:
        return tuple(node.stage for node in self.root.walk() if isinstance(node, StageInput))


def cut(plan: Node) -> tuple[Stage, ...]:
    """The stages of an optimised plan in the order in which every rank runs them.

    A part of the plan that several steps share becomes one stage: the same node,
    not an equal one, as functions that look alike may hold different data.
    """
    cutter = _Cutter()
    root = cutter.separate(plan)
    return (*cutter.stages, Stage(len(cutter.stages), root, None))


class _Cutter:
    """The stages found so far.

    Not a recursive closure: that would be a cycle, and keep the plan's rows alive
    until some later garbage collection.
    """

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self._known: dict[object, int] = {}

    def separate(self, node: Node) -> Node:
        """The node with an input in place of what an earlier stage leaves."""
        if not isinstance(node, (Exchange, Cached)):
            return node.with_children(self.separate)
        name = node.rdd_id if isinstance(node, Cached) else (id(node),)
        if name not in self._known:
            root = self.separate(node.child)
            output = node.contract if isinstance(node, Exchange) else _kept(node)
            self.stages.append(Stage(len(self.stages), root, output))
            self._known[name] = len(self.stages) - 1
        return StageInput(self._known[name])


def _kept(node: Cached) -> Keep:
    return Keep(node.rdd_id, node.level, node.folder, placed_by(node), lies(node))


def show_stages(stages: tuple[Stage, ...]) -> str:
    """The stages as text, in the order in which they run."""
    parts = []
    for stage in stages:
        output = "result" if stage.output is None else str(stage.output)
        parts.append(f"stage {stage.number} -> {output}\n{show(stage.root, 1)}")
    return "\n".join(parts)
