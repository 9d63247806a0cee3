"""What every rank sends when the messages between all ranks are known: the counters of an exchange, exactly.

For few ranks: `lengths` (int64[size, size]) are the bytes of the message from each rank (row) to each
(column), 0 where there are no rows, its own included. What `model.py` predicts is this for many ranks alike.
"""

from typing import NamedTuple

import numpy as np

from pympr.collectives.bundles import bundle_head_bytes
from pympr.collectives.node_bundles import bundle_head_bytes as node_head_bytes
from pympr.collectives.packing import ALIGNMENT_BYTES
from pympr.collectives.schedules import grid, two_level


class Traffic(NamedTuple):
    """Of every rank, int64[size]: messages and bytes it sends, forwarding included, and the most bytes it holds."""

    messages: np.ndarray
    bytes: np.ndarray
    staging_bytes: np.ndarray


def traffic(variant: str, lengths: np.ndarray, nodes: two_level.Nodes) -> Traffic:
    """The traffic of an exchange in one batch by "flat", "grid", "two-level" or "sparse".

    >>> lengths = np.full((4, 4), 100)
    >>> traffic("grid", lengths, two_level.make_nodes(np.arange(4))).messages
    array([2, 2, 2, 2])
    """
    if variant == "two-level":
        return _two_level(lengths, nodes)
    return {"flat": _flat, "grid": _grid, "sparse": _sparse}[variant](lengths)


def _flat(lengths: np.ndarray) -> Traffic:
    sent = np.maximum(lengths, ALIGNMENT_BYTES)  # who gets no rows is told so
    np.fill_diagonal(sent, 0)
    messages = np.full(len(lengths), len(lengths) - 1)
    return Traffic(messages, sent.sum(axis=1), lengths.sum(axis=1) + sent.sum(axis=0))


def _sparse(lengths: np.ndarray) -> Traffic:
    sent = lengths.copy()
    np.fill_diagonal(sent, 0)
    return Traffic((sent > 0).sum(axis=1), sent.sum(axis=1), lengths.sum(axis=1) + sent.sum(axis=0))


def _grid(lengths: np.ndarray) -> Traffic:
    lines = grid.lay_out(len(lengths))
    first, second = _hops(lengths, lines)
    partners = [
        len(grid.first_targets(lines, rank)) + len(grid.second_targets(lines, rank)) for rank in range(lines.size)
    ]
    early = lengths.sum(axis=1) + first.sum(axis=1) + first.sum(axis=0)
    late = first.sum(axis=0) + second.sum(axis=1) + second.sum(axis=0)
    return Traffic(np.array(partners), first.sum(axis=1) + second.sum(axis=1), np.maximum(early, late))


def _hops(lengths: np.ndarray, lines: grid.Lines) -> list[np.ndarray]:
    """The bytes of the bundle from each rank to each, int64[size, size], in the first hop and in the second."""
    ranks = np.arange(lines.size)
    sources, targets = np.nonzero(lengths - np.diag(np.diag(lengths)))
    middle, passing = grid.via(lines, sources, targets), lengths[sources, targets]
    found = []
    for begins, ends, partners in ((sources, middle, grid.first_targets), (middle, targets, grid.second_targets)):
        hop, messages = np.zeros((2, lines.size, lines.size), np.int64)
        np.add.at(hop, (begins, ends), passing)
        np.add.at(messages, (begins, ends), 1)
        for rank in ranks.tolist():
            peers = partners(lines, rank)
            hop[rank, peers] += bundle_head_bytes(messages[rank, peers])
        np.fill_diagonal(hop, 0)
        found.append(hop)
    return found


def _two_level(lengths: np.ndarray, nodes: two_level.Nodes) -> Traffic:
    size = len(lengths)
    messages, sent, received = np.zeros((3, size), np.int64)
    for rank in range(size):
        here = int(nodes.node[rank])
        origins = nodes.members[nodes.members_start[here] : nodes.members_start[here + 1]]
        for peer, node, first, last in zip(*map(np.ndarray.tolist, two_level.outgoing(nodes, rank)), strict=True):
            targets = nodes.members[nodes.members_start[node] :][first:last]
            bundle = node_head_bytes(len(origins), len(targets)) + int(lengths[np.ix_(origins, targets)].sum())
            messages[rank] += 1
            sent[rank] += bundle
            received[peer] += bundle
    return Traffic(messages, sent, lengths.sum(axis=1) + sent + received)
