"""Programs that split lines into lists first: as columns, with Python's results and exceptions."""

import pytest

pytestmark = pytest.mark.mpi

LINES = ["a,1,x", "b,22,y", "a,333,z", "ä,4,", "b,5,y,more"] * 50


def fields(line):
    return line.split(",")


def test_results_are_pythons(sc):
    lists = sc.parallelize(LINES, 5).map(fields)
    kept = lists.filter(lambda f: int(f[1]) % 2 == 0).map(lambda f: (f[0], int(f[1])))
    assert "Project" in kept.explain() and "Fused" not in kept.explain()
    found = [fields(line) for line in LINES]
    assert kept.collect() == [(f[0], int(f[1])) for f in found if int(f[1]) % 2 == 0]
    assert lists.filter(lambda f: f[0] == "a").collect() == [f for f in found if f[0] == "a"]
    assert lists.flatMap(lambda f: [f[0], f[2]]).collect() == [x for f in found for x in (f[0], f[2])]


@pytest.mark.parametrize(("line", "error"), [("short", IndexError), ("a,one,x", ValueError)])
def test_exceptions_are_pythons(sc, line, error):
    numbers = sc.parallelize([*LINES, line, *LINES], 3).map(fields).map(lambda f: int(f[1]))
    with pytest.raises(error) as caught:
        numbers.collect()
    assert "test_composed.py" in str(caught.value) or "test_composed.py" in caught.traceback[-1].path.name
