"""How large a plan's inputs are."""

from pympr.plan import sources
from pympr.plan.node import Node
from pympr.run.listing import Listing
from pympr.run.splits import Split


def input_bytes(plan: Node, listing: Listing) -> int:
    """Bytes of all input files of a plan, as they lie on disk; lists them at the first call (collective then)."""
    return sum(split.end - split.begin for split in input_splits(plan, listing))


def input_splits(plan: Node, listing: Listing) -> list[Split]:
    """The splits of all input files of a plan; lists them at the first call (collective then)."""
    splits: list[Split] = []
    for node in plan.walk():
        if isinstance(node, sources.TextFile):
            splits += listing.text(node.path, node.min_partitions, node.serial)
        elif isinstance(node, sources.BinaryRecords):
            splits += listing.records(node.path, node.record_length, node.serial)
    return splits
