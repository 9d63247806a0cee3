"""Records to files of any format, several a partition."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, BinaryIO, NamedTuple, Protocol

from pympr.data.block import Block
from pympr.run.actions.action import Run
from pympr.run.actions.save import save_with
from pympr.run.packing import packed


class Encoder(Protocol):
    """Records of one file to bytes: `add` for some, `end` for what is left at the end."""

    def add(self, records: list[Any]) -> bytes: ...

    def end(self) -> bytes: ...


class Format(NamedTuple):
    """How the files of one name are written: an encoder for each, what names end in, and gzip, bzip2, zstd or None."""

    encoder: Callable[[], Encoder]
    suffix: str = ""
    compression: str | None = None


def save_formats(run: Run, path: str, formats: Mapping[str, Any], description: str, is_named: bool) -> None:
    """Write files part-00000, ... for the partitions, and _SUCCESS, into a new directory: see `save`.

    With `is_named`, records are (name, record); those of a name that is not "part"
    go to files of that name, which are there for partitions that have such records
    only. `description` tells the formats, so that ranks can compare them.
    """
    written = {name: Format(*format) for name, format in formats.items()}

    def write(folder: str, index: int, blocks: Iterator[Block]) -> None:
        with ExitStack() as stack:
            files = _Files(folder, index, written, stack)
            files.add("part", [])
            for block in blocks:
                for name, records in (_by_name(block) if is_named else {"part": list(block.records())}).items():
                    files.add(name, records)
            files.end()

    save_with(run, path, write)


def _by_name(block: Block) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, record in block.records():
        found.setdefault(name, []).append(record)
    return found


class _Files:
    """The files of one partition, opened when there is something for them."""

    def __init__(self, folder: str, index: int, formats: Mapping[str, Format], stack: ExitStack) -> None:
        self._folder, self._index, self._formats, self._stack = folder, index, formats, stack
        self._open: dict[str, tuple[Encoder, BinaryIO]] = {}

    def add(self, name: str, records: list[Any]) -> None:
        if name not in self._open:
            chosen = self._formats[name]
            path = f"{self._folder}/{name}-{self._index:05d}{chosen.suffix}"
            file = self._stack.enter_context(packed(path, chosen.compression))
            self._open[name] = chosen.encoder(), file
        encoder, file = self._open[name]
        file.write(encoder.add(records))

    def end(self) -> None:
        for encoder, file in self._open.values():
            file.write(encoder.end())
