"""Which combines by key are sums, minima and maxima of columns: their three functions are read together.

`combineByKey(lambda x: (x, 1), lambda t, x: (t[0] + x, t[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1]))` is
`mapValues(lambda x: (x, 1))` and then a sum of each item: to merge a value is to merge the combiner that it makes
alone. So is an `aggregateByKey` whose zero value leaves what it is merged with as it is.
"""

from dataclasses import dataclass
from typing import Any

from pympr.optimise.merges import LOOSE, Merge, Part, makes, merge_of
from pympr.optimise.symbolic import ARGUMENT, SECOND, translate
from pympr.optimise.ways import as_tuple, ways
from pympr.plan.bindings import Bindings
from pympr.plan.expression import Argument, Constant, Expression, Item, MakeTuple
from pympr.plan.wide import Combine, Operations


@dataclass(frozen=True)
class Reading:
    """What a combine does to columns.

    `operation` is a name of `Merge`, or a tuple of names where combiners are tuples; None where it is not known,
    and `reason` says why. `create` gives the combiner of a value; None for the value itself.
    """

    operation: Operations | None
    create: Expression | None = None
    bindings: tuple[Bindings, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        if self.operation is None:
            return f"Python: {self.reason}"
        if isinstance(self.operation, str):
            text = LOOSE.get(self.operation, self.operation)
        else:
            names = [LOOSE.get(name, name) for name in self.operation]
            text = f"({names[0]},)" if len(names) == 1 else f"({', '.join(names)})"
        return f"columns: {text}" if self.create is None else f"columns: {text} of {self.create}"


def read_combine(node: Combine) -> Reading:
    """What a combine does to columns, or why that is not known.

    >>> from operator import add
    >>> from pympr.plan.function import Function
    >>> from pympr.plan.sources import Range
    >>> from pympr.plan.wide import Hash
    >>> functions = map(Function, (lambda x: x * x, lambda t, x: t + x * x, add))
    >>> str(read_combine(Combine(Range(0, 9, 1, 2), *functions, Hash(2))))
    'columns: sum of x * x'
    """
    found = translate(node.merge_combiners.call, 2), translate(node.merge_value.call, 2), translate(node.create.call)
    expressions: list[Expression] = []
    for translation in found:
        if translation.expression is None:
            return Reading(None, reason=translation.reason or "it gives a list")
        expressions.append(as_tuple(translation.expression))
    combiners, value, create = expressions
    if _merges_of(combiners) is None:
        return Reading(None, reason="it is no sum, minimum or maximum")
    operation = _operations(create, value, combiners)
    if operation is None:
        return Reading(None, reason="the functions of the combine do not agree")
    made = None if isinstance(create, Argument) else create
    return Reading(operation, made, tuple(translation.bindings for translation in found))


def _parts_of(whole: Expression | None) -> list[tuple[Part, Expression]]:
    if isinstance(whole, MakeTuple):
        return [(Part(position, len(whole.items)), item) for position, item in enumerate(whole.items)]
    return [(Part(), whole)] if whole is not None else []


def _merges_of(combiners: Expression | None) -> list[str] | None:
    """How a function merges the parts of two combiners, or None when it does something else."""
    names = []
    for part, item in _parts_of(combiners):
        merge = merge_of(item, part)
        if merge is None or not part.is_of(SECOND, merge.added):
            return None
        names.append(merge.name)
    return names or None


def _operations(create: Any, value: Any, combiners: Any) -> Operations | None:
    """The operation of every part, where the three functions agree on each."""
    names, parts = _merges_of(combiners) or [], _parts_of(value)
    made = _made(create, len(names)) if isinstance(combiners, MakeTuple) else (create,)
    if isinstance(value, MakeTuple) != isinstance(combiners, MakeTuple) or not len(names) == len(parts) == len(made):
        return None
    found = [_agreed(name, item, first, part) for name, (part, item), first in zip(names, parts, made)]
    if None in found:
        return None
    return tuple(map(str, found)) if isinstance(combiners, MakeTuple) else found[0]


def _made(create: Expression, count: int) -> tuple[Expression, ...]:
    """The items of the combiner of one value."""
    if isinstance(create, Argument):
        return tuple(Item(ARGUMENT, position) for position in range(count))
    if isinstance(create, Constant) and type(create.value) is tuple:
        return tuple(map(Constant, create.value))
    return create.items if isinstance(create, MakeTuple) else ()


def _agreed(name: str, value: Expression, create: Expression, part: Part) -> str | None:
    """The operation of one part that is merged as `name`, where a value merges as what is created from it."""
    names, zeros, plain = {name}, [], []
    for way, made in ways(value, create, part):
        merge = merge_of(way, part)
        names |= set() if merge is None else {merge.name}
        if merge is not None and _is_added(made, merge.added, part):
            plain.append(made)
            continue
        zeros.append(_zero(way, made, merge, part))
        if zeros[-1] is None:
            return None
    if len({LOOSE.get(other, other) for other in names}) > 1 or not _stays_without_effect(zeros, plain, name):
        return None
    return next((other for other in names if other in LOOSE), name)


def _is_added(create: Expression, added: Expression, part: Part) -> bool:
    """Whether what one value makes is what a further one adds."""
    is_item = part.position is not None and part.is_of(ARGUMENT, create) and part.is_of(SECOND, added)
    return is_item or makes(create, added, part) == []


def _zero(value: Expression, create: Expression, merge: Merge | None, part: Part) -> int | float | None:
    """The number with which what a further value adds was merged to make the first combiner, or None."""
    if merge is None:
        zeros = [create.value] if part.is_of(ARGUMENT, value) and isinstance(create, Constant) else []
    elif isinstance(create, Constant) and isinstance(merge.added, Constant):
        zeros = [0.0] if merge.name == "sum" and _is_same_number(create.value, merge.added.value) else []
    else:
        zeros = makes(create, value, part) or []
    is_number = all(type(zero) in (int, float) for zero in zeros)
    return zeros[0] if is_number and len(set(map(repr, zeros))) == 1 else None


def _stays_without_effect(zeros: list[Any], plain: list[Expression], name: str) -> bool:
    """Whether later merges do not feel that some combiners began with zeros, and some, `plain`, without.

    For sums the zero is 0. It may still make 0.0 of -0.0, which a sum does not feel as long as none begins with -0.0.
    A minimum or maximum may begin with any number but NaN: it never gets beyond that again.
    """
    if not zeros:
        return True
    if len(set(map(repr, zeros))) > 1:
        return False
    if name != "sum":
        return zeros[0] == zeros[0] and not plain
    numbers = [made.value for made in plain if isinstance(made, Constant)]
    is_known = len(numbers) == len(plain) and all(type(number) in (int, float) for number in numbers)
    return zeros[0] == 0 and is_known and "-0.0" not in map(repr, numbers)


def _is_same_number(made: Any, added: Any) -> bool:
    """Whether 0 + `added` was made at once: 0.0 makes a float of an int."""
    return type(added) is int and type(made) is float and repr(float(added)) == repr(made)
