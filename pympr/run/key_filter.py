"""Rows of a join that can meet none are left out before they move: a Bloom filter of the other side's keys.

B. Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 1970, with one hash: the top bits of
that by which rows are placed. Eight to sixteen bits a key let one in eight to sixteen of the other keys through.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from pympr.collectives.reduce import allreduce
from pympr.collectives.world import World
from pympr.config import Config
from pympr.data.block import Block, ColumnBlock
from pympr.data.keyhash import hash_block
from pympr.run.place import first_items
from pympr.run.together import together

MOST_KEYS, LEAST_BITS = 1 << 22, 13
# Of so many rows at least so large a part must be left out, or the rest passes by.
SAMPLE_ROWS, LEAST_LEFT_OUT = 1 << 16, 0.3


def pays(world: World) -> bool:
    """Whether to look for rows to leave out: copying them within a node costs no more than looking. Collective."""
    return world.node().size < world.size


class KeyFilter:
    """Says of keys whether they may be among those of all ranks."""

    def __init__(self, flags: np.ndarray, config: Config) -> None:
        """`flags` (uint8, a power of two of them) are by the top bits of the key hash."""
        self._flags, self._config = flags, config
        self._seen = self._passed = 0

    @property
    def is_useful(self) -> bool:
        """Whether enough rows were left out so far."""
        return self._seen < SAMPLE_ROWS or self._passed <= (1 - LEAST_LEFT_OUT) * self._seen

    def thinned(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The blocks without the (key, value) rows whose keys are on no rank; objects pass by."""
        for block in blocks:
            if not isinstance(block, ColumnBlock) or not len(block) or not self.is_useful:
                yield block
                continue
            rows = np.flatnonzero(self._flags[_slots(block, self._flags, self._config)])
            self._seen += len(block)
            self._passed += len(rows)
            yield block if len(rows) == len(block) else block.take(rows)


def _slots(block: Block, flags: np.ndarray, config: Config) -> np.ndarray:
    bits = len(flags).bit_length() - 1
    return (hash_block(first_items(block), config.hash_seed) >> np.uint64(64 - bits)).view(np.int64)


def make_filter(world: World, rows: int, blocks: Iterable[Block], config: Config) -> KeyFilter | None:
    """The filter of the keys of all ranks' `blocks`, of `rows` here; None when they are too many. Collective."""
    total = int(allreduce(world, np.array([rows], np.int64), "sum")[0])
    if total > MOST_KEYS:
        return None
    flags = np.zeros(1 << max(LEAST_BITS, (8 * total).bit_length()), np.uint8)

    def mark() -> None:
        for block in blocks:
            flags[_slots(block, flags, config)] = 1

    together(world, mark, "the keys of a join")
    marked = allreduce(world, np.packbits(flags), "or")
    return KeyFilter(np.unpackbits(marked), config)
