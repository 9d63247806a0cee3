"""What an exchange costs by each variant, before anything is sent: pure arithmetic on volumes.

A model of the LogGP kind (Alexandrov, Ionescu, Schauser, Scheiman, "LogGP: incorporating long messages into the
LogP model", SPAA 1995), with the ranks of a node sharing its network as in the max-rate model (Gropp,
Olson, Samfass, EuroMPI 2016). What all variants do alike, packing and placing rows, is left out.
"""

import math
from typing import NamedTuple

from pympr.collectives.schedules import grid


class Network(NamedTuple):
    """What a machine does: measured by `calibrate`, the same on all ranks.

    `latency_seconds` from one node to another; `overhead_seconds` of a rank's core for each message sent or
    received; `gap_seconds` between two messages of one node; what a node sends, and what its ranks
    together copy in memory.
    """

    latency_seconds: float
    overhead_seconds: float
    gap_seconds: float
    node_bytes_per_second: float
    memory_bytes_per_second: float


# An InfiniBand cluster driven from Python: what is supposed before anything was measured.
USUAL = Network(3e-6, 4e-6, 1e-7, 25e9, 100e9)


class Volumes(NamedTuple):
    """What all ranks know alike: of messages to other ranks, headers included.

    `total_bytes` and `total_messages` of all ranks together; `most_bytes`, `most_messages` and
    `longest_bytes` of the rank, or message, with the most. `batches`: in how many pieces
    the fullest rank sends its rows.
    """

    total_bytes: int
    total_messages: int
    most_bytes: int
    most_messages: int
    longest_bytes: int
    batches: int


class Places(NamedTuple):
    """How many ranks there are, on how many nodes, and how many are on the fullest."""

    ranks: int
    nodes: int
    ranks_per_node: int


class Prediction(NamedTuple):
    """What the busiest rank sends, forwarding included, and when all are done."""

    seconds: float
    messages: int
    bytes: int


def predict(variant: str, volumes: Volumes, places: Places, network: Network) -> Prediction:
    """The cost of an exchange by a variant: "flat", "grid", "two-level" or "sparse".

    >>> places, much = Places(10_000, 79, 128), Volumes(2**30 * 10_000, 10**8, 2**30, 10**4, 10**5, 16)
    >>> little = Volumes(2**20 * 10_000, 10**8, 2**20, 10**4, 105, 1)
    >>> min(PREDICTIONS, key=lambda variant: predict(variant, much, places, USUAL).seconds)
    'flat'
    >>> min(PREDICTIONS, key=lambda variant: predict(variant, little, places, USUAL).seconds)
    'two-level'
    """
    return PREDICTIONS[variant](volumes, places, network)


def _seconds(volumes: Volumes, places: Places, network: Network, messages: float, off_node_bytes: float) -> float:
    """One hop in which a rank sends and receives `messages`, and a node has so many bytes for others."""
    sends = places.ranks_per_node * messages
    times = (2 * messages * network.overhead_seconds, sends * network.gap_seconds, off_node_bytes / _rate(network))
    return _turns(volumes) * network.latency_seconds + max(times)


def _rate(network: Network) -> float:
    return network.node_bytes_per_second


def _turns(volumes: Volumes) -> int:
    """How often messages are sent: batches, and before several of them the announcements."""
    return volumes.batches + (volumes.batches > 1)


def _node_bytes(volumes: Volumes, places: Places) -> float:
    """What the fullest node sends: the mean of its ranks', but no less than the fullest rank does."""
    return max(places.ranks_per_node * volumes.total_bytes / places.ranks, volumes.most_bytes)


def _leaving(places: Places) -> float:
    """The part of its rows that a rank has for other nodes."""
    return 1 - 1 / places.nodes


def _predict_flat(volumes: Volumes, places: Places, network: Network) -> Prediction:
    messages = _turns(volumes) * (places.ranks - 1)
    off_node_bytes = _node_bytes(volumes, places) * _leaving(places)
    return Prediction(_seconds(volumes, places, network, messages, off_node_bytes), messages, volumes.most_bytes)


def _predict_grid(volumes: Volumes, places: Places, network: Network) -> Prediction:
    lines = grid.lay_out(places.ranks)
    hops = [_turns(volumes) * (lines.columns - 1), _turns(volumes) * (lines.rows - 1)]
    node_bytes = _node_bytes(volumes, places)
    # In the usual order of ranks a line is on few nodes: what leaves a node does so in the second hop, or in both.
    off_node = [node_bytes * max(0.0, 1 - places.ranks_per_node / lines.columns), node_bytes * _leaving(places)]
    seconds = sum(
        _seconds(volumes, places, network, messages, off_node_bytes)
        for messages, off_node_bytes in zip(hops, off_node, strict=True)
    )
    copies_seconds = 3 * node_bytes / network.memory_bytes_per_second
    return Prediction(seconds + copies_seconds, sum(hops), 2 * volumes.most_bytes)


def _predict_two_level(volumes: Volumes, places: Places, network: Network) -> Prediction:
    others = places.nodes - 1
    lanes = max(1, places.ranks_per_node // max(1, others))
    messages = _turns(volumes) * -(-others * lanes // places.ranks_per_node)
    node_bytes = _node_bytes(volumes, places)
    leaving = node_bytes * _leaving(places)
    meetings = 3 * _turns(volumes) * network.overhead_seconds * math.log2(2 * places.ranks_per_node)
    copies_seconds = 2 * leaving / network.memory_bytes_per_second
    seconds = _seconds(volumes, places, network, messages, leaving) + meetings + copies_seconds
    return Prediction(seconds, messages, int(leaving / min(places.ranks_per_node, max(1, others * lanes))))


def _predict_sparse(volumes: Volumes, places: Places, network: Network) -> Prediction:
    messages = _turns(volumes) * volumes.most_messages
    off_node_bytes = _node_bytes(volumes, places) * _leaving(places)
    # A synchronous send ends when it is received; the barrier that follows goes there and back.
    end = 2 * math.log2(max(2, places.ranks)) * (network.latency_seconds + network.overhead_seconds)
    seconds = _seconds(volumes, places, network, messages, off_node_bytes)
    return Prediction(seconds + _turns(volumes) * (end + network.latency_seconds), messages, volumes.most_bytes)


PREDICTIONS = {
    "flat": _predict_flat,
    "two-level": _predict_two_level,
    "grid": _predict_grid,
    "sparse": _predict_sparse,
}
