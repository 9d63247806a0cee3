"""Files read whole, files of pickles, and compressed output."""

import gzip

import pytest

from pympr.errors import InputError

pytestmark = [pytest.mark.mpi]


@pytest.fixture
def folder(sc, mpi_tmp_path):
    if sc.rank == 0:
        for name, text in {"a.txt": "één\ntwo", "b.txt": "", "_hidden": "no"}.items():
            (mpi_tmp_path / name).write_text(text)
        (mpi_tmp_path / "c.txt.gz").write_bytes(gzip.compress(b"packed"))
    sc._session.agree("written")
    return mpi_tmp_path


def test_whole_files(sc, folder):
    found = sc.wholeTextFiles(str(folder), 3)
    assert dict(found.collect()) == {
        f"file:{folder}/a.txt": "één\ntwo",
        f"file:{folder}/b.txt": "",
        f"file:{folder}/c.txt.gz": "packed",
    }
    assert sc.wholeTextFiles(str(folder / "a.txt"), use_unicode=False).values().first() == "één\ntwo".encode()
    binary = sc.binaryFiles(str(folder))
    assert gzip.decompress(dict(binary.collect())[f"file:{folder}/c.txt.gz"]) == b"packed"
    assert sc.binaryFiles(str(folder), 1).getNumPartitions() == 1
    with pytest.raises(FileNotFoundError):
        sc.binaryFiles(str(folder / "nothing")).count()
    if sc.rank == 0:
        (folder / "d.txt").write_bytes(b"ab\xff")
    sc._session.agree("written")
    with pytest.raises(InputError, match="d.txt: byte 0xff at offset 2"):
        sc.wholeTextFiles(str(folder)).count()


def test_pickles_come_back(sc, folder):
    values = [1, "a", (2, [3.5, None]), {"k": b"v"}, float("inf")] * 7
    sc.parallelize(values, 4).saveAsPickleFile(str(folder / "out"), 3)
    loaded = sc.pickleFile(str(folder / "out"))
    assert loaded.collect() == values and loaded.getNumPartitions() == 4
    sc.range(5, numSlices=1).saveAsPickleFile(str(folder / "more"), 0)
    both = sc.pickleFile(f"{folder}/out,{folder}/more", 5)
    assert both.collect() == [*values, *range(5)]
    with pytest.raises(InputError, match="a.txt"):
        sc.pickleFile(str(folder / "a.txt")).collect()
    with pytest.raises(FileExistsError):
        sc.range(3).saveAsPickleFile(str(folder / "out"))


@pytest.mark.parametrize("codec, suffix", [("GzipCodec", ".gz"), ("BZip2Codec", ".bz2"), ("ZStandardCodec", ".zst")])
def test_compressed_text(sc, folder, codec, suffix):
    if suffix == ".zst":
        pytest.importorskip("zstandard")
    path = str(folder / codec)
    sc.range(3000, numSlices=3).saveAsTextFile(path, f"org.apache.hadoop.io.compress.{codec}")
    assert sc.textFile(path).map(int).collect() == list(range(3000))
    if sc.rank == 0:
        assert sorted(p.name for p in (folder / codec).iterdir()) == ["_SUCCESS"] + [
            f"part-{i:05d}{suffix}" for i in range(3)
        ]


def test_text_output(sc, folder):
    with pytest.raises(ValueError, match="GzipCodec, BZip2Codec, ZStandardCodec"):
        sc.range(3).saveAsTextFile(str(folder / "x"), "org.apache.hadoop.io.compress.SnappyCodec")
    sc.parallelize([b"raw \xff", "text", 3], 1).saveAsTextFile(str(folder / "mixed"))
    sc.parallelize([b"raw \xff", b""], 1).saveAsTextFile(str(folder / "bytes"))
    if sc.rank == 0:
        assert (folder / "mixed" / "part-00000").read_bytes() == b"raw \xff\ntext\n3\n"
        assert (folder / "bytes" / "part-00000").read_bytes() == b"raw \xff\n\n"
