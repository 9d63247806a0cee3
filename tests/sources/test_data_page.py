"""The examples of docs/data.md give what they say."""

import doctest
import pathlib

import numpy as np
import pytest

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "data.md"
pytestmark = pytest.mark.mpi


TEXTS = {
    "books/hamlet.txt": "to be or not\nto be\n",
    "log.jsonl": '{"host": "a", "bytes": 100}\n{"host": "b", "bytes": 500}\n',
    "weights.csv": "name,grams\napple,150\nmelon,1200\n",
    "notes.csv": '1,"two\nlines"\n',
}


def make_files(folder):
    (folder / "books").mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    np.save(folder / "points.npy", np.array([[1.0, 2.0], [3.0, 4.0]]))
    np.save(folder / "ids.npy", np.array([7, 8]))
    np.save(folder / "names.npy", np.array(["seven", "eight"]))
    np.savez(folder / "table.npz", id=np.array([7, 8]), weight=np.array([0.5, 0.25]))
    with h5py.File(folder / "run.h5", "w") as file:
        file["detector/energy"] = np.array([1.5, 9.5, 3.0])


def test_examples(sc, mpi_tmp_path, monkeypatch):
    pytest.importorskip("h5py", reason="h5py is not installed")
    if sc.rank == 0:
        make_files(mpi_tmp_path)
    sc.range(1).count()
    monkeypatch.chdir(mpi_tmp_path)
    said = []
    example = doctest.DocTestParser().get_doctest(PAGE.read_text(), {"sc": sc}, "data.md", str(PAGE), 0)
    assert example.examples
    failed = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, out=said.append).failed
    assert not failed, "".join(said)
