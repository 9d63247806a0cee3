import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pympr.native.crc import crc32c
from pympr.native.reference import crc as reference

pytestmark = pytest.mark.usefixtures("simd_level")
relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

READ_COMMAND = bytes.fromhex(
    "01c000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000"
)
RFC_3720 = {
    bytes(32): 0x8A9136AA,
    b"\xff" * 32: 0x62A8AB43,
    bytes(range(32)): 0x46DD794E,
    bytes(range(31, -1, -1)): 0x113FDB5C,
    READ_COMMAND: 0xD9963A56,
    b"123456789": 0xE3069283,
    b"": 0,
}


@pytest.mark.parametrize("data", RFC_3720)
def test_vectors_of_the_standard(data):
    assert crc32c(data) == RFC_3720[data] == reference.crc32c(data)


@relaxed
@given(st.binary(max_size=300), st.integers(0, (1 << 32) - 1))
def test_any_bytes_are_the_reference(data, before):
    assert crc32c(data, before) == reference.crc32c(data, before)


@pytest.mark.parametrize("length", [767, 768, 769, 12_287, 12_288, 12_289, 26_011])
@pytest.mark.parametrize("offset", [0, 1, 7])
def test_three_lanes_are_the_reference(length, offset):
    data = np.random.default_rng(length).integers(0, 256, length + offset).astype(np.uint8)[offset:]
    assert crc32c(data) == reference.crc32c(data.tobytes())


@relaxed
@given(st.binary(min_size=1, max_size=4000), st.data())
def test_pieces_add_up(data, draw):
    cut = draw.draw(st.integers(0, len(data)))
    assert crc32c(data[cut:], crc32c(data[:cut])) == crc32c(data)


def test_any_contiguous_buffer():
    array = np.arange(12.0).reshape(3, 4)
    assert crc32c(array) == crc32c(memoryview(array)) == crc32c(bytearray(array.tobytes())) == crc32c(array.tobytes())


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="contiguous"):
        crc32c(np.arange(10)[::2])
    with pytest.raises(TypeError):
        crc32c("text")
    with pytest.raises(ValueError, match="crc must be in"):
        crc32c(b"", -1)
