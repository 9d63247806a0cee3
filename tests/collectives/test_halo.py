"""Ghost cells against numpy.pad of the whole grid."""

import numpy as np
import pytest

from pympr.collectives.halo import Halo
from pympr.collectives.world import world

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


def expected_block(whole, halo, corners):
    widths = [(w, w) for w in halo.width] + [(0, 0)] * (whole.ndim - len(halo.width))
    padded = whole
    for axis, pair in enumerate(widths):
        one = [(0, 0)] * axis + [pair] + [(0, 0)] * (whole.ndim - axis - 1)
        padded = np.pad(padded, one, mode="wrap" if axis < len(halo.periodic) and halo.periodic[axis] else "constant")
    block = padded[tuple(slice(s.start, s.stop + 2 * w) for s, w in zip(halo.slices, halo.width))]
    if corners:
        return block
    outside = np.zeros(halo.local_shape, int)
    for axis, width in enumerate(halo.width):
        place = np.arange(halo.local_shape[axis])
        is_out = (place < width) | (place >= halo.local_shape[axis] - width)
        outside += is_out.reshape([-1 if other == axis else 1 for other in range(len(halo.width))])
    return np.where((outside <= 1).reshape(*outside.shape, *[1] * (whole.ndim - outside.ndim)), block, 0)


@pytest.mark.parametrize(
    ("shape", "width", "periodic"),
    [
        ((16,), 2, True),
        ((17,), 1, False),
        ((16, 9), 1, True),
        ((18, 17), (2, 1), (False, True)),
        ((8, 9, 8), 1, True),
        ((8, 8, 8), (1, 0, 1), False),
        ((8, 3, 2, 3), 1, (True, False, True, False)),
    ],
)
@pytest.mark.parametrize("corners", [True, False])
def test_one_update_fills_all_ghost_cells(shape, width, periodic, corners):
    dims = None if len(shape) < 4 else (world().size, 1, 1, 1)
    with Halo(shape, width, periodic, dims, corners) as halo:
        for dtype, trailing in (("i8", ()), ("f4", (3,))):
            whole = np.random.default_rng(1).integers(1, 1000, (*shape, *trailing)).astype(dtype)
            mine = halo.zeros(dtype, trailing)
            halo.interior(mine)[...] = whole[halo.slices]
            halo.update(mine)
            assert np.array_equal(mine, expected_block(whole, halo, corners))
            halo.interior(mine)[...] *= 2
            halo.update(mine, check=False)
            assert np.array_equal(mine, expected_block(2 * whole, halo, corners))


def test_a_mistake_of_one_rank_is_the_same_error_on_all():
    is_wrong = world().rank == world().size - 1
    with pytest.raises(ValueError, match="width 9 does not fit axis 1"):
        Halo((16, 8), (1, 9 if is_wrong else 1), dims=(world().size, 1))
    with pytest.raises(ValueError, match="do not fit"):
        Halo((64,), dims=[world().size + 1])
    halo = Halo((16,))
    with pytest.raises(ValueError, match="with ghost cells"):
        halo.update(np.zeros(99) if is_wrong else halo.zeros())
    with pytest.raises(TypeError, match="C order"):
        halo.update(halo.zeros(trailing=[2])[:, ::2] if is_wrong else halo.zeros(trailing=[1]))
    halo.free()
    with pytest.raises(ValueError, match="was freed"):
        halo.update(np.zeros(3))
