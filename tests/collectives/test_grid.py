"""How ranks are dealt over the axes of a grid."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.collectives.grid import choose_dims


@given(st.integers(1, 5000), st.integers(1, 4))
def test_the_product_is_the_size_and_dims_descend(size, axes):
    dims = choose_dims(size, [0] * axes)
    assert math.prod(dims) == size and list(dims) == sorted(dims, reverse=True)


@pytest.mark.parametrize(
    ("size", "dims", "chosen"),
    [(12, [0, 0], (4, 3)), (8, [2, 0, 0], (2, 2, 2)), (7, [0, 0], (7, 1)), (6, [0, 6], (1, 6)), (1, [], ())],
)
def test_examples(size, dims, chosen):
    assert choose_dims(size, dims) == chosen


@pytest.mark.parametrize(("size", "dims"), [(6, [4, 0]), (6, [2, 2]), (6, [-1, 0]), (2, [])])
def test_what_does_not_fit_is_refused(size, dims):
    with pytest.raises(ValueError, match="dims"):
        choose_dims(size, dims)
