"""JSON lines and CSV are what Python's json and csv modules make of the files, whatever the splits."""

import csv
import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.errors import InputError

pytestmark = pytest.mark.mpi

PIECES = ["a", "é", '"', '""', ",", ",", "\n", "\r\n", "\r", " ", "'", "1", '"b\nc"', '"\n,"']
CSV_TEXT = st.lists(st.sampled_from(PIECES), max_size=50).map("".join)
DIALECTS = [{}, {"skipinitialspace": True}, {"doublequote": False}, {"quotechar": "'"}, {"quoting": csv.QUOTE_NONE}]


def python_rows(text, **dialect):
    return [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), **dialect) if row]


def test_json(sc, put, mpi_tmp_path):
    values = [{"i": i, "text": "é" * (i % 5), "list": [i, None, 0.5]} for i in range(1000)] + [1, "a", None, [2]]
    data = "\n".join(map(json.dumps, values)).encode()
    path = put(mpi_tmp_path / "a.jsonl", data)
    put(mpi_tmp_path / "in" / "a.json", data + b"\n\n  \n")
    put(mpi_tmp_path / "in" / "b.json.gz", gzip.compress(data))
    assert sc.jsonLines(path, 7).collect() == values
    assert sc.jsonLines(path, 7).getNumPartitions() == 7
    assert sc.jsonLines(str(mpi_tmp_path / "in"), 5).collect() == 2 * values
    assert sc.jsonLines(path).filter(lambda r: isinstance(r, dict)).map(lambda r: r["i"]).sum() == 499500


@pytest.mark.parametrize("bad", [b'{"a": 1} 2', b"{'a': 1}", b"[1,", b'{"a": }', b"\xef\xbb\xbf1", b"[" * 100_000])
def test_what_is_not_json_is_told_with_its_place(sc, put, mpi_tmp_path, bad):
    path = put(mpi_tmp_path / "a.jsonl", b'{"a": 1}\n' * 1000 + b"\n" + bad + b"\n" + b'{"a": 2}\n' * 1000)
    with pytest.raises(InputError, match="a.jsonl: the line at offset 9001 is not JSON"):
        sc.jsonLines(path, 3).count()


@given(text=CSV_TEXT, splits=st.integers(1, 9), number=st.integers(0, 10**9), dialect=st.sampled_from(DIALECTS))
def test_csv_over_lines_is_pythons(sc, put, mpi_tmp_path, text, splits, number, dialect):
    path = put(mpi_tmp_path / f"{number}.csv", text.encode())
    rdd = sc.csv(path, minPartitions=splits, multiLine=True, **dialect)
    assert rdd.collect() == python_rows(text, **dialect)


@given(text=CSV_TEXT, splits=st.integers(1, 9), number=st.integers(0, 10**9), dialect=st.sampled_from(DIALECTS))
def test_csv_in_lines_is_pythons_or_refused(sc, put, mpi_tmp_path, text, splits, number, dialect):
    path = put(mpi_tmp_path / f"{number}.csv", text.encode())
    rdd = sc.csv(path, minPartitions=splits, **dialect)
    lines = [line.rstrip("\r\n") for line in io.StringIO(text, newline="")]
    # Only lines that are whole records by themselves may be taken for records.
    one_by_one = [list(csv.reader([line, ""], **dialect)) for line in lines]
    if all(len(rows) == 2 for rows in one_by_one):
        assert rdd.collect() == python_rows(text, **dialect)
    else:
        with pytest.raises(InputError, match="pass multiLine=True|leaves a record open"):
            rdd.collect()


@pytest.mark.parametrize("multi_line", [False, True])
@pytest.mark.parametrize("splits", [1, 4])
def test_header_and_columns(sc, put, mpi_tmp_path, multi_line, splits):
    rows = [(str(i), f'say "{i}"', "x, y" if i % 3 else "") for i in range(500)]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("id", "said", "where"), *rows])
    text = text.getvalue() + "\r\n7\r\n8,b,c,d,e\r\n"
    path = put(mpi_tmp_path / "in" / "a.csv", text.encode())
    put(mpi_tmp_path / "in" / "b.csv", b"\n\nid,said\n5,five\n")
    expected = list(csv.DictReader(io.StringIO(text, newline="")))
    options = {"header": True, "minPartitions": splits, "multiLine": multi_line}
    assert sc.csv(path, **options).collect() == expected
    assert sc.csv(path, columns=["where", "id"], **options).collect() == [(r["where"], r["id"]) for r in expected]
    folder = str(mpi_tmp_path / "in")
    assert sc.csv(folder, **options).collect() == [*expected, {"id": "5", "said": "five"}]
    assert sc.csv(folder, columns=["id"], **options).map(lambda r: int(r[0])).sum() == sum(range(500)) + 20
    with pytest.raises(InputError, match="a.csv has no column no; its header says id, said, where"):
        sc.csv(path, columns=["no"], **options).count()
    packed = put(mpi_tmp_path / "a.csv.gz", gzip.compress(text.encode()))
    assert sc.csv(packed, **options).collect() == expected


def test_long_records_over_many_splits_and_blocks(sc, put, mpi_tmp_path):
    rows = [(str(i), "\n".join(str(j) for j in range(i % 700)), '"' * (i % 3)) for i in range(3000)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    path = put(mpi_tmp_path / "long.csv", text.getvalue().encode())
    rdd = sc.csv(path, minPartitions=8, multiLine=True)
    assert rdd.collect() == rows
    assert rdd.getNumPartitions() == 8
    with pytest.raises(InputError, match="long.csv: the line at offset .* ends inside a record .* pass multiLine=True"):
        sc.csv(path, minPartitions=8).count()


def test_numbers_errors_and_escapes(sc, put, mpi_tmp_path):
    path = put(mpi_tmp_path / "n.csv", b'"a";1\n"b";2.5\n')
    numbers = sc.csv(path, delimiter=";", quoting=csv.QUOTE_NONNUMERIC)
    assert numbers.collect() == [("a", 1.0), ("b", 2.5)]
    with pytest.raises(InputError, match="w.csv: the line at offset 0 is not CSV: could not convert"):
        sc.csv(put(mpi_tmp_path / "w.csv", b"word,1\n"), quoting=csv.QUOTE_NONNUMERIC).count()
    escaped = put(mpi_tmp_path / "e.csv", b"a\\\nb,c\nd,e\n")
    assert sc.csv(escaped, escapechar="\\", multiLine=True).collect() == [("a\nb", "c"), ("d", "e")]
    with pytest.raises(InputError, match="the line at offset 0 ends inside a record"):
        sc.csv(escaped, escapechar="\\").count()
    strict = put(mpi_tmp_path / "s.csv", b'ok\n"a"b\n')
    with pytest.raises(InputError, match="line at offset 3 is not CSV"):
        sc.csv(strict, strict=True).count()
    latin = put(mpi_tmp_path / "l.csv", b"n\xe9,1\nb,2\n")
    for multi_line in (False, True):
        with pytest.raises(InputError, match="is not UTF-8"):
            sc.csv(latin, multiLine=multi_line).count()
        assert sc.csv(latin, multiLine=multi_line, errors="replace").collect() == [("n\ufffd", "1"), ("b", "2")]


def test_arguments_that_make_no_sense(sc):
    with pytest.raises(ValueError, match="with header=True"):
        sc.csv("a.csv", columns=["a"])
    with pytest.raises(TypeError):
        sc.csv("a.csv", delimiter="ab")
    with pytest.raises(TypeError):
        sc.csv("a.csv", separator=";")


@pytest.mark.parametrize("kind", ["ranges", "whole"])
def test_from_web_servers(sc, web, put, kind):
    folder, address = web(kind)
    rows = [(str(i), "a\nb" * (i % 9)) for i in range(500)]
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("id", "t"), *rows])
    put(folder / "a.csv", text.getvalue().encode())
    put(folder / "a.jsonl", b'{"a": 1}\n[2]\n')
    found = sc.csv(f"{address}/a.csv", header=True, columns=["id", "t"], minPartitions=4, multiLine=True)
    assert found.collect() == rows
    assert sc.jsonLines(f"{address}/a.jsonl", 2).collect() == [{"a": 1}, [2]]
