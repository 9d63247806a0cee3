"""pagerank against a dense power iteration; the graph is not moved again in an iteration."""

import random

import numpy as np
import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]


def graph(nodes, edges, seed):
    """Edges by name; some nodes have no links, some are not linked to, some edges are there twice."""
    drawn = random.Random(seed)
    sources, targets = range(0, nodes - nodes // 5), range(nodes // 10, nodes)
    made = [(f"é{drawn.choice(sources)}", f"é{drawn.choice(targets)}") for _ in range(edges)]
    return made + made[: edges // 10]


def dense(edges, iterations, damping):
    """The ranks by name, with a whole matrix."""
    names = sorted({name for edge in edges for name in edge})
    place = {name: number for number, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for source, target in edges:
        matrix[place[target], place[source]] += 1
    links = matrix.sum(axis=0)
    matrix[:, links > 0] /= links[links > 0]
    matrix[:, links == 0] = 1 / len(names)
    ranks = np.full(len(names), 1 / len(names))
    for _ in range(iterations):
        ranks = (1 - damping) / len(names) + damping * (matrix @ ranks)
    return dict(zip(names, ranks.tolist()))


def saved(folder):
    lines = [line for path in sorted(folder.glob("part-*")) for line in path.read_text().splitlines()]
    found = {name: float(rank) for name, rank in (line.split("\t") for line in lines)}
    assert len(found) == len(lines)
    return found


@pytest.mark.parametrize(
    ("options", "iterations", "damping"), [([], 20, 0.85), (["--iterations", 3, "--damping", 0.5], 3, 0.5)]
)
def test_against_a_dense_power_iteration(sc, call, put, mpi_tmp_path, options, iterations, damping):
    edges = graph(120, 900, 3)
    text = "# FROM TO\n" + "".join(f"{source}\t {target}\n" for source, target in edges)
    path = put("edges.txt", text)
    code, out, _ = call("pagerank", path, *options, "--output", mpi_tmp_path / "out", "--top", 3, "--no-report")
    expected = dense(edges, iterations, damping)
    found = saved(mpi_tmp_path / "out")
    assert code == 0 and found == pytest.approx(expected, rel=1e-12) and sum(found.values()) == pytest.approx(1)
    if sc.rank == 0:
        most = sorted(expected, key=lambda name: -expected[name])[:3]
        assert [line.split()[1] for line in out[1:4]] == most and out[-1].startswith(f"{len(edges):,} edges, ")


def test_edges_that_are_there_twice(call, put, mpi_tmp_path):
    edges = graph(30, 200, 4)
    path = put("edges.csv", "".join(f"{source};{target};0.5\n" for source, target in edges))
    options = ["--separator", ";", "--distinct", "--no-report"]
    assert call("pagerank", path, *options, "--output", mpi_tmp_path / "out")[0] == 0
    assert saved(mpi_tmp_path / "out") == pytest.approx(dense(sorted(set(edges)), 20, 0.85), rel=1e-12)


def test_an_iteration_does_not_move_the_graph(sc, call, put):
    path = put("edges.txt", "".join(f"{source} {target}\n" for source, target in graph(60, 20_000, 5)))
    nodes, iterations, parts = 60, 4, 6
    before = len(sc.report()["ranks"][0]["actions"]) if sc.rank == 0 else sc.report()
    options = ["--iterations", iterations, "--parts", parts, "--no-report"]
    assert call("pagerank", path, *options)[0] == 0
    report = sc.report()
    if sc.rank:
        return
    moved = [
        sum(stage["rows_sent"] for rank in report["ranks"] for stage in rank["actions"][before:][place]["stages"])
        for place in range(len(report["ranks"][0]["actions"]) - before)
    ]
    whole = [rows for rows in moved if rows >= 20_000]
    assert len(whole) == 1, "the graph is moved when it is numbered and nowhere else"
    contributions = [rows for rows in moved[moved.index(whole[0]) + 1 :] if rows]
    assert all(rows <= parts * nodes * 2 for rows in contributions) and len(contributions) >= iterations


@pytest.mark.parametrize("text", ["a\n", "a b\nc\n"])
def test_lines_without_two_columns(sc, call, put, text):
    code, out, err = call("pagerank", put("bad", text))
    assert code == 1 and out == [] and (sc.rank or "expected two columns: record " in err[0])


def test_a_graph_without_edges(sc, call, put, mpi_tmp_path):
    assert call("pagerank", put("none", "# nothing\n"), "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
    assert saved(mpi_tmp_path / "out") == {}


@pytest.mark.parametrize("damping", ["-0.1", "1.5", "nan"])
def test_options_that_do_not_fit(sc, call, damping):
    code, out, err = call("pagerank", "x", f"--damping={damping}")
    assert code == 2 and out == [] and (sc.rank or "--damping must be from 0 to 1" in err[-1])
