"""Actions: each runs the plan on all ranks and gives every rank the same value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pympr.rdd.base import Base

if TYPE_CHECKING:
    pass


class Actions(Base):
    """The part of RDD whose methods compute; all ranks must call them."""

    def collect(self, root: int | None = None) -> list[Any]:
        """All elements, on every rank; with `root` (not in PySpark) on that rank, None elsewhere.

        >>> sc.parallelize(range(4), 2).collect()
        [0, 1, 2, 3]
        """
        return self._act("collect", root, name="collect")

    def count(self) -> int:
        """The number of elements.

        >>> sc.parallelize([2, 3, 4]).count()
        3
        """
        return self._act("count", name="count")

    def isEmpty(self) -> bool:
        """Whether there is no element.

        >>> sc.parallelize([]).isEmpty(), sc.parallelize([1]).isEmpty()
        (True, False)
        """
        return not self._act("take", 1, name="isEmpty")

    def reduce(self, f: Callable[[Any, Any], Any]) -> Any:
        """The elements merged by `f`, in the order of the partitions.

        Raises ValueError when there is none.

        >>> sc.parallelize([1, 2, 3, 4, 5]).reduce(lambda a, b: a + b)
        15
        """
        return self._act("reduce", f, name="reduce")

    def fold(self, zeroValue: Any, op: Callable[[Any, Any], Any]) -> Any:
        """Every partition folded from `zeroValue` by `op`, then the results.

        >>> from operator import add
        >>> sc.parallelize([1, 2, 3, 4, 5]).fold(0, add)
        15
        """
        return self._act("aggregate", zeroValue, op, op, name="fold")

    def aggregate(self, zeroValue: Any, seqOp: Callable[[Any, Any], Any], combOp: Callable[[Any, Any], Any]) -> Any:
        """Every partition folded from `zeroValue` by `seqOp`, the results merged by `combOp`.

        >>> add, merge = (lambda c, v: (c[0] + v, c[1] + 1)), (lambda c, d: (c[0] + d[0], c[1] + d[1]))
        >>> sc.parallelize([1, 2, 3, 4]).aggregate((0, 0), add, merge)
        (10, 4)
        """
        return self._act("aggregate", zeroValue, seqOp, combOp, name="aggregate")

    def take(self, num: int) -> list[Any]:
        """The first `num` elements; computes no more partitions than needed.

        >>> sc.parallelize([2, 3, 4, 5, 6], 3).take(2)
        [2, 3]
        """
        return self._act("take", int(num), name="take")

    def first(self) -> Any:
        """The first element; ValueError when there is none.

        >>> sc.parallelize([2, 3, 4]).first()
        2
        """
        found = self._act("take", 1, name="first")
        if not found:
            raise ValueError("RDD is empty")
        return found[0]

    def takeOrdered(self, num: int, key: Callable[[Any], Any] | None = None) -> list[Any]:
        """The `num` smallest elements, in order.

        >>> sc.parallelize([10, 1, 2, 9, 3, 4], 2).takeOrdered(3)
        [1, 2, 3]
        """
        return self._act("take_ordered", int(num), key, False, name="takeOrdered")

    def top(self, num: int, key: Callable[[Any], Any] | None = None) -> list[Any]:
        """The `num` largest elements, largest first.

        >>> sc.parallelize([10, 4, 2, 12, 3]).top(2)
        [12, 10]
        """
        return self._act("take_ordered", int(num), key, True, name="top")

    def foreach(self, f: Callable[[Any], Any]) -> None:
        """f(x) for every element x, on the rank that has it.

        >>> sc.parallelize([1, 2, 3]).foreach(lambda x: None)
        """

        def each(items: Iterable[Any]) -> None:
            for item in items:
                f(item)

        self._act("foreach_partition", each, name="foreach")

    def foreachPartition(self, f: Callable[[Any], Any]) -> None:
        """f(iterator) for every partition, on the rank that has it.

        >>> sc.parallelize([1, 2, 3]).foreachPartition(lambda items: None)
        """
        self._act("foreach_partition", f, name="foreachPartition")

    def toNumpy(self) -> Any:
        """This rank's elements as an array; a tuple of arrays when they are tuples. Not in PySpark.

        Partitions that lie on this rank, in their order. Numbers are int64, float64
        or bool; strings and bytes object arrays. Raises TypeError for elements
        that have no columns.

        >>> sc.range(3).map(lambda x: x + 0.5).toNumpy()
        array([0.5, 1.5, 2.5])
        """
        return self._act("to_numpy", name="toNumpy")
