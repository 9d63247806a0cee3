"""Reading from an S3 server and writing to it, between processes."""

import pytest

pytestmark = pytest.mark.mpi


@pytest.fixture
def upload(sc, bucket):
    """upload(name, data): the address of an object that rank 0 has put there."""
    import s3fs

    def put(name, data):
        if sc.rank == 0:
            s3fs.S3FileSystem(skip_instance_cache=True).pipe_file(f"{bucket}/{name}", data)
        sc.range(1).count()
        return f"{bucket}/{name}"

    return put


@pytest.fixture
def keys(sc, bucket):
    """keys(prefix): what the store has there, as rank 0 sees it, on all ranks."""
    import s3fs

    def find(prefix):
        store = s3fs.S3FileSystem(skip_instance_cache=True)
        sc.range(1).count()
        found = sorted(name.removeprefix("data/") for name in store.find(f"{bucket}/{prefix}"))
        sc.range(1).count()
        return found

    return find


def test_text_in_splits(sc, upload):
    text = "".join(f"{'word ' * (i % 13)}{i}{'é' * (i % 7)}\n" for i in range(3000))
    path = upload("long.txt", text.encode())
    rdd = sc.textFile(path, 5)
    assert rdd.getNumPartitions() == 5
    assert rdd.collect() == text.splitlines()
    assert rdd.inputBytes() == len(text.encode())


def test_directories_globs_and_lists(sc, upload, put, mpi_tmp_path):
    import gzip

    upload("in/a.txt", b"1\n2\n")
    upload("in/b.txt.gz", gzip.compress(b"3\n4"))
    upload("in/_hidden", b"no\n")
    folder = upload("in/empty", b"").rpartition("/")[0]
    here = put(mpi_tmp_path / "here.txt", b"local\n")
    assert sc.textFile(folder).collect() == ["1", "2", "3", "4"]
    assert sc.textFile(f"{folder}/*.gz").collect() == ["3", "4"]
    assert sc.textFile(f"{folder}/a.txt,{here},{folder}/b*").collect() == ["1", "2", "local", "3", "4"]
    for missing in ("nothing", "no*"):
        with pytest.raises(FileNotFoundError, match="does not exist: s3://data/in/no"):
            sc.textFile(f"{folder}/{missing}").count()


def test_records(sc, upload):
    data = bytes(range(256)) * 10
    path = upload("r.bin", data)
    assert sc.binaryRecords(path, 20).collect() == [data[i : i + 20] for i in range(0, 2560, 20)]
    with pytest.raises(ValueError, match="not a multiple"):
        sc.binaryRecords(path, 7).count()


def test_parts_and_success(sc, bucket, keys):
    from pympr.errors import OutputExistsError

    words = [f"word{i}" for i in range(1000)]
    sc.parallelize(words, 3).saveAsTextFile(f"{bucket}/out")
    assert keys("out") == ["out/_SUCCESS", "out/part-00000", "out/part-00001", "out/part-00002"]
    assert sc.textFile(f"{bucket}/out", 5).collect() == words
    seen = []
    with pytest.raises(OutputExistsError, match="s3://data/out already exists"):
        sc.parallelize([1, 2], 2).map(lambda x: seen.append(x) or x).saveAsTextFile(f"{bucket}/out")
    assert not seen
    sc.parallelize([b"ab", b"cd"], 2).saveAsBinaryRecords(f"{bucket}/records")
    assert sc.binaryRecords(f"{bucket}/records", 2).collect() == [b"ab", b"cd"]
    sc.parallelize([{"a": 1}, [2]], 2).saveAsJsonLines(f"{bucket}/json")
    assert sc.jsonLines(f"{bucket}/json").collect() == [{"a": 1}, [2]]


def test_a_failed_job_leaves_nothing(sc, keys, bucket):
    with pytest.raises(ZeroDivisionError):
        sc.parallelize([1, 1, 1, 1, 0], 5).map(lambda x: 1 / x).saveAsTextFile(f"{bucket}/failed")
    assert keys("failed") == []


def test_what_a_killed_job_left_is_told(sc, upload, bucket):
    from pympr.errors import OutputExistsError

    upload("killed/part-00003", b"x")
    with pytest.raises(OutputExistsError, match="has files but no _SUCCESS: a job was ended: remove it"):
        sc.range(3).saveAsTextFile(f"{bucket}/killed")


def test_arrays_are_not_written_there(sc, bucket):
    with pytest.raises(ValueError, match="written to local paths only"):
        sc.range(3).saveAsNpy(f"{bucket}/a.npy")
