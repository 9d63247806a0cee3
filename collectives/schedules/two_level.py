"""Who sends to whom between nodes: one message a pair of nodes, or a few where a node has ranks to spare.

In step s every node sends to the node s further. The messages of a node are shared out among its
ranks: message q of step s is sent by local rank `(s - 1) * lanes + q` modulo their number, and
received by the same of the other node, so that with many nodes every rank leads for some, and with
few nodes several ranks lead for one, each for a range of the target's ranks. Nodes may have
unequal numbers of ranks. (Traeff and Rougier, "MPI collectives and datatypes for hierarchical
all-to-all communication", EuroMPI 2014; several leaders as in Kinkead et al., arXiv 2601.17606.)
"""

from typing import NamedTuple

import numpy as np


class Nodes(NamedTuple):
    """`members[members_start[n]:members_start[n + 1]]` are the ranks of node n, ascending.

    `node` and `local` (int64[size]) are the node of every rank and its place there.
    """

    members: np.ndarray
    members_start: np.ndarray
    node: np.ndarray
    local: np.ndarray

    @property
    def count(self) -> int:
        return len(self.members_start) - 1

    def ranks_of(self, node: np.ndarray | int) -> np.ndarray:
        """How many ranks a node has."""
        return self.members_start[np.asarray(node) + 1] - self.members_start[node]


class Bundles(NamedTuple):
    """Messages between nodes, in the order of the steps: int64[n] each.

    `peer` is the rank at the other end, `node` its node; a bundle holds all that goes from
    the sender's node to the ranks `first` up to `last` (places on the target's node).
    """

    peer: np.ndarray
    node: np.ndarray
    first: np.ndarray
    last: np.ndarray


def make_nodes(node_of: np.ndarray) -> Nodes:
    """The nodes from any numbers that ranks of one node have in common; ordered by their first rank.

    >>> nodes = make_nodes(np.array([7, 3, 7, 3, 3]))
    >>> nodes.members, nodes.members_start, nodes.node, nodes.local
    (array([0, 2, 1, 3, 4]), array([0, 2, 5]), array([0, 1, 0, 1, 1]), array([0, 0, 1, 1, 2]))
    """
    _, first, node = np.unique(node_of, return_index=True, return_inverse=True)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    node = number[node]
    members = np.argsort(node, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=len(first)))])
    local = np.empty(len(node_of), np.int64)
    local[members] = np.arange(len(node_of)) - starts[node[members]]
    return Nodes(members, starts, node, local)


def lanes(nodes: Nodes, node: int, others: np.ndarray) -> np.ndarray:
    """How many messages go between `node` and each of `others`; the same in both directions."""
    fewest = np.minimum(nodes.ranks_of(node), nodes.ranks_of(others))
    return np.maximum(1, fewest // max(1, nodes.count - 1))


def outgoing(nodes: Nodes, rank: int) -> Bundles:
    """The messages that `rank` sends for its node.

    >>> nodes = make_nodes(np.arange(6) // 2)
    >>> outgoing(nodes, 0)
    Bundles(peer=array([2]), node=array([1]), first=array([0]), last=array([2]))
    >>> incoming(nodes, 0)
    Bundles(peer=array([4]), node=array([2]), first=array([0]), last=array([2]))
    """
    here = int(nodes.node[rank])
    there = (here + np.arange(1, nodes.count)) % nodes.count
    return _bundles(nodes, rank, here, there, there)


def incoming(nodes: Nodes, rank: int) -> Bundles:
    """The messages that `rank` receives for its node; `first` and `last` are places on this node."""
    here = int(nodes.node[rank])
    there = (here - np.arange(1, nodes.count)) % nodes.count
    return _bundles(nodes, rank, here, there, np.full(len(there), here))


def _bundles(nodes: Nodes, rank: int, here: int, there: np.ndarray, target: np.ndarray) -> Bundles:
    """Those of the messages with the nodes `there`, step by step, that are this rank's."""
    many = lanes(nodes, here, there)
    step = np.repeat(np.arange(len(there)), many)
    lane = np.arange(len(step)) - np.repeat(np.cumsum(many) - many, many)
    turn = step * many[step] + lane
    mine = turn % nodes.ranks_of(here) == nodes.local[rank]
    step, lane, turn = step[mine], lane[mine], turn[mine]
    other, width = there[step], nodes.ranks_of(target[step])
    peer = nodes.members[nodes.members_start[other] + turn % nodes.ranks_of(other)]
    return Bundles(peer, other, lane * width // many[step], (lane + 1) * width // many[step])
