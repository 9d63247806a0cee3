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
