"""A plan as indented text."""

from pympr.plan.node import Node


def show(node: Node, indent: int = 0) -> str:
    """The plan with its last step on top, one line a node; what stands there already is named only.

    >>> from pympr.plan.sources import Range
    >>> print(show(Range(0, 10, 1, 2)))
    Range(start=0, stop=10, step=1, num_slices=2)
    """
    lines: list[str] = []
    shown: set[int] = set()
    waiting = [(node, indent)]
    while waiting:
        current, depth = waiting.pop()
        is_repeated = id(current) in shown and bool(current.children())
        below = " as above" if is_repeated else ""
        lines.append(f"{'  ' * depth}{type(current).__name__}({current.details()}){below}")
        shown.add(id(current))
        if not is_repeated:
            waiting += [(child, depth + 1) for child in reversed(current.children())]
    return "\n".join(lines)
