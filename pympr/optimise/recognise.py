"""Functions whose meaning on columns is known become column steps."""

from pympr.optimise.symbolic import ARGUMENT, Translation, is_word_split, translate
from pympr.optimise.values import Each, Listed, MakeList, Matched
from pympr.plan.expression import Expression, Item, MakeTuple
from pympr.plan.function import Function
from pympr.plan.narrow import Filter, FlatMap, FlatMapValues, Map, MapValues, Project, Spread, SpreadEach, Where, Words
from pympr.plan.node import Node, transform

KEY, VALUE = Item(ARGUMENT, 0), Item(ARGUMENT, 1)


def recognise_functions(plan: Node) -> Node | None:
    """Rewrite maps, flat maps and filters that have a column form."""
    return transform(plan, _recognise)


def _recognise(node: Node) -> Node | None:
    if isinstance(node, (FlatMap, FlatMapValues)):
        return _flat(node, isinstance(node, FlatMapValues))
    if not isinstance(node, (Map, Filter, MapValues)):
        return None
    found = translate(node.function.call)
    expression, held = found.test if isinstance(node, Filter) else found.expression, found.bindings
    if expression is None:
        return None
    if isinstance(node, Filter):
        return Where(node.child, expression, node.function, held)
    if isinstance(node, Map):
        return Project(node.child, expression, node.function, node.preserves, bindings=held)
    pair = MakeTuple((KEY, expression.substitute(VALUE)))
    return Project(node.child, pair, node.function, preserves=True, of_values=True, bindings=held)


def _flat(node: FlatMap | FlatMapValues, of_values: bool) -> Node | None:
    if is_word_split(node.function.call):
        return Words(node.child, node.function, of_values)
    found = translate(node.function.call)
    preserves = of_values or node.preserves
    if isinstance(found.value, Each):
        each = _with_key(found.value) if of_values else found.value
        parts = each.of, each.items, each.steps, each.checks
        return SpreadEach(node.child, *parts, node.function, preserves, of_values, found.bindings)
    items = _items(found)
    if not items:
        return None
    if of_values and isinstance(found.value, Listed):
        items = tuple(item.substitute(VALUE) for item in items)
    elif of_values:
        items = tuple(MakeTuple((KEY, item.substitute(VALUE))) for item in items)
    return Spread(node.child, items, node.function, preserves, of_values, found.bindings)


def _with_key(each: Each) -> Each:
    """What is made of a pair's value, with the pair's key."""
    steps, checks = (tuple(part.substitute(VALUE) for part in parts) for parts in (each.steps, each.checks))
    items = tuple(MakeTuple((KEY, item.substitute(VALUE))) for item in each.items)
    return Each(each.of.substitute(VALUE), items, steps, checks)


def _items(found: Translation) -> tuple[Expression, ...]:
    """What a function for flatMap gives: the items of a list or tuple that it makes, or one that is a list."""
    if isinstance(found.value, Listed):
        return (found.value.pieces,)
    return found.value.items if isinstance(found.value, (MakeList, MakeTuple)) else ()


def how_it_runs(function: Function) -> str:
    """One line: the column expression of a function, or why it runs as Python."""
    if is_word_split(function.call):
        return "columns: the words of x"
    found = translate(function.call)
    if found.expression is not None:
        return f"columns: {found.expression}"
    if isinstance(found.value, Each):
        return f"columns in flatMap, where lists are columns: {found.value}"
    if isinstance(found.value, MakeList):
        return f"columns: {', '.join(map(str, found.value.items))}"
    if isinstance(found.value, Listed):
        return f"columns where items are taken, else Python: the items of {found.value.pieces}"
    if isinstance(found.value, Matched):
        return f"columns where the match is looked at, else Python: {found.value.match}"
    if found.value is not None:
        return "columns with what takes its items, else Python: it gives a list"
    return f"Python: {found.reason}"
