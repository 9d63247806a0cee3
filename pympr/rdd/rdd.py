"""A resilient distributed dataset: a plan, and the context it belongs to."""

from __future__ import annotations

from pympr.plan.show import show
from pympr.rdd.barrier import Barriers
from pympr.rdd.checkpoints import Checkpoints
from pympr.rdd.counting import Counting
from pympr.rdd.formats import Formats
from pympr.rdd.indexing import Indexing
from pympr.rdd.iterating import Iterating
from pympr.rdd.keeping import Keeping
from pympr.rdd.numbers import Numbers
from pympr.rdd.piping import Piping
from pympr.rdd.sampling import Sampling
from pympr.rdd.saving import Saving
from pympr.rdd.sets import Sets
from pympr.rdd.sorting import Sorting
from pympr.rdd.trees import Trees
from pympr.refused import RefusedByRDD


class RDD(
    Sets,
    Sorting,
    Counting,
    Numbers,
    Trees,
    Sampling,
    Indexing,
    Piping,
    Saving,
    Formats,
    Keeping,
    Checkpoints,
    Iterating,
    Barriers,
    RefusedByRDD,
):
    """An immutable, partitioned collection over all ranks; made by a SparkContext or from another RDD.

    Transformations only extend the plan. Actions run it, and every rank must
    call them in the same order. `repr` is local and communicates nothing.
    """

    def inputBytes(self) -> int:
        """The bytes of all input files, as they lie on disk (all ranks must call it). Not in PySpark.

        >>> sc.range(9).inputBytes()
        0
        """
        return self.ctx._session.input_bytes(self._plan)

    def explain(self, analyze: bool = False) -> str:
        """The logical plan, the optimised plan and the stages, as text. Not in PySpark.

        With `analyze` the rows are computed and counted (all ranks must call it), and a table for each
        exchange tells rows and cost: by which variant, what was predicted, and what was measured.

        >>> print(sc.range(3).explain().splitlines()[0])
        == logical plan ==
        >>> print(sc.range(3).explain(analyze=True).splitlines()[-1])
        nothing is exchanged
        """
        return self.ctx._session.explain(self.node, analyze)

    def toDebugString(self) -> bytes:
        """The plan as text, as UTF-8 bytes like PySpark's.

        >>> print(sc.parallelize([1, 2], 2).toDebugString().decode())
        (2) Collection(num_slices=2)
        """
        return f"({self.getNumPartitions()}) {show(self.node)}".encode()

    def __repr__(self) -> str:
        return f"<pympr RDD {self._id}: {type(self._plan).__name__}({self._plan.details()})>"
