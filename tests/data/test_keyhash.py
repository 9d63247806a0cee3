"""Equal keys have equal hashes, however they are held."""

import datetime
import decimal
import enum
import fractions
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.data.keyhash import hash_keys
from pympr.errors import KeyTypeError


class Color(enum.Enum):
    RED = 1


@dataclass(frozen=True)
class Point:
    x: int
    y: str


PLAIN = st.one_of(st.integers(), st.floats(), st.text(max_size=4), st.booleans(), st.none(), st.binary(max_size=4))


@given(st.lists(st.one_of(PLAIN, st.tuples(PLAIN, PLAIN)), max_size=20))
def test_a_key_hashes_alone_as_among_others(keys):
    assert hash_keys(keys, 7).tolist() == [hash_keys([key], 7).tolist()[0] for key in keys]


@pytest.mark.parametrize(
    "keys",
    [
        [1, 1.0, True, np.int32(1), np.float32(1), decimal.Decimal(1), fractions.Fraction(1)],
        [0, 0.0, -0.0, False],
        [float("nan"), -float("nan"), np.float64("nan")],
        [2.0**80, 2**80, fractions.Fraction(2**80)],
        [(1, "a"), (1.0, "a"), (True, "a")],
        [frozenset([1, 2]), frozenset([2, 1])],
    ],
)
def test_equal_keys(keys):
    assert len(set(hash_keys(keys, 7).tolist())) == 1
    assert len({hash_keys([key], 7).tolist()[0] for key in keys}) == 1


def test_different_keys_differ():
    keys = [
        1, 2, "1", b"1", None, (1, 2), (2, 1), (1,), "", b"", 2**70, 2**70 + 1, Color.RED, Point(1, "a"), Point(1, "b"),
        datetime.date(2020, 1, 1), frozenset([1]), "\ud800",
    ]  # fmt: skip
    distinct = len(set(hash_keys(keys, 7).tolist()))
    assert distinct == len(keys) - 1  # (1,) and 1 share a hash; they are told apart by comparison


def test_what_cannot_be_hashed_is_refused():
    with pytest.raises(TypeError, match="unhashable"):
        hash_keys([[1]], 7)
    with pytest.raises(KeyTypeError, match="a key of type object"):
        hash_keys([object()], 7)
