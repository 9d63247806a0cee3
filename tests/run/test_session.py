"""One session: what ranks agree on before an action, and what it refuses."""

import os
import threading

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8)]


@pytest.fixture
def sc():
    from pympr import SparkContext

    return SparkContext.getOrCreate()


def test_a_closed_session_is_refused():
    from pympr.collectives.world import world
    from pympr.errors import SessionError
    from pympr.plan.sources import Range
    from pympr.run.session import Session

    session = Session(world())
    assert session.act("count", Range(0, 8, 1, 4)) == 8
    session.close()
    with pytest.raises(SessionError, match="was stopped"):
        session.act("count", Range(0, 8, 1, 4))


def test_arguments_that_differ_are_told(sc):
    from pympr.errors import DivergenceError

    numbers = sc.parallelize(range(20), 4)
    if sc.size > 1:
        with pytest.raises(DivergenceError, match="arguments differs"):
            numbers.takeOrdered(2 + sc.rank)
        with pytest.raises(DivergenceError, match="arguments differs"):
            numbers.reduce((lambda a, b: a - b) if sc.rank else (lambda a, b: a * b))
    assert numbers.takeOrdered(2) == [0, 1]


def test_relative_paths_need_one_working_directory(sc, mpi_tmp_path, monkeypatch):
    from pympr.errors import DivergenceError

    monkeypatch.chdir(mpi_tmp_path)
    sc.range(4).saveAsTextFile("out")
    assert sorted(sc.textFile("out").collect()) == list("0123")
    os.chdir(mpi_tmp_path / "out" if sc.rank else mpi_tmp_path)
    if sc.size > 1:
        with pytest.raises(DivergenceError, match="working directory differs"):
            sc.textFile("out").count()
        with pytest.raises(DivergenceError, match="working directory differs"):
            sc.range(4).saveAsTextFile("other")


def test_files_are_listed_anew_for_every_text_file(sc, mpi_tmp_path):
    path = mpi_tmp_path / "grows"
    for text in ("1\n", "1\n2\n3\n", "1\n2\n"):
        if sc.rank == 0:
            path.write_text(text)
        sc.range(1).count()
        assert sc.textFile(str(path)).collect() == text.split()
        sc.range(1).count()


def test_threads_take_turns(sc):
    found = []
    rdd = sc.parallelize(range(100), 4)
    thread = threading.Thread(target=lambda: found.append(rdd.sum()))
    thread.start()
    thread.join()
    found.append(rdd.sum())
    assert found == [4950, 4950]
