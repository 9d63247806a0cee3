"""Binary output, and outputs that are refused before an exchange has run."""

import pytest

from pympr.errors import OutputExistsError

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]


def test_records_come_back(sc, mpi_tmp_path):
    path = mpi_tmp_path / "records"
    records = [bytes([i, 10, 255 - i]) for i in range(100)]
    sc.parallelize(records, 4).saveAsBinaryRecords(path)
    assert (path / "part-00001").stat().st_size == 75
    assert sc.binaryRecords(path, 3).collect() == records
    assert sorted(name.name for name in path.iterdir())[0] == "_SUCCESS"


def test_only_bytes_are_written(sc, mpi_tmp_path):
    with pytest.raises(TypeError, match="expected bytes to write as they are, got 'text'"):
        sc.parallelize([b"a", "text"], 1).saveAsBinaryRecords(mpi_tmp_path / "mixed")
    sc.range(1).count()
    assert list(mpi_tmp_path.iterdir()) == []


def test_refused_before_an_exchange_runs(sc, mpi_tmp_path):
    path, seen = mpi_tmp_path / "there", []
    sc.parallelize([1]).saveAsTextFile(path)
    pairs = sc.parallelize([1, 2], 2).map(lambda x: seen.append(x) or (x, x)).groupByKey()
    with pytest.raises(OutputExistsError, match="there already exists"):
        pairs.saveAsTextFile(path)
    assert not seen


def test_collect_at_one_rank(sc):
    last = sc.size - 1
    assert sc.range(9).collect(last) == (list(range(9)) if sc.rank == last else None)


def test_report(sc):
    sc.range(5, numSlices=3).count()
    found = sc.report()
    assert (found is None) == (sc.rank != 0)
    if found is not None:
        assert found["machine"]["ranks"] == sc.size == len(found["ranks"])
        assert found["versions"]["python"] and found["ranks"][-1]["peak_bytes"] > 2**20
        assert sum(rank["actions"][-1]["stages"][-1]["rows"] for rank in found["ranks"]) == 5
