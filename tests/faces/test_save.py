"""Output is whole or absent."""

import pytest

pytestmark = pytest.mark.mpi


def test_parts_and_success(sc, mpi_tmp_path):
    path = mpi_tmp_path / "out"
    sc.parallelize(["a", "é", "", "d"], 3).saveAsTextFile(str(path))
    assert sorted(p.name for p in path.iterdir()) == ["_SUCCESS", "part-00000", "part-00001", "part-00002"]
    assert sc.textFile(str(path)).collect() == ["a", "é", "", "d"]
    assert (path / "part-00000").read_bytes() == b"a\n"


def test_pairs_are_written_as_their_text(sc, mpi_tmp_path):
    sc.parallelize([("a", 1), (None, 2.5)], 1).saveAsTextFile(str(mpi_tmp_path / "pairs"))
    assert (mpi_tmp_path / "pairs" / "part-00000").read_text() == "('a', 1)\n(None, 2.5)\n"


def test_an_existing_directory_is_refused_before_anything_is_computed(sc, mpi_tmp_path):
    from pympr.errors import OutputExistsError

    path = mpi_tmp_path / "there"
    sc.parallelize([1]).saveAsTextFile(str(path))
    seen = []
    with pytest.raises(OutputExistsError, match="there"):
        sc.parallelize([1, 2], 2).map(lambda x: seen.append(x) or x).saveAsTextFile(str(path))
    assert not seen


def test_a_failure_leaves_nothing_behind(sc, mpi_tmp_path):
    path = mpi_tmp_path / "failed"
    with pytest.raises(ZeroDivisionError):
        sc.parallelize([1, 0, 1], 3).map(lambda x: 1 / x).saveAsTextFile(str(path))
    sc.parallelize([0]).count()
    assert not path.exists() and not [p for p in mpi_tmp_path.iterdir() if "failed" in p.name]


def test_binary_records_sorted_file_to_file(sc, mpi_tmp_path):
    import random

    data = random.Random(5).randbytes(100 * 999)
    if sc.rank == 0:
        (mpi_tmp_path / "in").write_bytes(data)
    sc.parallelize([0]).count()
    out = str(mpi_tmp_path / "out")
    sc.binaryRecords(str(mpi_tmp_path / "in"), 100).sortBy(lambda r: r[:10], numPartitions=4).saveAsBinaryRecords(out)
    records = [data[i : i + 100] for i in range(0, len(data), 100)]
    assert sc.binaryRecords(out, 100).collect() == sorted(records, key=lambda r: r[:10])
    assert len(list((mpi_tmp_path / "out").iterdir())) == 5
    with pytest.raises(TypeError, match="expected bytes"):
        sc.parallelize([1]).saveAsBinaryRecords(str(mpi_tmp_path / "none"))
