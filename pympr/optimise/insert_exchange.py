"""Every wide step gets the exchange it needs under it."""

from dataclasses import replace

from pympr.optimise.combine_rows import read_combine
from pympr.optimise.recognise import KEY, VALUE
from pympr.plan.expression import MakeTuple
from pympr.plan.node import Node, transform
from pympr.plan.placed import FREE, OWNED, lies
from pympr.plan.wide import (
    BySource,
    Cartesian,
    CoGroup,
    Combine,
    Contract,
    Everywhere,
    Exchange,
    FinalCombine,
    Group,
    Join,
    LocalCombine,
    PartitionBy,
    Repartition,
    Sort,
    Zip,
)


def insert_exchanges(plan: Node) -> Node | None:
    """Put an Exchange below wide steps, and a combine before it where values can be merged."""
    return transform(plan, _rule)


def _rule(node: Node) -> Node | None:
    if isinstance(node, Combine):
        return _combined(node)
    if isinstance(node, (Group, PartitionBy, Sort)):
        return replace(node, child=_moved(node.child, node.partitioning))
    if isinstance(node, Join):
        left, right = _all_moved((node.left, node.right), replace(node.partitioning, by_group=True))
        return replace(node, left=left, right=right)
    if isinstance(node, CoGroup):
        return replace(node, inputs=_all_moved(node.inputs, node.partitioning))
    if isinstance(node, Repartition):
        is_narrow = node.partitioning.how == "gather" and lies(node.child) == FREE
        return None if is_narrow else Exchange(node.child, node.partitioning)
    if isinstance(node, Zip):
        return _zip(node)
    if isinstance(node, Cartesian):
        return replace(node, right=Exchange(node.right, Everywhere(node.num_right)))
    return None


def _combined(node: Combine) -> Node:
    found = read_combine(node)
    made = None if found.create is None else MakeTuple((KEY, found.create.substitute(VALUE)))
    functions = node.create, node.merge_value, node.merge_combiners
    local = LocalCombine(node.child, *functions, found.operation, made, found.bindings)
    moved = Exchange(local, node.partitioning)
    return FinalCombine(moved, node.merge_combiners, node.partitioning, found.operation, found.bindings)


def _zip(node: Zip) -> Node | None:
    """Bring both sides to the owners of their partitions, unless they go together as they lie."""
    left, right = lies(node.left), lies(node.right)
    if left == right or FREE in (left, right):
        return None
    align = BySource(node.num_partitions, node.num_partitions, "align")
    return replace(
        node,
        left=node.left if left == OWNED else Exchange(node.left, align),
        right=node.right if right == OWNED else Exchange(node.right, align),
    )


def _all_moved(inputs: tuple[Node, ...], contract: Contract) -> tuple[Node, ...]:
    """An input that occurs twice is moved once."""
    moved = {id(child): _moved(child, contract) for child in inputs}
    return tuple(moved[id(child)] for child in inputs)


def _moved(child: Node, contract: Contract) -> Node:
    return child if isinstance(child, Exchange) else Exchange(child, contract)
