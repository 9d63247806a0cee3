"""Splits cover every file exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pympr.run.splits import cut_files, cut_records, find_files
from pympr.run.stores import Found


@pytest.mark.parametrize("least", [1, 2, 7])
def test_ranges_are_seamless(tmp_path, least):
    sizes = {"a": 0, "b": 10, "c": 1000, "d": 3}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(b"x" * size)
    splits = cut_files(find_files(str(tmp_path)), least, 300)
    for name, size in sizes.items():
        mine = [split for split in splits if split.path.endswith(name)]
        assert mine[0].begin == 0 and mine[-1].end == size
        assert all(a.end == b.begin for a, b in zip(mine, mine[1:]))
        assert all(split.end - split.begin <= 300 * 1.5 for split in mine)
    assert len(splits) >= least


def test_compressed_files_are_one_split(tmp_path):
    (tmp_path / "a.gz").write_bytes(b"x" * 1000)
    splits = cut_files(find_files(str(tmp_path / "a.gz")), 5, 10)
    assert [(split.begin, split.end, split.codec) for split in splits] == [(0, 1000, "gzip")]


def test_records_are_never_cut(tmp_path):
    (tmp_path / "r").write_bytes(b"x" * 1000)
    assert all(s.begin % 8 == s.end % 8 == 0 for s in cut_records(find_files(str(tmp_path / "r")), 8, 100))


@given(st.lists(st.integers(0, 400), min_size=1, max_size=9), st.integers(0, 40), st.integers(1, 500))
def test_there_are_as_many_as_asked_for(sizes, least, split_bytes):
    splits = cut_files([Found(f"f{i}", size) for i, size in enumerate(sizes)], least, split_bytes)
    assert len(splits) >= min(least, sum(max(size, 1) for size in sizes))
    for number, size in enumerate(sizes):
        mine = [(split.begin, split.end) for split in splits if split.path == f"f{number}"]
        assert mine[0][0] == 0 and mine[-1][1] == size and all(a[1] == b[0] for a, b in zip(mine, mine[1:]))
        assert size == 0 or all(begin < end for begin, end in mine)


def test_files_that_cannot_be_read_in_ranges_are_not_cut():
    splits = cut_files([Found("http://a", 1000, False), Found("b.zst", 1000), Found("c", 10)], 7, 100)
    assert [split.path for split in splits] == ["http://a", "b.zst"] + 5 * ["c"]
