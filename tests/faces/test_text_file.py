"""textFile reads lines as Python does, whatever the splits, and says clearly what is wrong."""

import bz2
import gzip
import io
from collections import Counter
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]

TEXT = st.lists(st.sampled_from(["a", "é", " ", "\n", "\r", "\r\n", "\t", "\u2028", "\x85", "b c"]), max_size=40).map(
    "".join
)


def put(sc, path, data):
    if sc._session.world.rank == 0:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    sc.parallelize([0]).count()
    return str(path)


def lines_of(data):
    return [line.removesuffix("\n") for line in io.TextIOWrapper(io.BytesIO(data), "utf-8")]


@given(text=TEXT, splits=st.integers(1, 9), number=st.integers(0, 10**9))
def test_lines_are_pythons(sc, mpi_tmp_path, text, splits, number):
    path = put(sc, mpi_tmp_path / f"{number}.txt", text.encode())
    sc._session.listing._known.clear()
    assert sc.textFile(path, splits).collect() == lines_of(text.encode())
    sc._session.listing._known.clear()
    assert sc.textFile(path, splits).flatMap(str.split).collect() == text.split()


def test_long_text_in_many_splits_and_chunks(sc, mpi_tmp_path):
    text = "".join(f"{'word ' * (i % 13)}{i}{'é' * (i % 7)}\r\n" for i in range(3000))
    path = put(sc, mpi_tmp_path / "long.txt", text.encode())
    rdd = sc.textFile(path, 7)
    assert rdd.getNumPartitions() == 7
    assert rdd.collect() == text.split("\r\n")[:-1]
    assert rdd.flatMap(lambda line: line.split()).collect() == text.split()


@given(text=TEXT, splits=st.integers(1, 5), number=st.integers(10**9, 10**10))
def test_counting_words_is_pythons(sc, mpi_tmp_path, text, splits, number):
    path = put(sc, mpi_tmp_path / f"{number}.txt", text.encode())
    sc._session.listing._known.clear()
    words = sc.textFile(path, splits).flatMap(lambda line: line.split())
    for function, constant in ((add, 1), (add, 2**62), (max, -7)):
        found = words.map(lambda w, c=constant: (w, c)).reduceByKey(function).collect()
        expected = {w: sum([constant] * n) if function is add else constant for w, n in Counter(text.split()).items()}
        assert dict(found) == expected and len(found) == len(expected)
        found = words.map(lambda w: (w, 2**62)).reduceByKey(add).collect()
        assert dict(found) == {w: 2**62 * n for w, n in Counter(text.split()).items()}


def test_a_line_longer_than_the_buffer(sc, mpi_tmp_path):
    text = "x" * 3_000_000 + "\n" + "y" * 10 + "\nz"
    path = put(sc, mpi_tmp_path / "wide.txt", text.encode())
    assert [len(line) for line in sc.textFile(path, 5).collect()] == [3_000_000, 10, 1]


def test_directories_globs_lists_and_compressed_files(sc, mpi_tmp_path):
    import zstandard

    folder = mpi_tmp_path / "in"
    put(sc, folder / "a.txt", b"1\n2\n")
    put(sc, folder / "b.txt.gz", gzip.compress(b"3\n4"))
    put(sc, folder / "c.txt.bz2", bz2.compress(b"5\n"))
    put(sc, folder / "d.txt.zst", zstandard.compress(b"6\r\n7"))
    put(sc, folder / "_hidden", b"no\n")
    put(sc, folder / "empty.txt", b"")
    assert sc.textFile(str(folder)).collect() == ["1", "2", "3", "4", "5", "6", "7"]
    assert sc.textFile(f"{folder}/[ab]*").collect() == ["1", "2", "3", "4"]
    assert sc.textFile(f"{folder}/a.txt,file://{folder}/c.txt.bz2").collect() == ["1", "2", "5"]
    assert sc.textFile(f"{folder}/empty.txt").collect() == []


def test_missing_input_is_an_error_on_all_ranks(sc, mpi_tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        sc.textFile(str(mpi_tmp_path / "nowhere")).count()
    put(sc, mpi_tmp_path / "hollow" / "_x", b"")
    with pytest.raises(FileNotFoundError, match="no files"):
        sc.textFile(str(mpi_tmp_path / "hollow")).count()


def test_bytes_that_are_not_utf8(sc, mpi_tmp_path):
    from pympr.errors import InputError

    path = put(sc, mpi_tmp_path / "bad.txt", b"good\nb\xffd\n" + b"more\n" * 100)
    with pytest.raises(InputError, match=r"bad.txt: byte 0xff at offset 6 is not UTF-8"):
        sc.textFile(path, 3).count()
    assert sc.textFile(path, errors="replace").take(2) == ["good", "b\ufffdd"]
    assert sc.textFile(path, errors="ignore").take(2) == ["good", "bd"]
    assert sc.textFile(path, use_unicode=False).take(2) == [b"good", b"b\xffd"]


def test_a_file_that_shrinks_or_vanishes(sc, mpi_tmp_path):
    from pympr.errors import InputError

    path = mpi_tmp_path / "moving.txt"
    put(sc, path, b"line\n" * 1000)
    rdd = sc.textFile(str(path), 3)
    assert rdd.count() == 1000
    put(sc, path, b"line\n" * 10)
    with pytest.raises(InputError, match="shrank from 5000 to 50"):
        rdd.count()
    if sc._session.world.rank == 0:
        path.unlink()
    with pytest.raises(FileNotFoundError):
        rdd.count()


def test_broken_compression_is_an_error(sc, mpi_tmp_path):
    from pympr.errors import InputError

    path = put(sc, mpi_tmp_path / "cut.gz", gzip.compress(b"line\n" * 1000)[:-20])
    with pytest.raises(InputError, match="broken gzip data"):
        sc.textFile(path).count()


def test_binary_records(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "r.bin", bytes(range(40)))
    assert sc.binaryRecords(path, 8).collect() == [bytes(range(i, i + 8)) for i in range(0, 40, 8)]
    with pytest.raises(ValueError, match="not a multiple"):
        sc.binaryRecords(path, 7).count()


def test_bytes_split_at_ascii_white_space_only(sc, mpi_tmp_path):
    text = "a\x1cb\u2003c d\x0be\n".encode()
    if sc.rank == 0:
        (mpi_tmp_path / "f").write_bytes(text)
    lines = sc.textFile(str(mpi_tmp_path / "f"), use_unicode=False)
    assert lines.flatMap(lambda line: line.split()).collect() == text.split()
    with pytest.raises(TypeError):
        lines.flatMap(str.split).count()


def test_error_handlers_may_give_surrogates(sc, mpi_tmp_path):
    data = b"one \xff two\nthree \xed\xb2\x80\n"
    if sc.rank == 0:
        (mpi_tmp_path / "f").write_bytes(data)
    for errors in ("surrogateescape", "backslashreplace", "replace", "ignore"):
        text = data.decode("utf-8", errors)
        lines = sc.textFile(str(mpi_tmp_path / "f"), errors=errors)
        assert lines.collect() == text.splitlines()
        assert lines.flatMap(str.split).collect() == text.split()
        assert sorted(
            lines.flatMap(str.split).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b).keys().collect()
        ) == (sorted(set(text.split())))
        places = sc.textFile(str(mpi_tmp_path / "f"), errors=errors, with_place=True).collect()
        assert [(place[1], line) for place, line in places] == list(zip((0, 10), text.splitlines()))


@pytest.mark.parametrize("codec", ["gz", "bz2", "zst"])
def test_a_compressed_file_that_was_cut_short_is_an_error(sc, mpi_tmp_path, codec):
    import bz2
    import gzip
    import random

    import zstandard

    whole = bytes(random.Random(1).choices(b"abcdef\n", k=200_000))
    compress = {"gz": gzip.compress, "bz2": bz2.compress, "zst": zstandard.ZstdCompressor().compress}[codec]
    if sc.rank == 0:
        (mpi_tmp_path / f"cut.{codec}").write_bytes(compress(whole)[:-500])
        (mpi_tmp_path / f"two.{codec}").write_bytes(compress(whole) + compress(whole))
        (mpi_tmp_path / f"broken.{codec}").write_bytes(compress(whole)[:40] + b"\xff" * 500)
    sc.range(1).count()
    assert sc.textFile(str(mpi_tmp_path / f"two.{codec}")).count() == len((whole + whole).splitlines())
    for name in ("cut", "broken"):
        with pytest.raises(ValueError, match=f"{name}.{codec}: broken"):
            sc.textFile(str(mpi_tmp_path / f"{name}.{codec}")).count()


FIELDS = st.lists(
    st.sampled_from(["a", "é", ":", ":", " ", "\n", "\r", "\r\n", "\u2028", "b c", ":" * 70]), max_size=60
)


@given(FIELDS.map("".join), st.integers(1, 5), st.sampled_from([0, 1, 3]), st.integers(10**10, 10**11))
def test_items_of_lines_are_pythons(sc, mpi_tmp_path, text, splits, index, number):
    path = put(sc, mpi_tmp_path / f"{number}.txt", text.encode())
    sc._session.listing._known.clear()
    lines = sc.textFile(path, splits)
    whole = [line for line in lines_of(text.encode()) if line.count(":") >= index]
    try:
        expected = [line.split(":")[index] for line in lines_of(text.encode())]
    except IndexError:
        with pytest.raises(IndexError):
            lines.map(lambda line: line.split(":")[index]).collect()
    else:
        assert lines.map(lambda line: line.split(":")[index]).collect() == expected
        assert lines.map(lambda line: (line.split(":")[index], 2)).collect() == [(item, 2) for item in expected]
    found = lines.filter(lambda line: line.count(":") >= index).map(lambda line: line.split(":")[index])
    assert found.collect() == [line.split(":")[index] for line in whole]


def test_an_item_that_a_line_lacks_is_told_with_its_record(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "short.txt", b"a:b\n" * 1000 + b"c\n" + b"d:e\n" * 1000)
    with pytest.raises(IndexError) as caught:
        sc.textFile(path, 1).map(lambda line: line.split(":")[1]).count()
    told = [str(caught.value), *getattr(caught.value, "__notes__", [])]
    assert any("record 1000 of its block: 'c'" in text for text in told)
