"""A plan as indented text."""

from pympr.plan.node import Node


def show(node: Node, indent: int = 0) -> str:
    """The plan with its last step on top, one line a node.

    >>> from pympr.plan.sources import Range
    >>> print(show(Range(0, 10, 1, 2)))
    Range(start=0, stop=10, step=1, num_slices=2)
    """
    line = f"{'  ' * indent}{type(node).__name__}({node.details()})"
    return "\n".join([line, *(show(child, indent + 1) for child in node.children())])
