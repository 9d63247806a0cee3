"""What the ranks of one node send to some ranks of another, in one piece.

A bundle begins with its length, the number of origins, the place of the first destination on its node,
and the number of destinations; then the ranks of the origins, and for every origin and destination where
the message begins and how long it is (int64 all). Then come the messages, by origin: what one
rank has for ranks of one node lies together already.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pympr.collectives.flow import memory_for
from pympr.collectives.packing import ALIGNMENT_BYTES

_HEAD_WORDS = 4


class Packed(NamedTuple):
    """What a rank has packed, as the ranks of its node see it: its messages and where they are, by rank."""

    rank: int
    memory: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    def to(self, rank: int) -> np.ndarray:
        """The message for a rank; of no length when it gets no rows."""
        return self.memory[self.starts[rank] : self.starts[rank] + self.lengths[rank]]


def tie(packed: list[Packed], destinations: np.ndarray, first: int) -> np.ndarray:
    """The bundle for `destinations`, which follow each other in every rank's memory; the place of its first is `first`.

    >>> packed = [Packed(rank, np.full(32, rank, np.uint8), np.array([0, 16]), np.array([16, 16])) for rank in (5, 6)]
    >>> bundle = tie(packed, np.array([1]), 0)
    >>> [(origin, int(message[0])) for origin, message in messages_for(bundle, 0)]
    [(5, 5), (6, 6)]
    """
    lengths = np.stack([each.lengths[destinations] for each in packed])
    head_bytes = bundle_head_bytes(*lengths.shape)
    memory = memory_for(head_bytes + int(lengths.sum()))
    words = memory[:head_bytes].view(np.int64)
    words[:_HEAD_WORDS] = len(memory), len(packed), first, len(destinations)
    origins, starts, kept_lengths = _tables(words, *lengths.shape)
    origins[:] = [each.rank for each in packed]
    starts[:] = head_bytes + (np.cumsum(lengths) - lengths.ravel()).reshape(lengths.shape)
    kept_lengths[:] = lengths
    begins = [int(each.starts[destinations[0]]) for each in packed]
    pieces = zip(packed, begins, lengths.sum(axis=1).tolist(), strict=True)
    np.concatenate([each.memory[begin : begin + length] for each, begin, length in pieces], out=memory[head_bytes:])
    return memory


def messages_for(bundle: np.ndarray, place: int) -> Iterator[tuple[int, np.ndarray]]:
    """Origin and message of all there is for the rank at `place` on its node, views of the bundle."""
    words = bundle[: len(bundle) // 8 * 8].view(np.int64)
    _, rows, first, columns = words[:_HEAD_WORDS].tolist()
    if not first <= place < first + columns:
        return
    origins, starts, lengths = _tables(words, rows, columns)
    used = np.flatnonzero(lengths[:, place - first])
    ends = (starts + lengths)[used, place - first].tolist()
    for origin, begin, end in zip(origins[used].tolist(), starts[used, place - first].tolist(), ends, strict=True):
        yield origin, bundle[begin:end]


def bundle_head_bytes(origins, destinations):
    """What comes before the messages; of numbers, or of arrays of them.

    >>> bundle_head_bytes(2, 3)
    144
    """
    words = _HEAD_WORDS + origins + 2 * origins * destinations
    return -(-8 * words // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


def _tables(words: np.ndarray, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    origins, rest = words[_HEAD_WORDS : _HEAD_WORDS + rows], words[_HEAD_WORDS + rows :]
    tables = rest[: 2 * rows * columns].reshape(2, rows, columns)
    return origins, tables[0], tables[1]
