"""Lines that know their file and byte offset, whatever the splits, chunks and bad bytes."""

import gzip
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]

PIECES = [b"a", "é".encode(), b" ", b"\n", b"\r", b"\r\n", b"\xff", b"\xe2\x80", b"two words"]
DATA = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)


def put(sc, path, data):
    if sc._session.world.rank == 0:
        path.write_bytes(data)
    sc.parallelize([0]).count()
    return str(path)


def places_of(path, data, errors):
    offset = 0
    for line in data.splitlines(keepends=True):
        text = line.decode(errors=errors)
        if text:  # a last line of bad bytes only is no line to Python either
            yield (path, offset), text.rstrip("\r\n")
        offset += len(line)


@given(data=DATA, splits=st.integers(1, 9), number=st.integers(0, 10**9), errors=st.sampled_from(["replace", "ignore"]))
def test_places(sc, mpi_tmp_path, data, splits, number, errors):
    path = put(sc, mpi_tmp_path / f"{number}.txt", data)
    expected = list(places_of(path, data, errors))
    sc._session.listing._known.clear()
    lines = sc.textFile(path, splits, errors=errors, with_place=True)
    assert lines.collect() == expected
    words = [(place, word) for place, line in expected for word in line.split()]
    assert lines.flatMapValues(str.split).collect() == words
    assert lines.filter(lambda pair: True).flatMapValues(lambda line: line.split()).collect() == words


def test_places_in_many_chunks_and_in_compressed_files(sc, mpi_tmp_path):
    data = b"".join(b"%d %s\n" % (i, b"x" * (i % 977)) for i in range(5000))
    plain = put(sc, mpi_tmp_path / "long.txt", data)
    packed = put(sc, mpi_tmp_path / "long.txt.gz", gzip.compress(data, 1))
    for path in (plain, packed):
        assert sc.textFile(path, 3, with_place=True).collect() == list(places_of(path, data, "strict"))


def test_words_of_places_are_counted_with_their_places(sc, mpi_tmp_path):
    path = put(sc, mpi_tmp_path / "counted", b"a b\na a\n")
    words = sc.textFile(path, 1, with_place=True).flatMapValues(str.split)
    counted = words.map(lambda pair: (pair, 1)).reduceByKey(operator.add).collect()
    assert sorted(counted) == [(((path, 0), "a"), 1), (((path, 0), "b"), 1), (((path, 4), "a"), 2)]


def test_words_of_places_are_read_as_words(sc, mpi_tmp_path):
    lines = sc.textFile(str(mpi_tmp_path / "any"), with_place=True)
    assert "unit=words" in lines.flatMapValues(str.split).explain()
    assert "unit=words" not in lines.flatMap(str.split).explain().split("optimised plan")[1]
    assert "unit=words" not in sc.textFile("any").flatMapValues(str.split).explain().split("optimised plan")[1]
