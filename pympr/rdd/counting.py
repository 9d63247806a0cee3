"""Actions that count, and actions on (key, value) elements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from operator import add, itemgetter
from typing import Any

from pympr.plan.wide import Hash
from pympr.rdd.actions import Actions
from pympr.rdd.pairs import Pairs


class Counting(Pairs, Actions):
    """The part of RDD that gives dictionaries and lookups."""

    def countByValue(self) -> dict[Any, int]:
        """How often every element occurs.

        >>> sorted(sc.parallelize([1, 2, 1, 2, 2], 2).countByValue().items())
        [(1, 2), (2, 3)]
        """
        pairs = self.map(lambda x: (x, 1)).reduceByKey(add)
        return defaultdict(int, pairs._act("collect", name="countByValue"))

    def countByKey(self) -> dict[Any, int]:
        """How often every key occurs.

        >>> sorted(sc.parallelize([("a", 1), ("b", 1), ("a", 1)]).countByKey().items())
        [('a', 2), ('b', 1)]
        """
        pairs = self.map(lambda x: (x[0], 1)).reduceByKey(add)
        return defaultdict(int, pairs._act("collect", name="countByKey"))

    def collectAsMap(self) -> dict[Any, Any]:
        """The (k, v) elements as a dictionary.

        >>> sc.parallelize([(1, 2), (3, 4)]).collectAsMap()
        {1: 2, 3: 4}
        """
        return dict(self._act("collect", name="collectAsMap"))

    def lookup(self, key: Any) -> list[Any]:
        """All values of a key.

        >>> sc.parallelize([("a", 1), ("b", 2), ("a", 3)]).lookup("a")
        [1, 3]
        """
        values = self.filter(lambda pair: pair[0] == key).map(itemgetter(1))
        contract = self.placed_by()
        if not isinstance(contract, Hash):
            return values._act("collect", name="lookup")
        partition = self.ctx._session.partition_of(key, contract)
        return values._act("collect_chosen", [partition], name="lookup")

    def reduceByKeyLocally(self, func: Callable[[Any, Any], Any]) -> dict[Any, Any]:
        """The values of every key merged by `func`, as a dictionary.

        >>> from operator import add
        >>> sorted(sc.parallelize([("a", 1), ("b", 1), ("a", 1)]).reduceByKeyLocally(add).items())
        [('a', 2), ('b', 1)]
        """
        return dict(self.reduceByKey(func)._act("collect", name="reduceByKeyLocally"))

    def countApproxDistinct(self, relativeSD: float = 0.05) -> int:
        """About how many different elements there are, with a relative standard deviation of `relativeSD`.

        The same on every number of ranks. Elements must be keys that pympr can hash.
        HyperLogLog (Flajolet, Fusy, Gandouet and Meunier, 2007) with 64-bit hashes.

        >>> 900 < sc.parallelize(range(1000)).map(str).countApproxDistinct() < 1100
        True
        """
        if relativeSD < 0.000017:
            raise ValueError("relativeSD should be greater than 0.000017")
        return self._act("count_approx_distinct", float(relativeSD), name="countApproxDistinct")
