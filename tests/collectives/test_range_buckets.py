"""Buckets that are not stored give the rows that stored ones do."""

import numpy as np
import pytest

from pympr.collectives.exchange import Part, RangeBuckets, exchange
from pympr.collectives.world import world
from pympr.errors import RankError
from pympr.native.partition import buckets_by_range

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]


@pytest.mark.parametrize("dtype", ["int64", "float64"])
@pytest.mark.parametrize("variant", ["auto", "flat"])
def test_as_stored_buckets(dtype, variant):
    size = world().size
    values = np.random.default_rng(world().rank).integers(-50, 50, 1000).astype(dtype)
    splitters = np.linspace(-40, 40, size - 1).astype(dtype)
    stored = Part(world().rank, [values], buckets_by_range(values, splitters))
    found = Part(world().rank, [values], RangeBuckets(values, splitters))
    (expected, _), (received, _) = (exchange(world(), [part], (dtype,), variant) for part in (stored, found))
    assert received.columns[0].tolist() == expected.columns[0].tolist()
    assert received.offsets.tolist() == expected.offsets.tolist()


def test_splitters_must_fit_the_ranks():
    values = np.arange(3)
    part = Part(0, [values], RangeBuckets(values, np.arange(world().size)))
    with pytest.raises((ValueError, RankError), match="range buckets"):
        exchange(world(), [part], ("int64",))
