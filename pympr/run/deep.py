"""Room on Python's stack for plans as deep as an iterative program makes them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pympr.plan.node import Node

# Rules, stages and evaluators go down a plan by calling themselves: at most so many frames a node.
_FRAMES_PER_NODE = 20


@contextmanager
def room_for(plan: Node) -> Iterator[None]:
    """Inside, the recursion limit allows for the plan's depth; a plan of usual depth leaves it as it is."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES_PER_NODE * plan.depth()))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
