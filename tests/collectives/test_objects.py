"""Objects as bytes."""

import pickle

import numpy as np
import pytest

from pympr.collectives.objects import Failure, pack, pack_or_failure, unpack, unpack_or_raise
from pympr.errors import RankError


@pytest.mark.parametrize("value", [None, 1, "", b"", "ä" * 1000, [], {"a": (1, 2.5)}, 2**200, float("inf")])
def test_what_goes_in_comes_out(value):
    packed = pack(value)
    assert packed.dtype == np.uint8 and unpack(packed) == value


def test_large_buffers_are_used_in_place():
    packed = pack([np.arange(1000.0), bytearray(b"x" * 70), np.empty(0)])
    array, text, empty = unpack(packed)
    assert (array == np.arange(1000.0)).all() and text == b"x" * 70 and len(empty) == 0
    assert np.shares_memory(array, packed) and (array.ctypes.data - packed.ctypes.data) % 64 == 0


def test_what_pickle_refuses_goes_by_cloudpickle():
    added = 7
    assert unpack(pack(lambda value: value + added))(1) == 8


class Stubborn:
    def __reduce__(self):
        raise ZeroDivisionError("not me")


def test_a_failure_travels_in_the_value_place():
    packed, error = pack_or_failure(Stubborn(), 3)
    assert isinstance(error, ZeroDivisionError)
    assert unpack(packed) == Failure(3, "ZeroDivisionError: not me")
    with pytest.raises(RankError, match="rank 3 raised ZeroDivisionError: not me"):
        unpack_or_raise(packed)


def test_the_stream_is_protocol_5():
    packed = pack("a")
    assert packed[64:66].tobytes() == bytes([pickle.PROTO[0], 5])
