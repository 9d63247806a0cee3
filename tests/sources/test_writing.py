"""Arrays written by all ranks, and JSON lines."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.errors import OutputExistsError

pytestmark = pytest.mark.mpi

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
BYTES = st.binary(max_size=3).map(lambda data: data + b"!")
ROWS = st.one_of(
    st.lists(INT64, max_size=30),
    st.lists(st.floats(allow_nan=False), max_size=30),
    st.lists(st.booleans(), max_size=30),
    st.lists(TEXT, max_size=30),
    st.lists(
        st.tuples(INT64, st.tuples(TEXT, st.booleans()), st.binary(max_size=3).map(lambda b: b + b"!")), max_size=30
    ),
)


@given(rows=ROWS, slices=st.integers(1, 7), number=st.integers(0, 10**9))
def test_npy_comes_back(sc, mpi_tmp_path, rows, slices, number):
    path = mpi_tmp_path / f"{number}.npy"
    if path.exists():  # the same example again
        return
    sc.range(1).count()
    sc.parallelize(rows, slices).saveAsNpy(path)
    assert sc.npy(path, 3).collect() == rows
    assert len(np.load(path)) == len(rows)


def test_npy_of_a_sort(sc, mpi_tmp_path):
    path = str(mpi_tmp_path / "sorted.npy")
    sc.range(100_000, numSlices=9).map(lambda x: (x * 7919) % 100_003).sortBy(lambda x: x).saveAsNpy(path)
    assert np.load(path).tolist() == sorted(x * 7919 % 100_003 for x in range(100_000))
    assert os.listdir(mpi_tmp_path) == ["sorted.npy"]
    with pytest.raises(OutputExistsError, match="already exists"):
        sc.range(3).saveAsNpy(path)


@pytest.mark.parametrize(
    "rows, words",
    [
        ([1, "a"], "records of int, str are no rows|of one type, these are int64, string"),
        ([1.5, None], "has no None"),
        (["a\0"], "drops zeros at the end of a string"),
        ([b"a", b"b\0"], "drops zeros at the end of a bytes"),
        ([2**63], "records of int are no rows"),
        ([{}], "records of dict"),
        ([1, 2, 0.5, 0.5], "of one type, these are float64, int64|records of float, int"),
    ],
)
def test_what_has_no_array(sc, mpi_tmp_path, rows, words):
    with pytest.raises(TypeError, match=words):
        sc.parallelize(rows, 2).saveAsNpy(mpi_tmp_path / "a.npy")
    sc.range(1).count()
    assert list(mpi_tmp_path.iterdir()) == []


def test_json_lines(sc, mpi_tmp_path):
    values = [{"a": "é\ud800", "b": [1, None]}, 5, "x\ny", [0.1]]
    path = mpi_tmp_path / "json"
    sc.parallelize(values, 2).saveAsJsonLines(path)
    assert sc.jsonLines(path).collect() == values
    assert (path / "part-00001").read_bytes() == b'"x\\ny"\n[0.1]\n'
    with pytest.raises(TypeError, match="not JSON serializable"):
        sc.parallelize([{1}]).saveAsJsonLines(mpi_tmp_path / "set")
