import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pympr.errors import KernelError
from pympr.native import take as kernel
from pympr.native.reference import take as reference

DTYPES = ["bool", "int16", "float32", "int64", "complex128", "S16"]
ROWS = [0, 1, 7, 63, 64, 65, 4095, 4096, 4097, 9000]

pytestmark = pytest.mark.usefixtures("simd_level")
relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def parts(threads, monkeypatch):
    """Few rows cut into a part per thread as if they were many."""
    monkeypatch.setattr(kernel, "PARALLEL_ROWS", 1)
    return threads


def column(dtype, rows):
    return np.random.default_rng(rows).integers(0, 250, rows).astype(dtype)


def mask_of(rows, share):
    random = np.random.default_rng(rows)
    return (random.random(rows) < share).astype(np.uint8) * random.integers(1, 256, rows).astype(np.uint8)


@pytest.mark.parametrize("dtype", DTYPES)
def test_take_is_the_reference(dtype):
    values = column(dtype, 100)
    index = np.random.default_rng(1).integers(0, 100, 333)
    assert kernel.take_fixed(values, index).tolist() == reference.take(values.tolist(), index.tolist())
    assert len(kernel.take_fixed(values[:0], index[:0])) == 0


def test_take_of_many_rows_into_an_array(threads):
    values, index = column("int64", 1000), np.random.default_rng(1).integers(0, 1000, 200_001)
    out = np.empty(200_001, np.int64)
    assert kernel.take_fixed(values, index, out) is out
    assert (out == values[index]).all()


@pytest.mark.parametrize("wrong", [-1, 10, -(1 << 63), (1 << 63) - 1])
@pytest.mark.parametrize("rows", [100, 200_000])
def test_first_index_outside_is_named(wrong, rows, threads):
    index = np.zeros(rows, np.int64)
    index[[rows // 2, rows - 1]] = wrong
    with pytest.raises(KernelError, match=rf"index {wrong} at {rows // 2} is not in \[0, 10\)"):
        kernel.take_fixed(np.zeros(10), index)


def test_nothing_can_be_taken_from_no_rows():
    with pytest.raises(KernelError, match=r"index 0 at 0 is not in \[0, 0\)"):
        kernel.take_fixed(np.zeros(0), np.zeros(1, np.int64))


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("share", [0, 0.1, 0.9, 1])
def test_masks_are_the_reference(rows, share, parts):
    mask = mask_of(rows, share)
    assert kernel.mask_to_index(mask).tolist() == reference.mask_to_index(mask.tolist())
    assert kernel.mask_to_index(mask != 0).tolist() == reference.mask_to_index(mask.tolist())
    for dtype in DTYPES:
        values = column(dtype, rows)
        assert kernel.filter_fixed(values, mask).tolist() == reference.filter_rows(values.tolist(), mask.tolist())


@relaxed
@given(st.lists(st.integers(0, 255), max_size=200))
def test_any_mask_is_the_reference(mask):
    assert kernel.mask_to_index(np.array(mask, np.uint8)).tolist() == reference.mask_to_index(mask)


def test_mask_of_many_rows(threads):
    mask = mask_of(300_001, 0.5)
    assert (kernel.mask_to_index(mask) == np.flatnonzero(mask)).all()
    values = np.arange(300_001)
    assert (kernel.filter_fixed(values, mask) == values[mask != 0]).all()


@relaxed
@given(st.lists(st.integers(0, 1 << 50)))
def test_offsets_are_the_reference(lengths):
    assert kernel.lengths_to_offsets(np.array(lengths, np.int64)).tolist() == reference.lengths_to_offsets(lengths)


def test_impossible_lengths_are_named():
    with pytest.raises(KernelError, match="length -1 of row 2 is below 0"):
        kernel.lengths_to_offsets(np.array([5, 0, -1, -2]))
    with pytest.raises(KernelError, match="rows up to 1 add up to more than int64 holds"):
        kernel.lengths_to_offsets(np.array([1, (1 << 63) - 1]))


@relaxed
@given(st.binary(max_size=60), st.data())
def test_compact_is_the_reference(data, draw):
    positions = st.integers(0, len(data))
    rows = [sorted(row) for row in draw.draw(st.lists(st.tuples(positions, positions)))]
    starts, ends = [row[0] for row in rows], [row[1] for row in rows]
    copy, offsets = kernel.compact_bytes(
        np.frombuffer(data, np.uint8), np.array(starts, np.int64), np.array(ends, np.int64)
    )
    assert (copy.tobytes(), offsets.tolist()) == reference.compact_bytes(data, starts, ends)


@pytest.mark.parametrize("longest", [0, 3, 16, 17, 500])
@pytest.mark.parametrize("order", ["as they lie", "mixed"])
def test_compact_of_many_rows(longest, order, parts):
    random = np.random.default_rng(longest)
    lengths = random.integers(0, longest + 1, 3000)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    data = random.integers(0, 256, offsets[-1]).astype(np.uint8)
    rows = np.arange(3000) if order == "as they lie" else random.permutation(3000)
    starts, ends = offsets[rows], offsets[rows + 1]
    copy, own = kernel.compact_bytes(data, starts, ends)
    expected = reference.compact_bytes(data.tobytes(), starts.tolist(), ends.tolist())
    assert (copy.tobytes(), own.tolist()) == expected


@pytest.mark.parametrize("row", [(-1, 2), (3, 2), (0, 11), (1 << 62, (1 << 62) + 1)])
def test_row_outside_the_data_is_named(row):
    starts, ends = np.array([0, row[0]]), np.array([5, row[1]])
    with pytest.raises(KernelError, match=rf"row 1 is \[{row[0]}, {row[1]}\) outside data of 10 bytes"):
        kernel.compact_bytes(np.zeros(10, np.uint8), starts, ends)


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="values must have items of .* bytes, got object"):
        kernel.take_fixed(np.array([None]), np.zeros(1, np.int64))
    with pytest.raises(TypeError, match="values must have items of .* bytes, got list"):
        kernel.take_fixed([1], np.zeros(1, np.int64))
    with pytest.raises(ValueError, match="mask must have 2 rows, got 3"):
        kernel.filter_fixed(np.zeros(2), np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match="out must have 1 rows, got 2"):
        kernel.take_fixed(np.zeros(2), np.zeros(1, np.int64), np.zeros(2))
