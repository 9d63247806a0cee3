"""Input files, listed by one rank and the same for all."""

from collections.abc import Callable

from pympr.collectives.broadcast import broadcast_object
from pympr.collectives.world import World
from pympr.config import Config
from pympr.run.agreement import agree_on_folder, call_site
from pympr.run.splits import Split, cut_files, cut_records, list_files
from pympr.run.together import together


class Listing:
    """The splits of every input, asked for once."""

    def __init__(self, world: World, config: Config) -> None:
        self._world, self._config = world, config
        self._known: dict[tuple, list[Split]] = {}

    def text(self, path: str, min_partitions: int, serial: int = 0) -> list[Split]:
        """The splits of text files; collective at the first call for a path and a serial."""
        return self._once(
            ("text", path, min_partitions, serial),
            lambda: cut_files(list_files(path), min_partitions, self._config.split_bytes),
        )

    def records(self, path: str, record_length: int, serial: int = 0) -> list[Split]:
        """The splits of files of fixed-length records; collective at the first call for a path and a serial."""
        return self._once(
            ("records", path, record_length, serial),
            lambda: cut_records(list_files(path), record_length, self._config.split_bytes),
        )

    def _once(self, name: tuple, make: Callable[[], list[Split]]) -> list[Split]:
        if name not in self._known:
            agree_on_folder(self._world, name[1], call_site())
            found = together(self._world, lambda: make() if self._world.rank == 0 else None, f"listing {name[1]}")
            self._known[name] = broadcast_object(self._world, found, 0)
        return self._known[name]
