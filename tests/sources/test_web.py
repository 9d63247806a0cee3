"""Text and records from web servers, in byte ranges where the server gives them."""

import gzip
import importlib.util

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.mpi

TEXT = st.lists(st.sampled_from(["a", "é", " ", "\n", "\r", "\r\n", "b c"]), max_size=40).map("".join)


def lines_of(data):
    import io

    return [line.removesuffix("\n") for line in io.TextIOWrapper(io.BytesIO(data), "utf-8")]


def requests(folder, name):
    """The ranges that were asked for of a file, as (begin, end)."""
    found = [line.split() for line in (folder / ".requests").read_text().splitlines() if f"/{name} " in line]
    return [tuple(map(int, parts[2].removeprefix("bytes=").split("-"))) for parts in found if len(parts) == 3]


@pytest.fixture
def small_steps(sc):
    """Requests of 4000 bytes."""
    import dataclasses

    session = sc._session
    before = session.executor.config
    session.executor.config = dataclasses.replace(before, fetch_bytes=4000)
    yield
    session.executor.config = before


@pytest.mark.parametrize("kind", ["ranges", "whole"])
@settings(max_examples=8)
@given(text=TEXT, splits=st.integers(1, 9), number=st.integers(0, 10**9))
def test_lines_are_pythons(sc, web, put, kind, text, splits, number):
    folder, address = web(kind)
    put(folder / f"{number}.txt", text.encode())
    rdd = sc.textFile(f"{address}/{number}.txt", splits)
    assert rdd.collect() == lines_of(text.encode())
    assert kind == "ranges" or rdd.getNumPartitions() == 1
    assert sc.textFile(f"{address}/{number}.txt", splits).flatMap(str.split).collect() == text.split()


@pytest.mark.parametrize("kind", ["ranges", "whole"])
def test_long_text_in_many_splits_and_requests(sc, web, put, small_steps, kind):
    folder, address = web(kind)
    text = "".join(f"{'word ' * (i % 13)}{i}{'é' * (i % 7)}\r\n" for i in range(900)) + "y" * 90_000 + "\nend"
    put(folder / "long.txt", text.encode())
    rdd = sc.textFile(f"{address}/long.txt", 7)
    assert rdd.collect() == text.split("\r\n")[:-1] + ["y" * 90_000, "end"]
    assert rdd.getNumPartitions() == (7 if kind == "ranges" else 1)
    places = sc.textFile(f"{address}/long.txt", 5, with_place=True).keys().values().collect()
    lengths = [len(line.encode()) + 2 for line in text.split("\r\n")[:-1]] + [90_001]
    assert places == [sum(lengths[:number]) for number in range(len(lengths) + 1)]


def test_requests_are_large_and_few(sc, web, put):
    folder, address = web("ranges")
    data = b"".join(b"%063d\n" % number for number in range(3 << 14))
    put(folder / "large.txt", data)
    assert sc.textFile(f"{address}/large.txt", 3).count() == 3 << 14
    sc.range(1).count()
    asked = requests(folder, "large.txt")
    assert asked[0] == (0, 0) and len(asked) == 4
    assert sum(end - begin + 1 for begin, end in asked[1:]) < len(data) + 3 * (1 << 17)


def test_compressed_files_and_records(sc, web, put):
    import zstandard

    data = b"".join(b"%d %s\n" % (i, b"x" * (i % 977)) for i in range(2000))
    for kind in ("ranges", "whole"):
        folder, address = web(kind)
        put(folder / "a.gz", gzip.compress(data, 1))
        put(folder / "a.zst", zstandard.compress(data, 1))
        put(folder / "r.bin", bytes(range(40)))
        for name in ("a.gz", "a.zst"):
            assert sc.textFile(f"{address}/{name}").collect() == data.decode().splitlines()
        assert sc.binaryRecords(f"{address}/r.bin", 8).collect() == [bytes(range(i, i + 8)) for i in range(0, 40, 8)]


def test_a_folder_and_a_glob_by_the_index_page(sc, web, put):
    folder, address = web("whole")
    for name in ("b.txt", "a.txt", "_hidden"):
        put(folder / "many" / name, name.encode())
    assert sc.textFile(f"{address}/many/").collect() == ["a.txt", "b.txt"]
    assert sc.textFile(f"{address}/many/*.txt,{address}/many/a.txt").collect() == ["a.txt", "b.txt", "a.txt"]
    with pytest.raises(FileNotFoundError, match="does not exist: http.*many/x"):
        sc.textFile(f"{address}/many/x*").count()


def test_listing_is_done_by_one_rank(sc, web, put):
    folder, address = web("ranges")
    put(folder / "once.txt", b"1\n2\n3\n")
    rdd = sc.textFile(f"{address}/once.txt", 1)
    assert rdd.getNumPartitions() == 1 and rdd.count() == 3 and rdd.count() == 3
    assert requests(folder, "once.txt") == [(0, 0), (0, 5), (0, 5)]


def test_what_is_not_there_is_an_error_on_all_ranks(sc, web):
    _, address = web("ranges")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        sc.textFile(f"{address}/nowhere").count()
    with pytest.raises(ValueError, match="nosuch://x/y"):
        sc.textFile("nosuch://x/y").count()


def test_a_file_that_became_shorter_is_an_error(sc, web, put):
    from pympr.errors import InputError

    folder, address = web("ranges")
    put(folder / "moving.txt", b"line\n" * 1000)
    rdd = sc.textFile(f"{address}/moving.txt", 3)
    assert rdd.count() == 1000
    put(folder / "moving.txt", b"line\n" * 900)
    with pytest.raises(InputError, match="moving.txt gave"):
        rdd.count()


def test_without_fsspec_the_error_says_what_to_install(sc, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ImportError, match=r"need the package fsspec: pip install"):
        sc.textFile("http://127.0.0.1:1/a").count()


@pytest.mark.skipif(importlib.util.find_spec("gcsfs") is not None, reason="gcsfs is installed")
def test_without_the_package_of_a_protocol_the_error_names_it(sc):
    with pytest.raises(ImportError, match="gs://bucket/a: fsspec misses a package for this protocol: .*gcsfs"):
        sc.textFile("gs://bucket/a").count()
