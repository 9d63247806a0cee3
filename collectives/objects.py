"""Python objects as one byte array: pickle 5, its large buffers laid beside the stream and used in place."""

import pickle
from typing import Any, NamedTuple, NoReturn

import numpy as np

from pympr.errors import RankError

_ALIGNMENT_BYTES = 64  # arrays come back on cache-line borders, as NumPy and the kernels like them


def pack(value: Any) -> np.ndarray:
    """`value` as uint8[n]: a head of int64 (number of parts, length of each), then the parts, each aligned.

    What `pickle` refuses (a lambda, a local class) goes by cloudpickle.

    >>> unpack(pack({"a": [1, 2.5]}))
    {'a': [1, 2.5]}
    """
    stream, buffers = _dump(value)
    parts = [np.frombuffer(part, np.uint8) for part in (stream, *(buffer.raw() for buffer in buffers))]
    head = np.array([len(parts), *(len(part) for part in parts)], np.int64)
    starts, total = _layout(head)
    packed = np.empty(total, np.uint8)
    packed[: head.nbytes] = head.view(np.uint8)
    for start, part in zip(starts, parts, strict=True):
        packed[start : start + len(part)] = part
    return packed


def unpack(packed: np.ndarray) -> Any:
    """The object in `packed`; arrays in it are views of `packed`, so the caller must not reuse that memory."""
    count = int(packed[:8].view(np.int64)[0])
    head = packed[: 8 * (count + 1)].view(np.int64)
    starts, _ = _layout(head)
    parts = [packed[start : start + length].data for start, length in zip(starts, head[1:].tolist(), strict=True)]
    return pickle.loads(parts[0], buffers=parts[1:])


def dump(value: Any) -> bytes:
    """`value` as one pickle for `pickle.loads`; what `pickle` refuses goes by cloudpickle."""
    try:
        return pickle.dumps(value, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError):
        import cloudpickle

        return cloudpickle.dumps(value, protocol=5)


def _dump(value: Any) -> tuple[bytes, list[pickle.PickleBuffer]]:
    buffers: list[pickle.PickleBuffer] = []
    try:
        return pickle.dumps(value, protocol=5, buffer_callback=buffers.append), buffers
    except (pickle.PicklingError, AttributeError, TypeError):
        import cloudpickle

        buffers.clear()
        return cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append), buffers


def _layout(head: np.ndarray) -> tuple[list[int], int]:
    """Where each part starts, and the size of it all."""
    starts, position = [], _align(head.nbytes)
    for length in head[1:].tolist():
        starts.append(position)
        position = _align(position + length)
    return starts, position


def _align(position: int) -> int:
    return -(-position // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES


def try_pack(value: Any) -> tuple[np.ndarray, Exception | None]:
    """`pack(value)`, or an empty array and the exception."""
    try:
        return pack(value), None
    except Exception as error:  # pickling runs the user's code, which may raise anything
        return np.empty(0, np.uint8), error


def raise_everywhere(world: Any, error: Exception | None) -> NoReturn:
    """Raise on all ranks because some have an `error` (collective): the own error there, RankError elsewhere."""
    from pympr.collectives.agree import agree_error

    told = agree_error(world, None if error is None else f"{type(error).__name__}: {error}")
    if error is not None:
        raise error
    rank, text = told[0]
    raise RankError(f"rank {rank} raised {text}")


class Failure(NamedTuple):
    """Travels in a value's place when the rank that should have sent it raised."""

    rank: int
    text: str


class Unpackable:
    """A value that is known to be an error already: packing it raises that error."""

    def __init__(self, error: Exception):
        self.error = error

    def __reduce_ex__(self, protocol):
        raise self.error


def pack_or_failure(value: Any, rank: int) -> tuple[np.ndarray, Exception | None]:
    """`pack(value)`, or a packed Failure and the exception to raise here after sending it."""
    packed, error = try_pack(value)
    if error is None:
        return packed, None
    return pack(Failure(rank, f"{type(error).__name__}: {error}")), error


def unpack_or_raise(packed: np.ndarray) -> Any:
    """The object in `packed`; RankError when it is a Failure."""
    value = unpack(packed)
    if isinstance(value, Failure):
        raise RankError(f"rank {value.rank} raised {value.text}")
    return value
