import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native import partition as kernel
from pympr.native.reference import partition as reference

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
LARGEST, SMALLEST = (1 << 63) - 1, -(1 << 63)
SPECIAL = [0.0, -0.0, float("nan"), float("inf"), -float("inf"), 5e-324, -5e-324, 1.5]
SMALL = st.one_of(INT64, st.integers(-3, 3), st.sampled_from([LARGEST, LARGEST - 1, SMALLEST]))
FLOATS = st.one_of(st.floats(width=64), st.sampled_from(SPECIAL))
SIDES = ["left", "right"]

pytestmark = pytest.mark.usefixtures("simd_level")
relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture(params=[1 << 62, 0], ids=["cached", "streaming"])
def streaming(request, monkeypatch):
    """Few bytes written as if they were many."""
    monkeypatch.setattr(kernel, "STREAM_BYTES", request.param)


@pytest.fixture
def parts(threads, monkeypatch):
    """Few rows cut into a part per thread as if they were many."""
    monkeypatch.setattr(kernel, "PARALLEL_ROWS", 1)
    return threads


def check_ranges(values, splitters, side):
    expected = reference.buckets_by_range(values, splitters, side)
    assert kernel.buckets_by_range(values, splitters, side).tolist() == expected
    counts = np.bincount(np.array(expected, np.int64), minlength=len(splitters) + 1)
    assert kernel.histogram_by_range(values, splitters, side).tolist() == counts.tolist()


@relaxed
@pytest.mark.parametrize("side", SIDES)
@given(st.lists(SMALL), st.lists(SMALL, max_size=40))
@example([LARGEST, SMALLEST, 0], [LARGEST, LARGEST])
@example([LARGEST, SMALLEST, 0], [SMALLEST, SMALLEST, 0, LARGEST])
def test_ranges_of_ints_are_the_reference(side, values, splitters):
    check_ranges(np.array(values, np.int64), np.array(sorted(splitters), np.int64), side)


@relaxed
@pytest.mark.parametrize("side", SIDES)
@given(st.lists(FLOATS), st.lists(FLOATS, max_size=40))
@example(SPECIAL, SPECIAL)
@example(SPECIAL, [float("nan"), float("nan")])
def test_ranges_of_floats_are_the_reference(side, values, splitters):
    splitters = np.array(sorted(splitters, key=reference.order_key), np.float64)
    check_ranges(np.array(values, np.float64), splitters, side)


@pytest.mark.parametrize("num_splitters", [0, 1, 15, 16, 17, 31, 32, 33, 300, 4095])
@pytest.mark.parametrize("side", SIDES)
def test_ranges_of_many_rows_are_those_of_numpy(num_splitters, side, threads):
    random = np.random.default_rng(num_splitters)
    values = random.integers(-5000, 5000, 150_001)
    splitters = np.sort(random.integers(-5000, 5000, num_splitters))
    expected = np.searchsorted(splitters, values, side)
    assert (kernel.buckets_by_range(values, splitters, side) == expected).all()
    assert (kernel.buckets_by_range(values * 1.0, splitters * 1.0, side) == expected).all()
    counts = np.bincount(expected, minlength=num_splitters + 1)
    assert (kernel.histogram_by_range(values, splitters, side) == counts).all()


@relaxed
@given(st.lists(st.integers(0, (1 << 64) - 1)), st.integers(0, 12))
def test_table_is_the_reference(hashes, bits):
    table = np.random.default_rng(bits).integers(0, 1 << 32, 1 << bits).astype(np.uint32)
    hashes = np.array(hashes, np.uint64)
    assert kernel.buckets_from_table(hashes, table).tolist() == reference.buckets_from_table(hashes, table)


def test_table_of_many_rows(threads):
    hashes = np.random.default_rng(0).integers(0, 1 << 64, 300_001, np.uint64)
    table = np.arange(4096, dtype=np.uint32)
    assert (kernel.buckets_from_table(hashes, table) == hashes >> np.uint64(52)).all()


@pytest.mark.parametrize("num", [1, 2, 8, 9, 256, 257, 4096])
@pytest.mark.parametrize("rows", [0, 1, 3, 1023, 1025, 5000])
def test_histograms_are_the_reference(num, rows, parts):
    random = np.random.default_rng(num + rows)
    buckets = random.integers(0, num, rows).astype(np.uint32)
    assert kernel.histogram(buckets, num).tolist() == reference.histogram(buckets, num)


def scattered(scatter, values, buckets, num, offset):
    """The room around the rows of every bucket, a byte of border between buckets, and the final cursors.

    Buckets begin `offset` bytes behind a cache line.
    """
    sizes = np.bincount(buckets, minlength=num) * values.itemsize
    memory = np.full(int((sizes + 1).sum()) + offset + 64, 0xEE, np.uint8)
    room = memory[-memory.ctypes.data % 64 :][: len(memory) - 64]
    begins = offset + np.cumsum(sizes + 1) - sizes - 1
    cursors = (room.ctypes.data + begins).astype(np.uint64)
    scatter(values, buckets, cursors)
    return room.tobytes(), (cursors - np.uint64(room.ctypes.data)).tolist()


def check_fixed(values, buckets, num, offset=0):
    expected = scattered(reference.scatter_fixed, values, buckets, num, offset)
    assert scattered(kernel.scatter_fixed, values, buckets, num, offset) == expected


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "float64", "complex128"])
@pytest.mark.parametrize("num", [1, 2, 3, 8, 9, 100])
def test_scatter_is_the_reference(dtype, num, parts, streaming):
    random = np.random.default_rng(num)
    values = random.integers(0, 255, 2500).astype(dtype)
    check_fixed(values, random.integers(0, num, 2500).astype(np.uint32), num)


@pytest.mark.parametrize("offset", [1, 4, 8, 56, 63])
@pytest.mark.parametrize("num", [2, 70])
def test_scatter_to_any_alignment(offset, num, parts, streaming):
    values = np.arange(2100)
    check_fixed(values, (values * 7 % num).astype(np.uint32), num, offset)


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 63, 64, 65, 1023, 1024, 1025])
@pytest.mark.parametrize("dtype", ["bool", "int16", "float32", "int64"])
def test_scatter_of_few_rows(rows, dtype, parts, streaming):
    buckets = (np.arange(rows) % 3 == 1).astype(np.uint32)
    check_fixed(np.arange(rows).astype(dtype), buckets, 3)


def test_scatter_of_all_rows_to_one_of_many(parts, streaming):
    check_fixed(np.arange(3000), np.full(3000, 4000, np.uint32), 4096)


@pytest.mark.parametrize("num_splitters", [0, 1, 7, 20])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("dtype", ["int64", "float64"])
def test_scatter_by_range_is_scatter_by_its_buckets(num_splitters, side, dtype, parts, streaming):
    random = np.random.default_rng(num_splitters)
    values = random.integers(-50, 50, 2500).astype(dtype)
    splitters = np.sort(random.integers(-50, 50, num_splitters)).astype(dtype)
    if num_splitters > 1:
        splitters[-1] = LARGEST if dtype == "int64" else np.nan
    counts = kernel.histogram_by_range(values, splitters, side)
    room = np.zeros(2500, dtype)
    begins = room.ctypes.data + 8 * (np.cumsum(counts) - counts)
    cursors = begins.astype(np.uint64)
    kernel.scatter_by_range(values, splitters, cursors, side)
    assert (cursors == begins + 8 * counts).all()
    order = np.argsort(kernel.buckets_by_range(values, splitters, side), kind="stable")
    assert (room == values[order]).all()


def test_scatter_of_nothing():
    nothing, cursors = np.zeros(0, np.int64), np.zeros(3, np.uint64)
    kernel.scatter_fixed(nothing, np.zeros(0, np.uint32), cursors)
    assert cursors.tolist() == [0, 0, 0]


def test_large_scatter_streams_with_threads(threads):
    values = np.random.default_rng(0).integers(-(1 << 62), 1 << 62, 700_001)
    for splitters in (np.array([0]), np.sort(values[:99])):
        counts = kernel.histogram_by_range(values, splitters)
        room = np.zeros(len(values), np.int64)
        cursors = (room.ctypes.data + 8 * (np.cumsum(counts) - counts)).astype(np.uint64)
        kernel.scatter_by_range(values, splitters, cursors)
        order = np.argsort(np.searchsorted(splitters, values), kind="stable")
        assert (room == values[order]).all()


def test_bucket_without_cursor_is_named(parts):
    room = np.zeros(4000)
    buckets = np.zeros(4000, np.uint32)
    buckets[[2000, 3999]] = 2, 9
    cursors = np.full(2, room.ctypes.data, np.uint64)
    message = "row 2000 has bucket 2, but there are 2 buckets"
    for call in (
        lambda: kernel.histogram(buckets, 2),
        lambda: kernel.scatter_fixed(room, buckets, cursors),
    ):
        with pytest.raises(KernelError, match=message):
            call()


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="splitters must ascend, got 5 before 3 at 1"):
        kernel.buckets_by_range(np.zeros(1, np.int64), np.array([1, 5, 3]))
    with pytest.raises(ValueError, match="splitters must ascend, got nan before 1.0 at 0"):
        kernel.buckets_by_range(np.zeros(1), np.array([np.nan, 1.0]))
    with pytest.raises(TypeError, match="splitters must be a 1-d array of float64"):
        kernel.buckets_by_range(np.zeros(1), np.array([1]))
    with pytest.raises(ValueError, match="side must be 'left' or 'right', got 'both'"):
        kernel.buckets_by_range(np.zeros(1), np.zeros(1), "both")
    with pytest.raises(ValueError, match="table must have a power of two of items, got 3"):
        kernel.buckets_from_table(np.zeros(1, np.uint64), np.zeros(3, np.uint32))
    with pytest.raises(TypeError, match="items of .* bytes, got object"):
        kernel.scatter_fixed(np.array([None]), np.zeros(1, np.uint32), np.zeros(1, np.uint64))
    with pytest.raises(ValueError, match="cursors must have 2 items, one more than splitters, got 1"):
        kernel.scatter_by_range(np.zeros(1), np.zeros(1), np.zeros(1, np.uint64))
    with pytest.raises(ValueError, match="num must be at least 1, got 0"):
        kernel.histogram(np.zeros(1, np.uint32), 0)
