"""How many different records there are, about."""

import math
from collections.abc import Iterator

import numpy as np

from pympr.collectives.reduce import allreduce
from pympr.data.block import Block, to_columns
from pympr.data.keyhash import hash_block
from pympr.run.actions.action import Run

_LEAST_BITS, _MOST_BITS = 4, 30


def count_approx_distinct(run: Run, relative_deviation: float) -> int:
    """An estimate with about this relative standard deviation, the same on every number of ranks.

    HyperLogLog (Flajolet, Fusy, Gandouet and Meunier, 2007) with 64-bit hashes, so
    that no correction for large numbers is needed; few are counted by empty registers.
    """
    bits = math.ceil(2.0 * math.log2(1.054 / relative_deviation))
    bits = min(max(bits, _LEAST_BITS), _MOST_BITS)
    registers = np.zeros(1 << bits, np.uint8)

    def look(index: int, blocks: Iterator[Block]) -> None:
        for block in blocks:
            if len(block):
                _observe(registers, bits, hash_block(to_columns(block), run.config.hash_seed))

    run.each(look)
    return round(_estimate(allreduce(run.world, registers, "max")))


def _observe(registers: np.ndarray, bits: int, hashes: np.ndarray) -> None:
    """Keep for every register the most leading zeros, plus one, of the hashes that fall to it."""
    rest = hashes << np.uint64(bits) | np.uint64((1 << bits) - 1)
    # The float's exponent tells the highest bit; rounding up to the next power of two is undone first.
    high = np.frexp((rest & ~(rest >> np.uint64(53))).astype(np.float64))[1]
    np.maximum.at(registers, (hashes >> np.uint64(64 - bits)).astype(np.int64), (65 - high).astype(np.uint8))


def _estimate(registers: np.ndarray) -> float:
    size = len(registers)
    alpha = {16: 0.673, 32: 0.697, 64: 0.709}.get(size, 0.7213 / (1 + 1.079 / size))
    raw = alpha * size * size / float(np.sum(np.exp2(-registers.astype(np.float64))))
    empty = int(np.count_nonzero(registers == 0))
    return size * math.log(size / empty) if raw <= 2.5 * size and empty else raw
