"""Functions that fork: each item of the tuples that they give, and the ways through two functions side by side."""

from pympr.optimise.merges import Part, depends_on_first, is_same, makes
from pympr.plan.expression import After, Both, Conditional, Constant, Either, Expression, MakeTuple


def as_tuple(whole: Expression) -> Expression:
    """A conditional tuple as a tuple of conditional items, other expressions as they are.

    An item that both ways make alike has no condition; every condition stays with one item at least, as it may raise.

    >>> from pympr.optimise.symbolic import translate
    >>> str(as_tuple(translate(lambda x: (x, 1) if x > 3 else (x, 0)).expression))
    '(x, (1 if (x > 3) else 0))'
    """
    items = _items(whole)
    if items is None or not isinstance(whole, (After, Conditional)):
        return whole
    kept = [test for item in items for test in _tests(item)]
    lost = [test for test in _tests(whole) if not any(is_same(test, other) for other in kept)]
    return whole if lost else MakeTuple(items)


def _items(whole: Expression) -> tuple[Expression, ...] | None:
    if isinstance(whole, MakeTuple):
        return whole.items
    if isinstance(whole, Constant) and type(whole.value) is tuple:
        return tuple(map(Constant, whole.value))
    if isinstance(whole, After):
        items = _items(whole.result)
        known: dict[int, set[int]] = {}
        computed = set().union(*(_always_computed(item, known) for item in items or ()))
        return items if {id(step) for step in whole.steps} <= computed else None
    if not isinstance(whole, Conditional):
        return None
    then, otherwise = _items(whole.then), _items(whole.otherwise)
    if then is None or otherwise is None or len(then) != len(otherwise):
        return None
    return tuple(a if is_same(a, b) else Conditional(whole.test, a, b) for a, b in zip(then, otherwise))


def _always_computed(found: Expression, known: dict[int, set[int]]) -> set[int]:
    """The identities of what is computed whatever is tested."""
    if id(found) not in known:
        if isinstance(found, Conditional):
            then, otherwise = (_always_computed(way, known) for way in (found.then, found.otherwise))
            parts = [_always_computed(found.test, known), then & otherwise]
        elif isinstance(found, (Both, Either)):
            parts = [_always_computed(found.first, known)]
        else:
            parts = [_always_computed(part, known) for part in found.operands()]
        known[id(found)] = {id(found)}.union(*parts)
    return known[id(found)]


def _tests(whole: Expression) -> list[Expression]:
    """What is tested before the value is known."""
    whole = whole.result if isinstance(whole, After) else whole
    if not isinstance(whole, Conditional):
        return []
    return [whole.test, *_tests(whole.then), *_tests(whole.otherwise)]


def ways(value: Expression, create: Expression, part: Part) -> list[tuple[Expression, Expression]]:
    """What a function of two arguments and one of its second make, for every way that both take for the same values."""
    if isinstance(value, Conditional) and isinstance(create, Conditional) and not depends_on_first(value.test):
        if makes(create.test, value.test, part) == []:
            return ways(value.then, create.then, part) + ways(value.otherwise, create.otherwise, part)
    return [(value, create)]
