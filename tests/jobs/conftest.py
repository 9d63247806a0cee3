"""Jobs run inside the test's ranks, on real text: sources of Python's standard library."""

import contextlib
import importlib
import io
import pathlib
import sysconfig

import pytest

SOURCES = sorted(pathlib.Path(sysconfig.get_path("stdlib")).glob("[a-c]*.py"))


@pytest.fixture(scope="session")
def sc():
    from pympr import SparkContext

    return SparkContext.getOrCreate()


@pytest.fixture
def call(sc, tmp_path_factory, monkeypatch):
    """call("grep", *arguments) gives the exit code and what this rank wrote to stdout and stderr."""
    monkeypatch.chdir(tmp_path_factory.mktemp("cwd"))

    def start(job, *arguments):
        out, err = io.StringIO(), io.StringIO()
        main = importlib.import_module(f"pympr.jobs.{job}").main
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
        sc.range(1).count()  # rank 0 has written its report
        if sc.rank:
            assert out.getvalue() == err.getvalue() == ""
        return code, out.getvalue().splitlines(), err.getvalue().splitlines()

    return start


@pytest.fixture
def put(sc, mpi_tmp_path):
    """put("name", data) writes a file on rank 0 and gives its path on all."""

    def write(name, data):
        path = mpi_tmp_path / name
        if sc.rank == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        sc.range(1).count()
        return path

    return write


@pytest.fixture
def corpus(sc, put):
    """A directory of real text, and all its lines as Python reads them."""
    import bz2
    import gzip

    import zstandard

    packs = [("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".zst", zstandard.compress)]
    folder, lines = None, []
    for position, source in enumerate(SOURCES[:24]):
        suffix, pack = packs[position % len(packs)]
        folder = put(f"corpus/{position:02}{source.name}{suffix}", pack(source.read_bytes())).parent
        lines += source.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    return folder, lines
