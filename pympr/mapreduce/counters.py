"""The counters of a job: added to in tasks, summed over the ranks."""

import operator
from typing import Any

from pympr.plan.function import Function
from pympr.plan.sources import Arrays
from pympr.plan.wide import Combine, Hash
from pympr.run.session import session


class Counters:
    """What this rank's tasks have counted."""

    def __init__(self) -> None:
        self._amounts: dict[tuple[str, str], int] = {}

    def add(self, group: str, counter: str, amount: int) -> None:
        """Add to a counter; TypeError for an amount that is not an int, as sums must be exact."""
        if type(amount) is not int:
            raise TypeError(f"counter {group}/{counter} was increased by {amount!r}, expected an int")
        name = str(group), str(counter)
        self._amounts[name] = self._amounts.get(name, 0) + amount

    def totals(self, name: str) -> dict[str, dict[str, int]]:
        """The sums over all ranks, sorted by name; collective."""
        import numpy as np

        mine = np.empty(len(self._amounts), object)
        for position, item in enumerate(self._amounts.items()):
            mine[position] = item
        engine, add = session(), Function(operator.add)
        source = Arrays(engine.new_id(), (mine,), "object", False, engine.world.size)
        plan = Combine(source, Function(_itself), add, add, Hash(1))
        found: dict[str, dict[str, int]] = {}
        for (group, counter), amount in sorted(engine.act("collect", plan, name=f"{name} counters")):
            found.setdefault(group, {})[counter] = amount
        return found


def _itself(value: Any) -> Any:
    return value
