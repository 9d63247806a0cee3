"""Ranks on a Cartesian grid."""

import math
from collections.abc import Sequence
from typing import Any

from pympr.collectives.world import World


class Grid(World):
    """A world whose ranks stand on a grid: `dims` ranks along each axis, this one at `coordinates`.

    >>> grid = World(None).cartesian([1, 0])
    >>> grid.dims, grid.coordinates, grid.neighbours(0), grid.axis(1).size
    ((1, 1), (0, 0), (None, None), 1)
    """

    def __init__(self, comm: Any, dims: tuple[int, ...], periods: tuple[bool, ...]):
        super().__init__(comm)
        self.dims = dims
        self.periods = periods
        self.coordinates = tuple(comm.Get_coords(self.rank)) if comm is not None else (0,) * len(dims)

    def neighbours(self, axis: int, distance: int = 1) -> tuple[int | None, int | None]:
        """The ranks `distance` steps before and after this one along `axis`; None past an edge that is not periodic."""
        if self.comm is None:
            alone = 0 if self.periods[axis] else None
            return alone, alone
        before, after = self.comm.Shift(axis, distance)
        return (before if before >= 0 else None), (after if after >= 0 else None)

    def sub(self, kept: Sequence[bool]) -> "Grid":
        """The grid of the ranks that differ from this one only along the axes marked in `kept`. Collective."""
        dims = tuple(dim for dim, keep in zip(self.dims, kept, strict=True) if keep)
        periods = tuple(period for period, keep in zip(self.periods, kept, strict=True) if keep)
        comm = None if self.comm is None else self.comm.Sub(list(map(bool, kept)))
        return self._adopt(Grid(comm, dims, periods))

    def axis(self, axis: int) -> "Grid":
        """The ranks in one line with this one along `axis`. Collective."""
        return self.sub([index == axis for index in range(len(self.dims))])


def make_grid(world: World, dims: Sequence[int], periods: Sequence[bool] | None) -> Grid:
    """The grid behind `World.cartesian`."""
    chosen = choose_dims(world.size, dims)
    wraps = tuple(map(bool, periods)) if periods is not None else (False,) * len(chosen)
    if len(wraps) != len(chosen):
        raise ValueError(f"periods must have one entry an axis: {len(chosen)} axes, got {len(wraps)} entries")
    comm = None if world.comm is None else world.comm.Create_cart(chosen, wraps, reorder=False)
    return Grid(comm, chosen, wraps)


def choose_dims(size: int, dims: Sequence[int]) -> tuple[int, ...]:
    """`dims` with every 0 replaced so that the product is `size`, the chosen as equal as can be, largest first.

    >>> choose_dims(12, [0, 0]), choose_dims(12, [3, 0]), choose_dims(8, [0, 0, 0])
    ((4, 3), (3, 4), (2, 2, 2))
    """
    if any(dim < 0 for dim in dims):
        raise ValueError(f"dims must not be negative, got {tuple(dims)}")
    fixed = math.prod(dim for dim in dims if dim)
    free = sum(dim == 0 for dim in dims)
    if size % fixed or (not free and fixed != size):
        raise ValueError(f"dims {tuple(dims)} do not fit {size} ranks; their product must be {size}, 0 means choose")
    chosen = iter(_balance(size // fixed, free))
    return tuple(dim or next(chosen) for dim in dims)


def _balance(product: int, count: int) -> list[int]:
    """`count` factors of `product`, near each other: the largest primes go to the smallest factor."""
    factors = [1] * count
    for prime in _primes_descending(product) if count else ():
        factors[factors.index(min(factors))] *= prime
    return sorted(factors, reverse=True)


def _primes_descending(number: int) -> list[int]:
    primes, divisor = [], 2
    while divisor * divisor <= number:
        while number % divisor == 0:
            primes.append(divisor)
            number //= divisor
        divisor += 1
    return sorted(primes + [number] * (number > 1), reverse=True)
