"""Ghost cells of blocks on a Cartesian grid of ranks."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from pympr.collectives.arguments import agree_arguments, as_plain, world_of
from pympr.collectives.grid import choose_dims
from pympr.collectives.subarrays import Subarrays, block_bounds


class Halo:
    """A global grid of cells in blocks, one a rank, with `width` ghost cells around each; made and freed collectively.

    `shape` is that of the global grid, with any number of axes; `width` and `periodic` are one for all axes or one
    an axis; `dims` is the number of ranks along each axis (0: chosen). Blocks are nearly equal, larger ones first.
    With `corners` False only ghost cells beside faces are filled, with fewer messages. `comm` is an mpi4py
    communicator, by default all ranks.

    `dims` and `coordinates` (row-major by rank, as `Create_cart` gives without reordering) say where this rank stands,
    `slices` which cells of the global grid it holds, `local_shape` what its arrays look like with their ghost cells.
    ValueError on all ranks when the arguments of one do not fit: a width must not be greater than the smallest block
    along its axis.

    >>> with Halo((4,), periodic=True) as halo:
    ...     cells = halo.zeros("int64")
    ...     halo.interior(cells)[:] = [1, 2, 3, 4]
    ...     halo.update(cells)
    ...     cells
    array([4, 1, 2, 3, 4, 1])
    """

    def __init__(
        self,
        shape: Sequence[int],
        width: int | Sequence[int] = 1,
        periodic: bool | Sequence[bool] = False,
        dims: Sequence[int] | None = None,
        corners: bool = True,
        comm: Any = None,
    ):
        world = world_of(comm)
        self._world, self._graph = world, None
        checked = agree_arguments(world, lambda: _checked(shape, width, periodic, dims, corners, world.size))
        self.shape, self.width, self.periodic, self.dims = checked
        self.coordinates = tuple(map(int, np.unravel_index(world.rank, self.dims)))
        self.slices = tuple(
            slice(*block_bounds(extent, dim)[place : place + 2].tolist())
            for extent, dim, place in zip(self.shape, self.dims, self.coordinates)
        )
        self.local_shape = tuple(part.stop - part.start + 2 * w for part, w in zip(self.slices, self.width))
        self._directions = _directions(len(self.shape), corners)
        self._types: dict[tuple[int, int], tuple[Subarrays, list, list]] = {}
        self._connect()

    def zeros(self, dtype: Any = "float64", trailing: Sequence[int] = ()) -> np.ndarray:
        """An array for this rank's block with its ghost cells; `trailing` axes are what each cell holds."""
        return np.zeros((*self.local_shape, *trailing), dtype)

    def interior(self, array: np.ndarray) -> np.ndarray:
        """The view of `array` without its ghost cells."""
        return array[tuple(slice(w, extent - w) for w, extent in zip(self.width, self.local_shape))]

    def update(self, array: np.ndarray, check: bool = True) -> None:
        """Fill the ghost cells of `array` from the ranks that hold them. Collective.

        `array` is in C order, of `local_shape` and any further axes, of any dtype without Python objects. Ghost cells
        past an edge that is not periodic stay as they are. `check` makes the ranks agree on dtype and shape first, so
        that a mistake of one is an error on all (TypeError or ValueError); without it the call is a
        single `MPI_Neighbor_alltoallw`, and the ranks must be right.
        """
        if self._types is None:
            raise ValueError("this halo was freed")
        if check:
            agree_arguments(self._world, lambda: (None, self._check(array)))
        if self._graph is None:
            self._wrap(array)
            return
        trailing = int(np.prod(array.shape[len(self.shape) :], dtype=np.int64))
        key = array.itemsize, trailing
        if key not in self._types:
            self._types[key] = self._make_types(array.itemsize * trailing)
        _, sent, received = self._types[key]
        if sent or received:
            memory = array.reshape(-1).view(np.uint8)
            self._graph.Neighbor_alltoallw(_message(memory, sent), _message(memory, received))

    def free(self) -> None:
        """Give the communicator and the datatypes back (collective); a second call does nothing."""
        for types, _, _ in (self._types or {}).values():
            types.free()
        self._types = None
        if self._graph is not None:
            self._graph.Free()
            self._graph = None

    def __enter__(self) -> "Halo":
        return self

    def __exit__(self, *_: object) -> None:
        self.free()

    def _connect(self) -> None:
        """One edge a direction: the k-th message between two ranks is that of the same direction at both ends."""
        self._targets = [self._neighbour(direction) for direction in self._directions]
        self._sources = [self._neighbour([-step for step in direction]) for direction in self._directions]
        if not self._world.is_solo:
            # Not made from a Cartesian communicator: freeing such a graph after Neighbor_alltoallw crashes Open MPI 5.
            self._graph = self._world.comm.Create_dist_graph_adjacent(
                [rank for rank in self._sources if rank is not None],
                [rank for rank in self._targets if rank is not None],
            )

    def _neighbour(self, direction: Sequence[int]) -> int | None:
        place = [coordinate + step for coordinate, step in zip(self.coordinates, direction)]
        for axis, (coordinate, dim) in enumerate(zip(place, self.dims)):
            if not 0 <= coordinate < dim and not self.periodic[axis]:
                return None
        return int(np.ravel_multi_index([c % dim for c, dim in zip(place, self.dims)], self.dims))

    def _check(self, array: Any) -> Any:
        if as_plain(array, "array") is not array:
            raise TypeError("array must be a NumPy array in C order, as `zeros` makes it")
        if array.shape[: len(self.shape)] != self.local_shape:
            raise ValueError(
                f"array has shape {array.shape}; this rank's block with ghost cells has {self.local_shape}"
            )
        if not array.flags.writeable:
            raise ValueError("array must be writable")
        return array.dtype.descr, array.shape[len(self.shape) :]

    def _make_types(self, cell_bytes: int) -> tuple[Subarrays, list, list]:
        types = Subarrays(cell_bytes)
        sent = [
            types.box(self.local_shape, *self._box(direction, False))
            for direction, rank in zip(self._directions, self._targets)
            if rank is not None
        ]
        received = [
            types.box(self.local_shape, *self._box([-step for step in direction], True))
            for direction, rank in zip(self._directions, self._sources)
            if rank is not None
        ]
        return types, sent, received

    def _box(self, direction: Sequence[int], is_ghost: bool) -> tuple[list[int], list[int]]:
        """Starts and ends of the cells next to the border in `direction`, on its inner or its outer side."""
        starts, ends = [], []
        for step, width, extent in zip(direction, self.width, self.local_shape):
            shift = 0 if is_ghost else width
            if step < 0:
                start, end = shift, shift + width
            elif step > 0:
                start, end = extent - width - shift, extent - shift
            else:
                start, end = width, extent - width
            starts.append(start)
            ends.append(end)
        return starts, ends

    def _wrap(self, array: np.ndarray) -> None:
        """One rank is its own neighbour."""
        for direction, source in zip(self._directions, self._sources):
            if source is not None:
                inner, ghost = self._box(direction, False), self._box([-step for step in direction], True)
                array[_slices(ghost)] = array[_slices(inner)]


def _checked(shape, width, periodic, dims, corners, size: int) -> tuple[Any, Any]:
    extents = tuple(int(extent) for extent in shape)
    if not extents:
        raise ValueError("a grid has at least one axis, got shape ()")
    axes = len(extents)
    widths = _one_an_axis(width, axes, "width", int)
    wraps = _one_an_axis(periodic, axes, "periodic", bool)
    wanted = (0,) * axes if dims is None else tuple(int(dim) for dim in dims)
    if len(wanted) != axes:
        raise ValueError(f"dims must have one entry an axis ({axes}), got {wanted}")
    chosen = choose_dims(size, wanted)
    for axis, (extent, dim, ghost) in enumerate(zip(extents, chosen, widths)):
        if extent // dim < max(ghost, 1) or ghost < 0:
            raise ValueError(
                f"width {ghost} does not fit axis {axis}: {extent} cells over {dim} ranks, blocks of {extent // dim}"
            )
    return (extents, widths, wraps, chosen), (extents, widths, wraps, chosen, bool(corners))


def _one_an_axis(value: Any, axes: int, name: str, kind: type) -> tuple:
    values = (value,) * axes if np.ndim(value) == 0 else tuple(value)
    if len(values) != axes:
        raise ValueError(f"{name} must be one value or one an axis ({axes}), got {len(values)}")
    return tuple(kind(item) for item in values)


def _directions(axes: int, corners: bool) -> list[tuple[int, ...]]:
    """Steps to all neighbours, or to those across a face.

    >>> _directions(1, True), len(_directions(3, True)), len(_directions(3, False))
    ([(-1,), (1,)], 26, 6)
    """
    steps = itertools.product((-1, 0, 1), repeat=axes)
    return [step for step in steps if any(step) and (corners or sum(map(abs, step)) == 1)]


def _slices(box: tuple[list[int], list[int]]) -> tuple[slice, ...]:
    return tuple(slice(start, end) for start, end in zip(*box))


def _message(memory: np.ndarray, boxes: list[tuple[int, Any]]) -> list[Any]:
    counts, types = [count for count, _ in boxes], [made for _, made in boxes]
    return [memory, (counts, [0] * len(counts)), types]
