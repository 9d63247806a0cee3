"""Rows of .npy, .npz and HDF5 files are NumPy's, whatever the splits."""

import io

import numpy as np
import pytest

from pympr.errors import InputError

pytestmark = pytest.mark.mpi

POINT = np.dtype([("name", "S3"), ("at", [("x", "<f8"), ("y", ">f4")]), ("n", "<u2"), ("w", "<i4", (2,))])


def packed(save, *arrays, **named):
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


def points(count):
    made = np.zeros(count, POINT)
    made["name"] = [f"p{i % 7}".encode() for i in range(count)]
    made["at"]["x"], made["at"]["y"] = np.arange(count) / 3, -np.arange(count)
    made["n"], made["w"] = np.arange(count) % 60_000, np.arange(2 * count).reshape(count, 2)
    return made


def expected(array):
    return [_plain(row) for row in array.tolist()]


def _plain(row):
    row = row.tolist() if isinstance(row, np.ndarray) else row
    return tuple(_plain(item) for item in row) if isinstance(row, (tuple, list)) else row


ARRAYS = {
    "int64": np.array([-(2**63), 2**63 - 1, 0, -1, 5]),
    "big-endian": np.arange(1000, dtype=">i4"),
    "uint64": np.array([2**64 - 1, 0], np.uint64),
    "float32": np.linspace(-1, 1, 3001, dtype=np.float32),
    "bool": np.array([True, False, True]),
    "bytes": np.array([b"a", b"", b"abc"]),
    "text": np.array(["é", "", "ab"]),
    "complex": np.array([1 + 2j, 0]),
    "days": np.array(["2020-01-01", "NaT"], "M8[D]"),
    "empty": np.zeros(0),
    "one": np.array([7]),
    "matrix": np.arange(3000.0).reshape(1000, 3),
    "columns first": np.asfortranarray(np.arange(30).reshape(10, 3)),
    "cube": np.arange(24).reshape(4, 3, 2),
    "structured": points(2000),
}


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("splits", [1, 5])
def test_npy(sc, put, mpi_tmp_path, name, splits):
    array = ARRAYS[name]
    path = put(mpi_tmp_path / "a.npy", packed(np.save, array))
    rdd = sc.npy(path, splits)
    assert rdd.collect() == expected(array)
    assert rdd.getNumPartitions() == min(splits, max(len(array), 1))
    assert rdd.inputBytes() == array.nbytes


def test_nan_and_negative_zero_are_kept(sc, put, mpi_tmp_path):
    path = put(mpi_tmp_path / "a.npy", packed(np.save, np.array([np.nan, -0.0])))
    assert str(sc.npy(path).collect()) == "[nan, -0.0]"


def test_files_side_by_side_and_one_after_the_other(sc, put, mpi_tmp_path):
    x = put(mpi_tmp_path / "in" / "x.npy", packed(np.save, np.arange(100)))
    y = put(mpi_tmp_path / "in" / "y.npy", packed(np.save, np.arange(100) / 2))
    short = put(mpi_tmp_path / "short.npy", packed(np.save, np.arange(3)))
    assert sc.npy((x, y), 7).collect() == [(i, i / 2) for i in range(100)]
    assert sc.npy((x, y)).reduceByKey(lambda a, b: a).count() == 100
    assert sc.npy(str(mpi_tmp_path / "in")).collect() == [*range(100), *(i / 2 for i in range(100))]
    with pytest.raises(InputError, match="different lengths: .*x.npy: 100, .*short.npy: 3"):
        sc.npy((x, short)).count()


def test_records_outlive_and_do_not_change_the_file(sc, put, mpi_tmp_path):
    path = put(mpi_tmp_path / "a.npy", packed(np.save, np.arange(5000)))
    rdd = sc.npy(path, 4)
    with pytest.raises(ValueError, match="read-only"):
        rdd.mapBlocks(lambda block: block.__iadd__(1)).count()
    assert rdd.sortBy(lambda x: -x).take(2) == [4999, 4998]
    assert rdd.sum() == 12497500


def test_what_cannot_be_read_as_npy(sc, put, mpi_tmp_path):
    whole = packed(np.save, np.arange(100))
    cases = {
        "cut.npy": (whole[:-8], "cut.npy cannot be read"),
        "text.npy": (b"no array", "text.npy cannot be read"),
        "objects.npy": (packed(np.save, np.array([{}])), "Python objects"),
        "scalar.npy": (packed(np.save, np.array(5)), r"shape \(\) has no rows"),
        "hollow.npy": (packed(np.save, np.zeros((5, 0))), "rows without items"),
        "ns.npy": (packed(np.save, np.array([1], "M8[ns]")), "no Python type"),
    }
    for name, (data, words) in cases.items():
        with pytest.raises(InputError, match=words):
            sc.npy(put(mpi_tmp_path / name, data)).count()
    with pytest.raises(FileNotFoundError):
        sc.npy(str(mpi_tmp_path / "none.npy")).count()
    with pytest.raises(InputError, match="local paths only"):
        sc.npy("s3://data/x.npy").count()


def test_a_file_that_shrank(sc, put, mpi_tmp_path):
    path = put(mpi_tmp_path / "a.npy", packed(np.save, np.arange(10_000)))
    rdd = sc.npy(path, 2)
    assert rdd.count() == 10_000
    put(mpi_tmp_path / "a.npy", packed(np.save, np.arange(10)))
    with pytest.raises(InputError, match="a.npy cannot be read"):
        rdd.count()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(sc, put, mpi_tmp_path, save):
    x, y, names = np.arange(1000), np.linspace(0, 1, 1000), np.array([f"n{i}" for i in range(1000)])
    path = put(mpi_tmp_path / "a.npz", packed(save, x=x, y=y, names=names, p=points(1000)))
    parts = 1 if save is np.savez_compressed else 5
    assert sc.npz(path, ["y", "names"], 5).collect() == list(zip(y.tolist(), names.tolist()))
    assert sc.npz(path, ["y", "names"], 5).getNumPartitions() == parts
    assert sc.npz(path, "x", 3).sum() == 499500
    assert sc.npz(path, "p", 3).collect() == expected(points(1000))
    assert sc.npz(path, ["x"]).take(1) == [(0,)]
    assert sc.npz(path).map(len).distinct().collect() == [4]
    with pytest.raises(InputError, match="holds no array z; it holds x, y, names, p"):
        sc.npz(path, ["x", "z"]).count()
    with pytest.raises(InputError, match="b.npz cannot be read"):
        sc.npz(put(mpi_tmp_path / "b.npz", b"no zip")).count()


def test_npz_of_one_array_and_with_objects(sc, put, mpi_tmp_path):
    assert sc.npz(put(mpi_tmp_path / "a.npz", packed(np.savez, np.arange(3)))).collect() == [0, 1, 2]
    with pytest.raises(InputError, match="holds Python objects"):
        sc.npz(put(mpi_tmp_path / "o.npz", packed(np.savez, o=np.array([{}])))).count()


def test_hdf5(sc, mpi_tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    path = str(mpi_tmp_path / "a.h5")
    texts = [f"t{i}é" for i in range(1000)]
    if sc.rank == 0:
        with h5py.File(path, "w") as file:
            file["x"] = np.arange(1000)
            file.create_dataset("deep/y", data=np.arange(2000.0).reshape(1000, 2), chunks=(130, 2), compression="gzip")
            file.create_dataset("texts", data=texts, dtype=h5py.string_dtype())
            file["fixed"] = np.array([b"a", b"bc"])
            file["flags"] = np.array([True, False])
            file["points"] = points(1000)
            file["scalar"] = 5
            file.create_dataset("ragged", (2,), dtype=h5py.vlen_dtype(np.int32))
    sc.range(1).count()
    assert sc.hdf5(path, "x", 7).collect() == list(range(1000))
    y = sc.hdf5(path, "deep/y", 3)
    assert y.collect() == [(2.0 * i, 2.0 * i + 1) for i in range(1000)]
    assert y.glom().map(len).collect() == [260, 390, 350]
    assert sc.hdf5(path, "deep/y", 20).getNumPartitions() == 20
    assert sc.hdf5(path, ["x", "texts"], 4).collect() == list(enumerate(texts))
    assert sc.hdf5(path, "fixed").collect() == [b"a", b"bc"]
    assert sc.hdf5(path, "flags").collect() == [True, False]
    assert sc.hdf5(path, "points", 3).collect() == expected(points(1000))
    for name, words in {
        "nothing": "holds no data set nothing; it holds deep/y, fixed, flags, points, ragged, scalar, texts, x",
        "deep": "holds no data set deep",
        "scalar": "has no rows",
        "ragged": "no fixed shape",
    }.items():
        with pytest.raises(InputError, match=words):
            sc.hdf5(path, name).count()
    with pytest.raises(FileNotFoundError):
        sc.hdf5(str(mpi_tmp_path / "none.h5"), "x").count()


def test_without_h5py_the_error_says_what_to_install(sc, put, mpi_tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r"needs the package h5py: pip install h5py"):
        sc.hdf5(put(mpi_tmp_path / "a.h5", b""), "x").count()
