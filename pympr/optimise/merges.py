"""What a function of two arguments merges: a sum, minimum or maximum, of what with what."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from pympr.optimise.symbolic import ARGUMENT, SECOND
from pympr.plan.expression import Argument, Conditional, Constant, Expression, Item, Operation

# Whether the comparison says that its first operand is the smaller one.
_SMALLER_FIRST = {"<": True, "<=": True, ">": False, ">=": False}
LOOSE = {"lesser": "min", "greater": "max"}


@dataclass(frozen=True)
class Part:
    """A value itself, or its item `position` of `count`."""

    position: int | None = None
    count: int = 1

    def is_of(self, whole: Expression, found: Expression) -> bool:
        """Whether an expression is this part of `whole`.

        >>> Part(1, 2).is_of(ARGUMENT, Item(ARGUMENT, -1)), Part().is_of(ARGUMENT, SECOND)
        (True, False)
        """
        if self.position is None:
            return found == whole
        if isinstance(found, Item):
            return found.of == whole and found.position in (self.position, self.position - self.count)
        return found == Operation("unpack", (whole,), (self.position, self.count))


@dataclass(frozen=True)
class Merge:
    """The operation between a part of the first argument and `added`, which does not depend on that argument.

    `name` is sum, min, max, or lesser and greater: minima and maxima that may keep another of equal values
    than Python's `min(first, added)` and `max(first, added)`.
    """

    name: str
    added: Expression


def merge_of(found: Expression, part: Part) -> Merge | None:
    """The merge that an expression of two arguments is, or None.

    >>> merge_of(Operation("+", (SECOND, ARGUMENT)), Part()).name
    'sum'
    """
    merge = None
    if isinstance(found, Operation) and found.name == "+":
        merge = _sum(found, part)
    elif isinstance(found, Conditional) and isinstance(found.test, Operation):
        merge = _extreme(found, found.test, part)
    return None if merge is None or _depends_on_first(merge.added) else merge


def _sum(found: Operation, part: Part) -> Merge | None:
    left, right = found.of
    if part.is_of(ARGUMENT, left):
        return Merge("sum", right)
    return Merge("sum", left) if part.is_of(ARGUMENT, right) else None


def _extreme(found: Conditional, test: Operation, part: Part) -> Merge | None:
    if test.name not in _SMALLER_FIRST:
        return None
    small, large = test.of if _SMALLER_FIRST[test.name] else test.of[::-1]
    if is_same(found.then, small) and is_same(found.otherwise, large):
        name, loose = "min", "lesser"
    elif is_same(found.then, large) and is_same(found.otherwise, small):
        name, loose = "max", "greater"
    else:
        return None
    # Python's own keep the first argument where the values are equal or one is NaN.
    if part.is_of(ARGUMENT, found.otherwise):
        return Merge(name if test.name in ("<", ">") else loose, found.then)
    return Merge(loose, found.otherwise) if part.is_of(ARGUMENT, found.then) else None


def _depends_on_first(expression: Expression) -> bool:
    waiting, seen = [expression], set()
    while waiting:
        found = waiting.pop()
        if isinstance(found, Argument):
            return True
        if id(found) not in seen:
            seen.add(id(found))
            waiting += found.operands()
    return False


def is_same(left: Any, right: Any, judge: Callable[[Any, Any], bool | None] = lambda left, right: None) -> bool:
    """Whether two expressions are the same step by step; `judge` may say so of two parts, or None.

    Unlike `==` it tells 1 from 1.0 and True, and 0.0 from -0.0.
    """
    done: dict[tuple[int, int], bool] = {}

    def compare(left: Any, right: Any) -> bool:
        if isinstance(left, tuple) and isinstance(right, tuple):
            return len(left) == len(right) and all(map(compare, left, right))
        if not isinstance(left, Expression) or not isinstance(right, Expression):
            return type(left) is type(right) and repr(left) == repr(right)
        key = id(left), id(right)
        if key not in done:
            verdict = judge(left, right)
            done[key] = _compare_fields(left, right, compare) if verdict is None else verdict
        return done[key]

    return compare(left, right)


def _compare_fields(left: Expression, right: Expression, compare: Callable[[Any, Any], bool]) -> bool:
    names = [field.name for field in fields(left)]
    return type(left) is type(right) and all(compare(getattr(left, name), getattr(right, name)) for name in names)


def makes(create: Expression, merge: Expression, part: Part) -> list[Any] | None:
    """The numbers that stand for the part of the first argument where `merge` else is `create`; None when it is not.

    `create` has one argument, the second one of `merge`.
    """
    zeros: list[Any] = []

    def judge(left: Expression, right: Expression) -> bool | None:
        if part.is_of(ARGUMENT, right):
            zeros.append(left.value if isinstance(left, Constant) else None)
            return True
        if right == SECOND:
            return left == ARGUMENT
        return False if isinstance(right, Argument) else None

    return zeros if is_same(create, merge, judge) else None
