"""Output formats: what becomes of the pairs of a job."""

import json
from io import BytesIO
from typing import Any, Protocol

from pympr.mapreduce.pair_files import Writer

_ENDINGS = {None: "", "gzip": ".gz", "bzip2": ".bz2", "zstd": ".zst"}
Pair = tuple[Any, Any]


class Encoder(Protocol):
    """The pairs of one file to bytes: `add` for some of them, `end` for what is left at the end."""

    def add(self, pairs: list[Pair]) -> bytes: ...

    def end(self) -> bytes: ...


class OutputFormat:
    """How pairs are written; subclasses give an `Encoder` for each file.

    `compression` is None, "gzip", "bzip2" or "zstd". What a format is made with must
    show in its `repr`, by which ranks compare theirs.
    """

    ending = ""
    compression: str | None = None

    def encoder(self) -> Encoder:
        """An encoder for one file."""
        raise NotImplementedError

    @property
    def suffix(self) -> str:
        """What names of files end in."""
        return self.ending + _ENDINGS[self.compression]

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in sorted(vars(self).items()))
        return f"{type(self).__name__}({settings})"

    def _pack(self, compression: str | None) -> None:
        if compression not in _ENDINGS:
            raise ValueError(f"compression must be 'gzip', 'bzip2', 'zstd' or None, got {compression!r}")
        self.compression = compression


class TextOutput(OutputFormat):
    """Lines key SEPARATOR value, as UTF-8; a key or value that is None is left out, with the separator.

    >>> TextOutput(separator=",").encoder().add([("a", 1), ("b", None)])
    b'a,1\\nb\\n'
    """

    def __init__(self, separator: str = "\t", compression: str | None = None) -> None:
        self.separator = separator
        self._pack(compression)

    def encoder(self) -> Encoder:
        return _Lines(self._line)

    def _line(self, pair: Pair) -> str:
        return self.separator.join([str(item) for item in pair if item is not None])


class JsonOutput(OutputFormat):
    """Lines key TAB value, both as JSON: mrjob's JSONProtocol. TypeError for what JSON cannot hold.

    >>> JsonOutput().encoder().add([("a", [1, None])])
    b'"a"\\t[1, null]\\n'
    """

    def __init__(self, compression: str | None = None) -> None:
        self._pack(compression)

    def encoder(self) -> Encoder:
        return _Lines(lambda pair: f"{json.dumps(pair[0])}\t{json.dumps(pair[1])}")


class PairsOutput(OutputFormat):
    """Pairs of any Python values for another job: `PairsInput` reads them back as they are.

    The files hold pickles, so read only files that you trust. `compressed` packs
    them by zlib.
    """

    ending = ".pairs"

    def __init__(self, compressed: bool = False) -> None:
        self.compressed = compressed

    def encoder(self) -> Encoder:
        return Writer(self.compressed)


class NumpyOutput(OutputFormat):
    """One `.npy` array of the values of every partition, in order; with `keys=True` `.npz` with `keys` and `values`.

    Values must be numbers, or arrays of one shape: TypeError for what would become
    an array of objects, ValueError for shapes that differ.
    """

    def __init__(self, dtype: Any = None, keys: bool = False) -> None:
        self.dtype, self.keys = dtype, keys
        self.ending = ".npz" if keys else ".npy"

    def encoder(self) -> Encoder:
        return _Arrays(self.dtype, self.keys)


class NullOutput(OutputFormat):
    """Pairs are dropped: for jobs that count, or that write by themselves."""


class _Lines:
    def __init__(self, line: Any) -> None:
        self._line = line

    def add(self, pairs: list[Pair]) -> bytes:
        return "".join([f"{self._line(pair)}\n" for pair in pairs]).encode("utf-8", "surrogatepass")

    def end(self) -> bytes:
        return b""


class _Arrays:
    def __init__(self, dtype: Any, keys: bool) -> None:
        self._dtype, self._with_keys = dtype, keys
        self._pairs: list[Pair] = []

    def add(self, pairs: list[Pair]) -> bytes:
        self._pairs += pairs
        return b""

    def end(self) -> bytes:
        import numpy as np

        file = BytesIO()
        values = self._array([value for _, value in self._pairs], self._dtype)
        if self._with_keys:
            np.savez(file, keys=self._array([key for key, _ in self._pairs], None), values=values)
        else:
            np.save(file, values, allow_pickle=False)
        return file.getvalue()

    def _array(self, items: list[Any], dtype: Any) -> Any:
        import numpy as np

        array = np.array(items, dtype)
        if array.dtype.hasobject:
            kinds = ", ".join(sorted({type(item).__name__ for item in items}))
            raise TypeError(f"values of types {kinds} have no NumPy array: give dtype, or write another format")
        return array
