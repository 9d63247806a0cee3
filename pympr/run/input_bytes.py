"""How large a plan's inputs are."""

from pympr.plan import sources
from pympr.plan.node import Node
from pympr.run.listing import Listing


def input_bytes(plan: Node, listing: Listing) -> int:
    """Bytes of all input files of a plan, as they lie on disk; lists them at the first call (collective then)."""
    splits = []
    for node in plan.walk():
        if isinstance(node, sources.TextFile):
            splits += listing.text(node.path, node.min_partitions, node.serial)
        elif isinstance(node, sources.BinaryRecords):
            splits += listing.records(node.path, node.record_length, node.serial)
    return sum(split.end - split.begin for split in splits)
