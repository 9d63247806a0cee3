"""Files that are read whole, some to a partition."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from pympr.config import Config
from pympr.plan.sources import WholeFiles
from pympr.run.splits import CODECS, Split, find_files
from pympr.run.stores import Found, is_remote


@dataclass(frozen=True)
class FileGroup:
    """The files of one partition."""

    splits: tuple[Split, ...]

    @property
    def num_bytes(self) -> int:
        """What is read for it."""
        return sum(split.num_bytes for split in self.splits)


def cut_whole_files(node: WholeFiles, config: Config) -> list[FileGroup]:
    """The files in their order, grouped to about `min_partitions` by size; files of pickles one to a partition."""
    splits = [_split_of(file, node.form) for file in find_files(node.path)]
    goal = max(1, -(-sum(split.num_bytes for split in splits) // max(node.min_partitions, 1)))
    goal = 0 if node.form == "pickles" else min(goal, config.split_bytes)
    return [FileGroup(group) for group in _groups(splits, goal)]


def _groups(splits: Sequence[Split], goal_bytes: int) -> list[tuple[Split, ...]]:
    """Neighbours together while they have at most `goal_bytes`.

    >>> small = [Split(name, 0, 4, 4) for name in "abcde"]
    >>> [len(group) for group in _groups(small, 8)]
    [2, 2, 1]
    """
    groups: list[list[Split]] = []
    filled = 0
    for split in splits:
        if not groups or filled + split.num_bytes > goal_bytes:
            groups.append([])
            filled = 0
        groups[-1].append(split)
        filled += split.num_bytes
    return [tuple(group) for group in groups]


def _split_of(file: Found, form: str) -> Split:
    codec = CODECS.get(file.path[file.path.rfind(".") :]) if "text" in form and "." in file.path else None
    return Split(file.path, 0, file.size, file.size, codec, file.in_ranges)


def address_of(path: str) -> str:
    """A file's path as Spark writes it: with `file:` before a local one.

    >>> address_of("/data/a.txt"), address_of("s3://bucket/a.txt")
    ('file:/data/a.txt', 's3://bucket/a.txt')
    """
    return path if is_remote(path) else f"file:{os.path.abspath(path)}"
