"""A remote store whose folders are renamed, with FTP's server between processes; HDFS is written the same way."""

import pytest

pytestmark = pytest.mark.mpi


def test_read_in_splits(sc, ftp, put):
    folder, address = ftp
    text = "".join(f"{'word ' * (i % 13)}{i}\n" for i in range(2000))
    put(folder / "in" / "long.txt", text.encode())
    put(folder / "in" / "z.txt", b"end")
    rdd = sc.textFile(f"{address}/in/long.txt", 4)
    assert rdd.getNumPartitions() == 4 and rdd.collect() == text.splitlines()
    assert sc.textFile(f"{address}/in").count() == 2001
    assert sc.textFile(f"{address}/in/*g.txt").count() == 2000


def test_written_and_renamed(sc, ftp):
    from pympr.errors import OutputExistsError

    folder, address = ftp
    sc.parallelize(["a", "é", "", "d"], 3).saveAsTextFile(f"{address}/out")
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "_SUCCESS",
        *(f"part-0000{i}" for i in range(3)),
    ]
    assert sc.textFile(f"{address}/out").collect() == ["a", "é", "", "d"]
    with pytest.raises(OutputExistsError, match="already exists"):
        sc.range(3).saveAsTextFile(f"{address}/out")


def test_a_failed_job_leaves_nothing(sc, ftp):
    folder, address = ftp
    with pytest.raises(ZeroDivisionError):
        sc.parallelize([1, 1, 1, 0], 4).map(lambda x: 1 / x).saveAsTextFile(f"{address}/failed")
    sc.range(1).count()
    assert [path.name for path in folder.iterdir() if "failed" in path.name] == []
