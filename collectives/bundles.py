"""Messages of several ranks for several ranks, tied together for a part of their way.

A bundle begins with its length and the number of its messages, then origin, destination and length of
each (int64 all); the messages follow one after the other.
"""

from typing import NamedTuple

import numpy as np

from pympr.collectives.flow import memory_for
from pympr.collectives.packing import ALIGNMENT_BYTES

_HEAD_WORDS = 2
_WORDS_A_MESSAGE = 3


class Parcel(NamedTuple):
    """A message on its way."""

    origin: int
    destination: int
    message: np.ndarray


def tie(parcels: list[Parcel]) -> np.ndarray:
    """The bundle of `parcels`, a copy.

    >>> [parcel] = untie(tie([Parcel(3, 1, np.arange(16, dtype=np.uint8))]))
    >>> parcel.origin, parcel.destination, int(parcel.message[7])
    (3, 1, 7)
    """
    lengths = [len(parcel.message) for parcel in parcels]
    head_bytes = bundle_head_bytes(len(parcels))
    memory = memory_for(head_bytes + sum(lengths))
    words = memory[:head_bytes].view(np.int64)
    words[:_HEAD_WORDS] = len(memory), len(parcels)
    table = words[_HEAD_WORDS : _HEAD_WORDS + _WORDS_A_MESSAGE * len(parcels)].reshape(-1, _WORDS_A_MESSAGE)
    if parcels:
        table[:, 0] = [parcel.origin for parcel in parcels]
        table[:, 1] = [parcel.destination for parcel in parcels]
        table[:, 2] = lengths
        np.concatenate([parcel.message for parcel in parcels], out=memory[head_bytes:])
    return memory


def untie(bundle: np.ndarray) -> list[Parcel]:
    """The messages of a bundle, views of it."""
    number = int(bundle[8:16].view(np.int64)[0])
    table = bundle[8 * _HEAD_WORDS : 8 * (_HEAD_WORDS + _WORDS_A_MESSAGE * number)].view(np.int64)
    origins, destinations, lengths = table.reshape(-1, _WORDS_A_MESSAGE).T
    ends = (bundle_head_bytes(number) + np.cumsum(lengths)).tolist()
    rows = zip(origins.tolist(), destinations.tolist(), ends, lengths.tolist(), strict=True)
    return [Parcel(origin, destination, bundle[end - length : end]) for origin, destination, end, length in rows]


def bundle_head_bytes(messages):
    """What comes before the messages; of a number, or of an array of numbers.

    >>> bundle_head_bytes(2)
    64
    """
    return -(-8 * (_HEAD_WORDS + _WORDS_A_MESSAGE * messages) // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
