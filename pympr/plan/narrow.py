"""Steps that need no other partition."""

from dataclasses import dataclass, field
from typing import Any

from pympr.plan.bindings import Bindings
from pympr.plan.expression import Expression, SplitItem
from pympr.plan.function import Function
from pympr.plan.node import Node
from pympr.plan.storage import StorageLevel


@dataclass(frozen=True)
class Map(Node):
    """f(record) for every record."""

    child: Node
    function: Function
    preserves: bool = False


@dataclass(frozen=True)
class FlatMap(Node):
    """All items of f(record), for every record."""

    child: Node
    function: Function
    preserves: bool = False


@dataclass(frozen=True)
class Filter(Node):
    """The records for which f(record) is true."""

    child: Node
    function: Function


@dataclass(frozen=True)
class MapValues(Node):
    """(k, f(v)) for every (k, v)."""

    child: Node
    function: Function


@dataclass(frozen=True)
class FlatMapValues(Node):
    """(k, item) for every item of f(v), for every (k, v)."""

    child: Node
    function: Function


@dataclass(frozen=True)
class MapPartitions(Node):
    """f(iterator of records), or f(index, iterator), gives the records of the new partition."""

    child: Node
    function: Function
    with_index: bool = False
    preserves: bool = False


@dataclass(frozen=True)
class SortGroups(Node):
    """(k, list of the values of k in their order) for every key of each partition, keys in order.

    With `order` or `same`: records are sorted by order(k), by k where it is None,
    stable; neighbours with equal same(k), order(k) where it is None, are a group. It is
    given as (its first k, list of its (k, v)).
    """

    child: Node
    order: Function | None = None
    same: Function | None = None


@dataclass(frozen=True)
class MapBlocks(Node):
    """f(array or tuple of arrays) for every block of columns."""

    child: Node
    function: Function


@dataclass(frozen=True)
class Union(Node):
    """The partitions of all inputs, one after the other."""

    inputs: tuple[Node, ...]


@dataclass(frozen=True)
class Cached(Node):
    """Computed once, then kept by the rank that computed it as `level` says, or by all in a shared `folder`."""

    child: Node
    rdd_id: int
    level: StorageLevel = StorageLevel.MEMORY_ONLY
    folder: str = ""


@dataclass(frozen=True)
class Stored(Node):
    """Rows that lie kept already, placed by a `contract` or None, where `lies` says: nothing below is planned."""

    rdd_id: int
    level: StorageLevel
    folder: str
    contract: Any
    lies: str


@dataclass(frozen=True)
class Project(Node):
    """An expression over columns instead of a Python function over records, or over their values."""

    child: Node
    expression: Expression
    function: Function
    preserves: bool = False
    of_values: bool = False
    bindings: Bindings = field(default_factory=Bindings, repr=False, compare=False)


@dataclass(frozen=True)
class LineItems(Node):
    """An expression over one item of every line's split, read off a text; `function` gives the same from the line."""

    child: Node
    item: SplitItem
    expression: Expression
    function: Function
    bindings: Bindings = field(default_factory=Bindings, repr=False, compare=False)


@dataclass(frozen=True)
class Where(Node):
    """The records for which an expression over columns is true."""

    child: Node
    expression: Expression
    function: Function
    bindings: Bindings = field(default_factory=Bindings, repr=False, compare=False)


@dataclass(frozen=True)
class Spread(Node):
    """Every one of some expressions over columns, in turn for each record; `of_values` pairs them with the key.

    One that is `Pieces` stands for its items, of the value with `of_values`.
    """

    child: Node
    items: tuple[Expression, ...]
    function: Function
    preserves: bool = False
    of_values: bool = False
    bindings: Bindings = field(default_factory=Bindings, repr=False, compare=False)


@dataclass(frozen=True)
class SpreadEach(Node):
    """Expressions over every item of the list `of`, in turn; `steps` are computed for items, `checks` for records."""

    child: Node
    of: Expression
    items: tuple[Expression, ...]
    steps: tuple[Expression, ...]
    checks: tuple[Expression, ...]
    function: Function
    preserves: bool = False
    of_values: bool = False
    bindings: Bindings = field(default_factory=Bindings, repr=False, compare=False)


@dataclass(frozen=True)
class Words(Node):
    """The words of every line, as `str.split()` finds them; `of_values` gives (k, word) for (k, line)."""

    child: Node
    function: Function
    of_values: bool = False

    @property
    def preserves(self) -> bool:
        """Whether keys stay where they are."""
        return self.of_values


@dataclass(frozen=True)
class Fused(Node):
    """Python functions run one after the other on each record, without lists between."""

    child: Node
    steps: tuple[tuple[str, Function], ...]

    def details(self) -> str:
        return " -> ".join(f"{verb}({function})" for verb, function in self.steps)

    def identity(self) -> str:
        return "Fused(" + ",".join(f"{verb}:{f.fingerprint()}" for verb, f in self.steps) + ")"
