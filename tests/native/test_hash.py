import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native import hash as kernel
from pympr.native.reference import hash as reference

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
SEEDS = st.integers(0, (1 << 64) - 1)
SEED = 0x5EED

pytestmark = pytest.mark.usefixtures("simd_level")
relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def column(values):
    """Values laid end to end."""
    offsets = np.concatenate([[0], np.cumsum([len(value) for value in values])]).astype(np.int64)
    return np.frombuffer(b"".join(values), np.uint8), offsets[:-1], offsets[1:]


@relaxed
@given(st.lists(INT64), SEEDS)
@example([0, -1, -(1 << 63), (1 << 63) - 1], 0)
def test_int64_is_the_reference(values, seed):
    hashes = kernel.hash_fixed(np.array(values, np.int64), seed)
    assert hashes.tolist() == [reference.hash_number(value, seed) for value in values]


@relaxed
@given(st.lists(st.floats(width=64)), SEEDS)
@example([0.0, -0.0, float("nan"), float("inf"), -float("inf"), 5e-324, 0.5, 2.0**63, -(2.0**63), 2.0**62], 1)
def test_float64_is_the_reference(values, seed):
    hashes = kernel.hash_fixed(np.array(values, np.float64), seed)
    assert hashes.tolist() == [reference.hash_number(value, seed) for value in values]


@relaxed
@given(st.lists(st.booleans()), SEEDS)
def test_bool_is_the_reference(values, seed):
    hashes = kernel.hash_fixed(np.array(values, bool), seed)
    assert hashes.tolist() == [reference.hash_number(value, seed) for value in values]


@relaxed
@given(st.lists(st.binary(max_size=150)), SEEDS, st.sampled_from(["string", "bytes"]))
def test_bytes_are_the_reference(values, seed, kind):
    definition = reference.hash_binary
    if kind == "string":
        values = [value.decode("latin-1").encode() for value in values]
        definition = lambda value, seed: reference.hash_text(value.decode(), seed)  # noqa: E731
    hashes = kernel.hash_bytes(*column(values), seed, kind=kind)
    assert hashes.tolist() == [definition(value, seed) for value in values]


def test_every_length_and_both_read_paths():
    data = np.random.default_rng(0).integers(0, 256, 400).astype(np.uint8)
    lengths = np.arange(150)
    for starts in (np.zeros(150, np.int64), 400 - lengths):
        hashes = kernel.hash_bytes(data, starts, starts + lengths, SEED, kind="bytes")
        rows = [data[start : start + length].tobytes() for start, length in zip(starts, lengths, strict=True)]
        assert hashes.tolist() == [reference.hash_binary(row, SEED) for row in rows]


def test_equal_numbers_of_all_dtypes():
    ints = kernel.hash_fixed(np.array([1, 0, 0, 5]), SEED)
    floats = kernel.hash_fixed(np.array([1.0, 0.0, -0.0, 5.0]), SEED)
    bools = kernel.hash_fixed(np.array([True, False, False]), SEED)
    assert ints.tolist() == floats.tolist()
    assert ints[:3].tolist() == bools.tolist()


def test_every_nan_is_one_key():
    bits = np.array([0x7FF8000000000000, 0xFFF8000000000000, 0x7FF0000000000001, 0x7FFFFFFFFFFFFFFF], np.uint64)
    assert len(set(kernel.hash_fixed(bits.view(np.float64), SEED).tolist())) == 1


@pytest.mark.parametrize("dtype", ["int64", "float64", "bool"])
def test_nulls_hash_to_one_constant(dtype):
    values = np.array([1, 0, 1, 0], dtype)
    hashes = kernel.hash_fixed(values, SEED, valid=np.array([0, 1, 1, 0], np.uint8))
    assert hashes[0] == hashes[3] == reference.hash_null(SEED)
    assert hashes[1:3].tolist() == kernel.hash_fixed(values, SEED)[1:3].tolist()


def test_null_bytes_need_no_range():
    data, starts, ends = np.zeros(0, np.uint8), np.array([-5, 0]), np.array([99, 0])
    hashes = kernel.hash_bytes(data, starts, ends, SEED, valid=np.array([0, 1], np.uint8))
    assert hashes.tolist() == [reference.hash_null(SEED), reference.hash_text("", SEED)]


def test_kinds_seeds_and_trailing_zeros_differ():
    rows = column([b"a", b"a\0", b""])
    strings, binary = kernel.hash_bytes(*rows, SEED), kernel.hash_bytes(*rows, SEED, kind="bytes")
    other = kernel.hash_bytes(*rows, SEED + 1)
    assert len({*strings.tolist(), *binary.tolist(), *other.tolist()}) == 9


@relaxed
@given(st.lists(st.tuples(SEEDS, SEEDS)))
def test_combine_is_the_reference(pairs):
    left = np.array([pair[0] for pair in pairs], np.uint64)
    right = np.array([pair[1] for pair in pairs], np.uint64)
    assert kernel.hash_combine(left, right) is left
    assert left.tolist() == [reference.hash_combine(*pair) for pair in pairs]


def test_many_rows_take_the_threaded_path(threads):
    values = np.arange(300_001)
    hashes = kernel.hash_fixed(values, SEED)
    assert hashes.tolist() == [reference.hash_number(value, SEED) for value in range(300_001)]
    data = np.frombuffer(b"".join(b"%07d" % value for value in range(200_000)), np.uint8)
    starts = np.arange(200_000) * 7
    hashes = kernel.hash_bytes(data, starts, starts + 7, SEED)
    for row in (0, 1, 99_999, 131_072, 199_998, 199_999):
        assert hashes[row] == reference.hash_text(f"{row:07}", SEED)


@pytest.mark.parametrize("row", [(-1, 2), (3, 2), (0, 11), (1 << 62, (1 << 62) + 1), (-(1 << 63), (1 << 63) - 1)])
def test_row_outside_the_data_is_named(row):
    starts, ends = np.array([0, row[0], 99]), np.array([1, row[1], 1])
    with pytest.raises(KernelError, match=rf"row 1 is \[{row[0]}, {row[1]}\) outside data of 10 bytes"):
        kernel.hash_bytes(np.zeros(10, np.uint8), starts, ends, SEED)


def test_first_bad_row_is_named_with_threads(threads):
    starts = np.zeros(300_000, np.int64)
    ends = starts.copy()
    ends[[150_000, 299_999]] = 1
    with pytest.raises(KernelError, match="row 150000 "):
        kernel.hash_bytes(np.zeros(0, np.uint8), starts, ends, SEED)


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="values must be int64, float64 or bool, got float32"):
        kernel.hash_fixed(np.zeros(1, np.float32), SEED)
    with pytest.raises(TypeError, match="contiguous"):
        kernel.hash_fixed(np.zeros(4)[::2], SEED)
    with pytest.raises(ValueError, match="valid must have 2 rows, got 1"):
        kernel.hash_fixed(np.zeros(2), SEED, valid=np.ones(1, np.uint8))
    with pytest.raises(ValueError, match="out must have 2 rows, got 3"):
        kernel.hash_fixed(np.zeros(2), SEED, out=np.zeros(3, np.uint64))
    with pytest.raises(ValueError, match="kind must be one of"):
        kernel.hash_bytes(*column([b""]), SEED, kind="text")


KEYS = {
    "sequential": lambda: kernel.hash_fixed(np.arange(1 << 16), SEED),
    "strided": lambda: kernel.hash_fixed(np.arange(1 << 16) << 40, SEED),
    "negative": lambda: kernel.hash_fixed(-np.arange(1 << 16) * 4096, SEED),
    "halves": lambda: kernel.hash_fixed(np.arange(1 << 16) + 0.5, SEED),
    "decimal": lambda: kernel.hash_bytes(*column([b"%d" % value for value in range(1 << 16)]), SEED),
    "padded": lambda: kernel.hash_bytes(*column([b"key-%010d" % value for value in range(1 << 16)]), SEED),
    "long": lambda: kernel.hash_bytes(*column([b"%032d" % value for value in range(1 << 16)]), SEED),
    "two letters": lambda: kernel.hash_bytes(*column([value.to_bytes(2) for value in range(1 << 16)]), SEED),
    "pairs": lambda: kernel.hash_combine(
        kernel.hash_fixed(np.arange(1 << 16) >> 8, SEED), kernel.hash_fixed(np.arange(1 << 16) & 255, SEED)
    ),
}


@pytest.mark.parametrize("keys", KEYS)
@pytest.mark.parametrize("shift", range(0, 53, 4))
def test_any_twelve_bits_spread_evenly(keys, shift):
    """Chi-square over 4,096 buckets: mean 4,095, standard deviation 90; six of them allowed."""
    hashes = KEYS[keys]()
    counts = np.bincount((hashes >> np.uint64(shift) & np.uint64(4095)).astype(np.int64), minlength=4096)
    chi_square = ((counts - 16) ** 2 / 16).sum()
    assert 4095 - 6 * 90.5 < chi_square < 4095 + 6 * 90.5


@pytest.mark.parametrize("keys", KEYS)
def test_distinct_keys_do_not_collide(keys):
    assert len(np.unique(KEYS[keys]())) == 1 << 16


def avalanche(change):
    """For every flipped input bit the share of flipped output bits, over 4,096 keys."""
    original = change(None)
    flips = np.array(
        [np.unpackbits((original ^ change(bit)).view(np.uint8)).reshape(-1, 64).mean(axis=0) for bit in range(64)]
    )
    return flips.min(), flips.max()


def test_one_bit_of_an_int_flips_half_the_hash():
    keys = np.arange(4096)

    def change(bit):
        flipped = keys if bit is None else keys ^ np.int64(np.uint64(1 << bit).view(np.int64))
        return kernel.hash_fixed(flipped, SEED)

    least, most = avalanche(change)
    assert 0.5 - 0.06 < least and most < 0.5 + 0.06


@pytest.mark.parametrize("length", [8, 12, 16, 17, 33, 64])
def test_one_bit_of_a_string_flips_half_the_hash(length):
    rows = np.random.default_rng(length).integers(97, 123, (4096, length)).astype(np.uint8)
    starts = np.arange(4096) * length

    def change(bit):
        flipped = rows.copy()
        if bit is not None:
            flipped[:, bit // 8] ^= np.uint8(1 << bit % 8)
        return kernel.hash_bytes(flipped.reshape(-1), starts, starts + length, SEED)

    least, most = avalanche(change)
    assert 0.5 - 0.06 < least and most < 0.5 + 0.06
