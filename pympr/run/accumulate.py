"""What tasks add to accumulators, brought together once an action is done."""

from collections.abc import Callable
from typing import Any, Protocol
from weakref import WeakValueDictionary

from pympr.collectives.reduce import reduce_tree
from pympr.collectives.world import World
from pympr.run.task import current_task

# (stage, partition, rank): where a partial sum was made.
Place = tuple[int, int, int]
Partials = dict[int, dict[Place, Any]]
_ANYWHERE: Place = (-1, -1, -1)


class Accumulating(Protocol):
    """What the accumulators of a face can do."""

    def take(self, partial: Any) -> None:
        """Add a partial sum to the value."""


class Accumulators:
    """The partial sums of this rank's tasks, by accumulator and task.

    Merging them in the order of stages and partitions gives the same value on any
    number of ranks, of floats too. Whole numbers are added where they are, as no
    order shows.
    """

    def __init__(self, rank: int) -> None:
        self._rank = rank
        self._known: WeakValueDictionary[int, Any] = WeakValueDictionary()
        self._sums: set[int] = set()
        self._pending: Partials = {}
        self._are_any = False

    def register(self, number: int, accumulator: Accumulating, is_sum: bool) -> None:
        """Make an accumulator known by a number that is the same on every rank; `is_sum` when it merges by `+`."""
        self._known[number] = accumulator
        if is_sum:
            self._sums.add(number)
        self._are_any = True

    def add(self, number: int, term: Any, zero: Callable[[], Any], merge: Callable[[Any, Any], Any]) -> None:
        """Add a term in a task."""
        task = current_task()
        assert task is not None, "a term outside of a task is added to the value itself"
        partials = self._pending.setdefault(number, {})
        place = (task.stage, task.partition, self._rank)
        before = partials[place] if place in partials else zero()
        partials[place] = merge(before, term)

    def drop(self) -> None:
        """Forget what the tasks of a failed action added."""
        self._pending.clear()

    def settle(self, world: World) -> None:
        """Add what the tasks of all ranks added to the values, on every rank; collective."""
        if not self._are_any:
            return
        mine = {
            number: _whole(partials) if number in self._sums else partials for number, partials in self._pending.items()
        }
        self._pending = {}
        for number, partials in sorted(reduce_tree(world, mine, _both).items()):
            accumulator = self._known.get(number)
            for place in sorted(partials):
                if accumulator is not None:
                    accumulator.take(partials[place])


def _whole(partials: dict[Place, Any]) -> dict[Place, Any]:
    """Whole numbers that are simply added, as one."""
    if all(type(value) is int for value in partials.values()):
        return {_ANYWHERE: sum(partials.values())}
    return partials


def _both(left: Partials, right: Partials) -> Partials:
    merged = {number: dict(partials) for number, partials in left.items()}
    for number, partials in right.items():
        into = merged.setdefault(number, {})
        for place, value in partials.items():
            into[place] = into[place] + value if place in into else value
    return merged
