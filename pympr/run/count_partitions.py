"""How many partitions a plan's rows have, without running it."""

from pympr.plan import narrow, sources, wide
from pympr.plan.node import Node
from pympr.run.listing import Listing, reads_files


def count_partitions(node: Node, listing: Listing) -> int:
    """The number of partitions of `node`; lists input files when they decide (collective then)."""
    if isinstance(node, (sources.Collection, sources.Range)):
        return node.num_slices
    if reads_files(node):
        return len(listing.of(node))
    if isinstance(node, sources.Arrays):
        return node.num_ranks
    if isinstance(node, narrow.Union):
        return sum(count_partitions(child, listing) for child in node.inputs)
    if isinstance(node, wide.Cartesian):
        return count_partitions(node.left, listing) * node.num_right
    partitioning = getattr(node, "partitioning", None) or getattr(node, "contract", None)
    if isinstance(partitioning, wide.Contract):
        return partitioning.num_partitions
    return count_partitions(node.children()[0], listing)
