"""How many partitions a plan's rows have, without running it."""

from pympr.plan import narrow, sources, wide
from pympr.plan.node import Node
from pympr.run.listing import Listing, reads_files


def count_partitions(node: Node, listing: Listing) -> int:
    """The number of partitions of `node`; lists input files when they decide (collective then)."""
    # Not recursive: an iterative program's plan is deeper than Python's stack.
    total, waiting = 0, [(1, node)]
    while waiting:
        times, node = waiting.pop()
        number = _told_by(node, listing)
        if number is not None:
            total += times * number
        elif isinstance(node, wide.Cartesian):
            waiting.append((times * node.num_right, node.left))
        else:
            waiting += [(times, child) for child in (node.children() if _adds(node) else node.children()[:1])][::-1]
    return total


def _adds(node: Node) -> bool:
    return isinstance(node, narrow.Union)


def _told_by(node: Node, listing: Listing) -> int | None:
    """The number of partitions, None when it is that of what lies below."""
    if isinstance(node, (sources.Collection, sources.Range)):
        return node.num_slices
    if reads_files(node):
        return len(listing.of(node))
    if isinstance(node, sources.Arrays):
        return node.num_ranks
    partitioning = getattr(node, "partitioning", None) or getattr(node, "contract", None)
    return partitioning.num_partitions if isinstance(partitioning, wide.Contract) else None
