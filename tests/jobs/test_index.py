"""The inverted index names every file and every line of every word."""

import gzip
import pathlib
import sysconfig

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]
SOURCES = sorted(pathlib.Path(sysconfig.get_path("stdlib")).glob("[t-z]*.py"))[:6]


@pytest.fixture
def sources(put):
    """Some files with their lines; one is large enough for many splits, one is compressed."""
    lines = {}
    for source in SOURCES:
        packed = source == SOURCES[0]
        data = source.read_bytes() * (20 if source == SOURCES[1] else 1)
        path = put(f"src/{source.name}" + (".gz" if packed else ""), gzip.compress(data) if packed else data)
        lines[str(path)] = data.decode().removesuffix("\n").split("\n")
    return path.parent, lines


def expected_index(lines):
    index = {}
    for path in sorted(lines):
        for number, line in enumerate(lines[path], 1):
            for word in line.split():
                index.setdefault(word, {}).setdefault(path, []).append(number)
    return index


def saved(folder):
    return [line for path in sorted(folder.glob("part-*")) for line in path.read_text().splitlines()]


def test_files(sc, call, sources, mpi_tmp_path):
    folder, lines = sources
    index = expected_index(lines)
    code, out, _ = call("invertedindex", folder, "--output", mpi_tmp_path / "out", "--top", 4, "--no-report")
    assert code == 0
    files = {word: " ".join(f"{path}:{len(found)}" for path, found in index[word].items()) for word in index}
    assert saved(mpi_tmp_path / "out") == [f"{word}\t{files[word]}" for word in sorted(index)]
    if sc.rank == 0:
        most = sorted(index, key=lambda word: (-len(index[word]), word))[:4]
        assert [line.split()[:2] for line in out[1:5]] == [[str(len(index[word])), word] for word in most]
        assert all(line.endswith(" ...") for line in out[1:5])


def test_lines(sc, call, sources, mpi_tmp_path):
    folder, lines = sources
    index = expected_index(lines)
    assert call("invertedindex", "--lines", folder, "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
    expected = []
    for word in sorted(index):
        places = (f"{path}:{','.join(map(str, dict.fromkeys(found)))}" for path, found in index[word].items())
        expected.append(f"{word}\t{' '.join(places)}")
    assert saved(mpi_tmp_path / "out") == expected
