"""A value for tasks, the same on every rank."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping, Sequence, Set
from typing import Any, BinaryIO

# Of longer sequences items at even distances are compared.
_MOST_ITEMS = 4096
_PLAIN = (int, float, complex, bool, str, type(None))


class Broadcast:
    """What `SparkContext.broadcast` gives: `value` is the object that this rank passed itself.

    Nothing is sent, as every rank has it. After `destroy` it cannot be used any more.

    >>> table = sc.broadcast({1: 10001, 2: 10002})
    >>> sc.range(4).map(lambda i: table.value.get(i, -1)).collect()
    [-1, 10001, 10002, -1]
    """

    def __init__(self, bid: int, value: Any) -> None:
        self._bid = bid
        self._value = value
        self._is_destroyed = False

    @property
    def value(self) -> Any:
        """The value; RuntimeError once it was destroyed."""
        if self._is_destroyed:
            raise RuntimeError(f"Attempted to use Broadcast({self._bid}) after it was destroyed")
        return self._value

    def unpersist(self, blocking: bool = False) -> None:
        """Drop copies that could be made again; here there are none."""
        if self._is_destroyed:
            raise RuntimeError(f"Attempted to use Broadcast({self._bid}) after it was destroyed")

    def destroy(self, blocking: bool = False) -> None:
        """Give the value up."""
        self._is_destroyed = True
        self._value = None

    def dump(self, value: Any, f: BinaryIO) -> None:
        """Write a value to a file, by pickle, and close it."""
        pickle.dump(value, f, pickle.HIGHEST_PROTOCOL)
        f.close()

    def load(self, file: BinaryIO) -> Any:
        """The value that `dump` wrote to a file; it is unpickled."""
        return pickle.load(file)

    def load_from_path(self, path: str) -> Any:
        """The value that `dump` wrote to the file `path`; it is unpickled."""
        with open(path, "rb", 1 << 20) as file:
            return self.load(file)

    def __repr__(self) -> str:
        return f"<pympr Broadcast {self._bid}>"


def fingerprint(value: Any) -> str:
    """A name for a value by its type and items, the same in every process; long sequences are sampled.

    Of objects that are no collections only the type is told.

    >>> fingerprint({"a": [1, 2]}) == fingerprint({"a": [1, 2]}) != fingerprint({"a": [1, 3]})
    True
    """
    return _digest(_parts(value)).hex()


def _parts(value: Any) -> list[bytes]:
    kind = type(value).__qualname__.encode()
    if isinstance(value, _PLAIN):
        return [kind, repr(value).encode("utf-8", "surrogatepass")]
    if isinstance(value, (bytes, bytearray)):
        return [kind, bytes(value)]
    if isinstance(value, Mapping):
        items = (_digest([_digest(_parts(key)), _digest(_parts(item))]) for key, item in value.items())
        return [kind, *sorted(items)]
    if isinstance(value, Set):
        return [kind, *sorted(_digest(_parts(item)) for item in value)]
    if isinstance(value, Sequence):
        step = max(1, len(value) // _MOST_ITEMS)
        return [kind, str(len(value)).encode(), *(_digest(_parts(value[at])) for at in range(0, len(value), step))]
    if hasattr(value, "dtype") and hasattr(value, "tobytes") and not value.dtype.hasobject:
        return [kind, str(value.dtype).encode(), str(value.shape).encode(), value.tobytes()]
    return [kind]


def _digest(parts: list[bytes]) -> bytes:
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        state.update(len(part).to_bytes(8, "little") + part)
    return state.digest()
