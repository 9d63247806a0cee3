"""Values that tasks add to and the script reads."""

from __future__ import annotations

from typing import Any, Self

from pympr.run.session import current_task, session


class AccumulatorParam:
    """How the values of an accumulator are added; write a subclass for values other than numbers.

    >>> class Vector(AccumulatorParam):
    ...     def zero(self, value):
    ...         return [0.0] * len(value)
    ...     def addInPlace(self, value1, value2):
    ...         return [a + b for a, b in zip(value1, value2)]
    >>> total = sc.accumulator([1.0, 2.0], Vector())
    >>> sc.parallelize([1, 2, 3]).foreach(lambda x: total.add([x, x]))
    >>> total.value
    [7.0, 8.0]
    """

    def zero(self, value: Any) -> Any:
        """A value that changes nothing when it is added, like `value`."""
        raise NotImplementedError

    def addInPlace(self, value1: Any, value2: Any) -> Any:
        """The sum; `value1` may be changed and returned."""
        raise NotImplementedError


class AddingAccumulatorParam(AccumulatorParam):
    """Adds by `+` from a zero."""

    def __init__(self, zero_value: Any) -> None:
        self.zero_value = zero_value

    def zero(self, value: Any) -> Any:
        return self.zero_value

    def addInPlace(self, value1: Any, value2: Any) -> Any:
        value1 += value2
        return value1


_OF_NUMBERS = {int: AddingAccumulatorParam(0), float: AddingAccumulatorParam(0.0), complex: AddingAccumulatorParam(0j)}


class Accumulator:
    """A value that tasks add to; made by `SparkContext.accumulator`.

    What tasks add reaches the value, the same on every rank, when the action that ran
    them is done; nothing of an action that fails does. Functions that run again, in
    a later action, add again. Outside of tasks every rank adds the same.

    >>> seen = sc.accumulator(1)
    >>> seen += 5
    >>> sc.parallelize([1, 2, 3]).foreach(lambda x: seen.add(x))
    >>> seen.value
    12
    """

    def __init__(self, aid: int, value: Any, accum_param: AccumulatorParam) -> None:
        self.aid = aid
        self.accum_param = accum_param
        self._value = value
        session().accumulators.register(aid, self, isinstance(accum_param, AddingAccumulatorParam))

    @property
    def value(self) -> Any:
        """The value; RuntimeError in a task."""
        self._refuse_in_task()
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._refuse_in_task()
        self._value = value

    def add(self, term: Any) -> None:
        """Add a term, in a task or in the script."""
        if current_task() is None:
            self.take(term)
        else:
            param = self.accum_param
            session().accumulators.add(self.aid, term, lambda: param.zero(self._value), param.addInPlace)

    def __iadd__(self, term: Any) -> Self:
        self.add(term)
        return self

    def take(self, partial: Any) -> None:
        """Add to the value at once."""
        self._value = self.accum_param.addInPlace(self._value, partial)

    def _refuse_in_task(self) -> None:
        if current_task() is not None:
            raise RuntimeError("Accumulator.value cannot be accessed inside tasks")

    def __str__(self) -> str:
        return str(self._value)

    def __repr__(self) -> str:
        return f"Accumulator<id={self.aid}, value={self._value}>"


def param_for(value: Any, param: AccumulatorParam | None) -> AccumulatorParam:
    """The param that is given, or the one for a number; TypeError for anything else."""
    found = param or _OF_NUMBERS.get(type(value))
    if found is None:
        raise TypeError(f"No default accumulator param for type {type(value)}: pass an AccumulatorParam")
    return found
