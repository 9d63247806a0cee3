"""Sums over ranks: the same bits however the values are dealt out."""

import numpy as np
import pytest

from pympr.native.reference.binned import binned_sum

VALUES = np.concatenate(
    [np.ldexp(np.random.default_rng(3).standard_normal(600), np.arange(600) - 300), [0.1, -0.0, 1e16, 1.0, -1e16]]
)


@pytest.mark.mpi
@pytest.mark.ranks(5)
def test_a_dealt_out_array():
    from mpi4py.MPI import COMM_WORLD as comm

    from pympr.collectives.reproducible import sum_reproducible

    wanted = binned_sum(VALUES.tolist())
    owner = np.random.default_rng(comm.size).integers(0, comm.size, len(VALUES))
    assert float(sum_reproducible(comm, VALUES[owner == comm.rank])).hex() == wanted.hex()
    assert float(sum_reproducible(comm, VALUES if comm.rank == 0 else VALUES[:0])).hex() == wanted.hex()
    pairs = VALUES[:100].view(np.complex128)[comm.rank :: comm.size]
    found = complex(sum_reproducible(comm, pairs))
    assert found == complex(binned_sum(VALUES[:100:2].tolist()), binned_sum(VALUES[1:100:2].tolist()))


@pytest.mark.mpi
@pytest.mark.ranks(5)
def test_item_by_item():
    from mpi4py.MPI import COMM_WORLD as comm

    from pympr.collectives.reproducible import allreduce_reproducible

    rows = np.random.default_rng(1).standard_normal((comm.size, 3, 4)) * 10.0 ** np.arange(4)
    rows[0, 0] = [np.inf, np.nan, -0.0, 1e308]
    rows[1:, 0, 2:] = [-0.0, 1e308]
    found = allreduce_reproducible(comm, rows[comm.rank])
    wanted = [binned_sum(rows[:, i, j].tolist()) for i in range(3) for j in range(4)]
    assert [value.hex() for value in found.reshape(-1).tolist()] == [float(value).hex() for value in wanted]
    short = allreduce_reproducible(comm, rows[comm.rank, 1:].astype(np.float32))
    wide = rows[:, 1:].astype(np.float32).astype(float)
    wanted = [np.float32(binned_sum(wide[:, i, j].tolist())) for i in range(2) for j in range(4)]
    assert short.dtype == np.float32 and short.reshape(-1).tolist() == [value.item() for value in wanted]
    assert allreduce_reproducible(comm, np.empty((0, 2))).shape == (0, 2)


@pytest.mark.mpi
def test_other_dtypes_are_refused():
    from mpi4py.MPI import COMM_WORLD as comm

    from pympr.collectives.reproducible import allreduce_reproducible

    with pytest.raises(TypeError, match="got int64"):
        allreduce_reproducible(comm, np.ones(2, np.int64))
