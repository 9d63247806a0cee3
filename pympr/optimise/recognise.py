"""Functions whose meaning on columns is known become column steps."""

from pympr.optimise.symbolic import expression_of, is_word_split, operation_of
from pympr.plan.expression import Argument, Item, MakeTuple
from pympr.plan.narrow import Filter, FlatMap, FlatMapValues, Map, MapValues, Project, Where, Words
from pympr.plan.node import Node, transform
from pympr.plan.wide import LocalCombine


def recognise_functions(plan: Node) -> Node | None:
    """Rewrite maps, filters and word splits that have a column form."""
    return transform(plan, _recognise)


def _recognise(node: Node) -> Node | None:
    if isinstance(node, FlatMap) and is_word_split(node.function.call):
        return Words(node.child, node.function)
    if isinstance(node, FlatMapValues) and is_word_split(node.function.call):
        return Words(node.child, node.function, of_values=True)
    if isinstance(node, (Map, Filter, MapValues)):
        expression = expression_of(node.function.call)
        if expression is None:
            return None
        if isinstance(node, Filter):
            return Where(node.child, expression, node.function)
        if isinstance(node, Map):
            return Project(node.child, expression, node.function, node.preserves)
        value = expression.substitute(Item(Argument(), 1))
        return Project(
            node.child, MakeTuple((Item(Argument(), 0), value)), node.function, preserves=True, of_values=True
        )
    return None


def combine_operation(node: LocalCombine) -> str | None:
    """The kernel operation of a combine whose three functions agree, else None."""
    operation = operation_of(node.merge_value.call)
    same = operation_of(node.merge_combiners.call) == operation
    is_identity = expression_of(node.create.call) == Argument()
    return operation if same and is_identity else None
