"""Splits cover every file exactly."""

import pytest

from pympr.run.splits import cut_files, cut_records, list_files


@pytest.mark.parametrize("least", [1, 2, 7])
def test_ranges_are_seamless(tmp_path, least):
    sizes = {"a": 0, "b": 10, "c": 1000, "d": 3}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(b"x" * size)
    splits = cut_files(list_files(str(tmp_path)), least, 300)
    for name, size in sizes.items():
        mine = [split for split in splits if split.path.endswith(name)]
        assert mine[0].begin == 0 and mine[-1].end == size
        assert all(a.end == b.begin for a, b in zip(mine, mine[1:]))
        assert all(split.end - split.begin <= 300 * 1.5 for split in mine)
    assert len(splits) >= least


def test_compressed_files_are_one_split(tmp_path):
    (tmp_path / "a.gz").write_bytes(b"x" * 1000)
    assert [(s.begin, s.end, s.codec) for s in cut_files([str(tmp_path / "a.gz")], 5, 10)] == [(0, 1000, "gzip")]


def test_records_are_never_cut(tmp_path):
    (tmp_path / "r").write_bytes(b"x" * 1000)
    assert all(s.begin % 8 == s.end % 8 == 0 for s in cut_records([str(tmp_path / "r")], 8, 100))
