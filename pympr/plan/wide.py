"""Steps that bring rows of different partitions together."""

from dataclasses import dataclass, field

from pympr.plan.bindings import Bindings
from pympr.plan.expression import Expression
from pympr.plan.function import Function
from pympr.plan.node import Node


@dataclass(frozen=True)
class Hash:
    """Equal keys meet; `function` chooses the partition, None by the key's own hash.

    `by_group`: rows may be brought by key group into a partition, not in their order, as a join wants them. It places
    them no differently.
    """

    num_partitions: int
    function: Function | None = None
    by_group: bool = field(default=False, compare=False)
    where: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        by = "" if self.function is None else f", {self.function}"
        return f"hash({self.num_partitions}{by})"

    def fingerprint(self) -> str:
        return f"hash:{self.num_partitions}:{self.function.fingerprint() if self.function else ''}"


@dataclass(frozen=True)
class ByRange:
    """Partitions hold consecutive ranges of the sort key.

    `splits_ties`: equal keys, too, may be cut, by their place in the input; else they stay in one partition.
    """

    num_partitions: int
    key: Function
    ascending: bool = True
    splits_ties: bool = False

    def __str__(self) -> str:
        order = "" if self.ascending else ", descending"
        return f"range({self.num_partitions}, {self.key}{order})"


@dataclass(frozen=True)
class BySource:
    """Rows are placed by the partition they come from.

    `how` is "align" (partition i goes to partition i), "gather" (neighbouring
    partitions become one) or "spread" (rows are dealt out one by one).
    """

    num_partitions: int
    num_sources: int
    how: str

    def __str__(self) -> str:
        return f"{self.how}({self.num_sources} -> {self.num_partitions})"

    def __getitem__(self, partition: int) -> range:
        """The sources that "gather" brings into a partition, as Spark's coalesce does."""
        begin = partition * self.num_sources // self.num_partitions
        return range(begin, (partition + 1) * self.num_sources // self.num_partitions)


@dataclass(frozen=True)
class Everywhere:
    """Every rank gets all rows."""

    num_partitions: int

    def __str__(self) -> str:
        return f"everywhere({self.num_partitions})"


Contract = Hash | ByRange | BySource | Everywhere
Operations = str | tuple[str, ...]


@dataclass(frozen=True)
class Combine(Node):
    """Values of equal keys merged into one combiner a key."""

    child: Node
    create: Function
    merge_value: Function
    merge_combiners: Function
    partitioning: Hash


@dataclass(frozen=True)
class Group(Node):
    """(k, all values of k) for every key."""

    child: Node
    partitioning: Hash


@dataclass(frozen=True)
class PartitionBy(Node):
    """The same (k, v) records, placed by key."""

    child: Node
    partitioning: Hash


@dataclass(frozen=True)
class Join(Node):
    """(k, (v, w)) for every pair with equal keys; `how` is inner, left, right or full.

    `may_stay`: neither the order nor the place of its rows shows, so that left rows need not move when the right
    ones are few. `may_thin`: left rows without a match need not move.
    """

    left: Node
    right: Node
    how: str
    partitioning: Hash
    may_stay: bool = field(default=False, compare=False, repr=False)
    may_thin: bool = field(default=False, compare=False, repr=False)

    def details(self) -> str:
        """The arguments, for the plan's text."""
        return super().details() + (", left rows stay where right rows are few" if self.may_stay else "")


@dataclass(frozen=True)
class CoGroup(Node):
    """(k, one list of values for every input) for every key."""

    inputs: tuple[Node, ...]
    partitioning: Hash


@dataclass(frozen=True)
class Repartition(Node):
    """The same records in another number of partitions."""

    child: Node
    partitioning: BySource


@dataclass(frozen=True)
class Zip(Node):
    """(x, y) for every x of the left and the y at the same place of the right."""

    left: Node
    right: Node
    num_partitions: int


@dataclass(frozen=True)
class Cartesian(Node):
    """(x, y) for every x of the left and every y of the right; partition i of n and j of m give i * m + j."""

    left: Node
    right: Node
    num_right: int


@dataclass(frozen=True)
class Sort(Node):
    """All records in the order of key(record), stable."""

    child: Node
    partitioning: ByRange


@dataclass(frozen=True)
class Exchange(Node):
    """Rows move to where a contract wants them."""

    child: Node
    contract: Contract


@dataclass(frozen=True)
class LocalCombine(Node):
    """What can be merged before the exchange is merged.

    `operation` and `made`, the record (key, combiner) of a record, say what the functions do to columns.
    """

    child: Node
    create: Function
    merge_value: Function
    merge_combiners: Function
    operation: Operations | None = None
    made: Expression | None = field(default=None, repr=False)
    bindings: tuple[Bindings, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class CombineWords(LocalCombine):
    """A combine of (word, constant) for every word of a text: split and merged in one pass."""

    constant: int = 1


@dataclass(frozen=True)
class FinalCombine(Node):
    """The combiners of equal keys merged after the exchange."""

    child: Node
    merge_combiners: Function
    partitioning: Hash
    operation: Operations | None = None
    bindings: tuple[Bindings, ...] = field(default=(), repr=False, compare=False)
