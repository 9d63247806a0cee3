"""How large a plan's inputs are."""

from pympr.plan.node import Node
from pympr.run.listing import Listing, reads_files
from pympr.run.splits import Split


def input_bytes(plan: Node, listing: Listing) -> int:
    """Bytes of all input files of a plan, as they lie on disk; lists them at the first call (collective then)."""
    return sum(split.num_bytes for split in input_splits(plan, listing))


def input_splits(plan: Node, listing: Listing) -> list[Split]:
    """The splits of all input files of a plan; lists them at the first call (collective then)."""
    return [split for node in plan.walk() if reads_files(node) for split in listing.of(node)]
