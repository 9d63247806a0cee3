"""Input files, listed by one rank and the same for all."""

from collections.abc import Callable
from typing import Any

from pympr.collectives.broadcast import broadcast_object
from pympr.collectives.world import World
from pympr.config import Config
from pympr.plan import sources
from pympr.plan.node import Node
from pympr.run.agreement import agree_on_folder, call_site
from pympr.run.array_files import cut_arrays
from pympr.run.csv_borders import record_splits
from pympr.run.splits import Split, cut_files, cut_records, find_files
from pympr.run.stores import is_remote
from pympr.run.together import together
from pympr.run.whole_files import cut_whole_files


class Listing:
    """The splits of every input, asked for once."""

    def __init__(self, world: World, config: Config) -> None:
        self._world, self._config = world, config
        self._known: dict[tuple, list[Any]] = {}

    def of(self, node: Any) -> list[Any]:
        """The splits of a source that reads files; collective at the first call for its path and serial."""
        name = (type(node).__name__, node.path, node.serial)
        return self._once(name, lambda: _CUT[type(node)](node, self._config), node)

    def _once(self, name: tuple, make: Callable[[], list[Any]], node: Any) -> list[Any]:
        if name not in self._known:
            if not all(map(is_remote, name[1].split(","))):
                agree_on_folder(self._world, name[1], call_site())
            found = together(self._world, lambda: make() if self._world.rank == 0 else None, f"listing {name[1]}")
            found = broadcast_object(self._world, found, 0)
            if isinstance(node, sources.CsvFile) and node.multi_line:
                found = record_splits(self._world, node, found, self._config)
            self._known[name] = found
        return self._known[name]


def _cut_text(node: sources.TextFile | sources.JsonLines | sources.CsvFile, config: Config) -> list[Split]:
    return cut_files(find_files(node.path), node.min_partitions, config.split_bytes)


def _cut_records(node: sources.BinaryRecords, config: Config) -> list[Split]:
    return cut_records(find_files(node.path), node.record_length, config.split_bytes)


_CUT: dict[type, Callable[[Any, Config], list[Any]]] = {
    sources.ArrayFiles: cut_arrays,
    sources.CsvFile: _cut_text,
    sources.JsonLines: _cut_text,
    sources.TextFile: _cut_text,
    sources.BinaryRecords: _cut_records,
    sources.WholeFiles: cut_whole_files,
}


def reads_files(node: Node) -> bool:
    """Whether a node is a source that `Listing.of` knows.

    >>> reads_files(sources.TextFile("books", 2)), reads_files(sources.Range(0, 9, 1, 2))
    (True, False)
    """
    return type(node) in _CUT
