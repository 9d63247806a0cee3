"""Which functions of a plan run as columns, and why the others do not."""

from pympr.optimise.combine_rows import read_combine
from pympr.optimise.recognise import how_it_runs
from pympr.plan.narrow import Filter, FlatMap, FlatMapValues, Map, MapBlocks, MapPartitions, MapValues
from pympr.plan.node import Node
from pympr.plan.wide import ByRange, Combine, Sort

_OF_A_RECORD = {
    Map: "map",
    Filter: "filter",
    FlatMap: "flatMap",
    MapValues: "mapValues",
    FlatMapValues: "flatMapValues",
}


def tell_functions(plan: Node) -> str:
    """A line for every function of a plan, in the order in which they run.

    >>> from pympr.plan.function import Function
    >>> from pympr.plan.sources import Range
    >>> print(tell_functions(Map(Range(0, 9, 1, 2), Function(abs))))
    map(abs): columns: abs(x)
    """
    seen: dict[int, Node] = {}
    for node in plan.walk():
        seen.pop(id(node), None)
        seen[id(node)] = node
    lines = [line for node in reversed(seen.values()) for line in _lines(node)]
    return "\n".join(dict.fromkeys(lines))


def _lines(node: Node) -> list[str]:
    if type(node) in _OF_A_RECORD:
        return [f"{_OF_A_RECORD[type(node)]}({node.function}): {how_it_runs(node.function)}"]
    if isinstance(node, MapPartitions):
        return [f"mapPartitions({node.function}): Python: it gets an iterator"]
    if isinstance(node, MapBlocks):
        return [f"mapBlocks({node.function}): Python, over arrays"]
    if isinstance(node, Combine):
        return [f"combine({node.merge_value}): {read_combine(node)}"]
    if isinstance(node, Sort) and isinstance(node.partitioning, ByRange):
        return [f"sort({node.partitioning.key}): {how_it_runs(node.partitioning.key)}"]
    return []
