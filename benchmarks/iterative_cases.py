"""Programs that go over their input ten times: with block functions on arrays, and with ordinary lambdas on text."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.catalogue import Case, Scale, exponent
from benchmarks.data import cache, iterative

FAMILY = "iterative"
WIDTH = 8
SLOW_SECONDS = 900


def iterative_cases(scale: Scale) -> list[Case]:
    """k-means and PageRank of a scale."""
    rows = scale.event_rows
    many = exponent(rows)

    def one(name: str, path: str, write: Callable[[Path], None]) -> Callable[[Path], dict[str, Path]]:
        return lambda root: {name: cache.ensure(root / path, write)}

    points = one("points", f"points-{rows}-{WIDTH}.npy", lambda to: iterative.write_points(to, rows, WIDTH))
    edges = one("edges", f"edges-{rows}.npy", lambda to: iterative.write_edges(to, rows))
    points_text = one("points", f"points-{rows}.txt", lambda to: iterative.write_points_text(to, rows))
    edges_text = one("edges", f"edges-{rows}.txt", lambda to: iterative.write_edges_text(to, rows))

    def blocks(program: str, inputs: Callable, title: str, peers: tuple[str, ...]) -> Case:
        return Case(FAMILY, program.replace("_", "-"), program, title, inputs, rows, peers, {"fastest": 0.9})

    def lambdas(program: str, inputs: Callable, title: str, peers: tuple[str, ...]) -> Case:
        aims = {"pyspark": 4.0}
        name = f"{program}-lambdas"
        return Case(FAMILY, name, program, title, inputs, rows, peers, aims, peers, limit_seconds=SLOW_SECONDS)

    kmeans = f"k-means, {many} points of {WIDTH} float64, 16 centres, 10 rounds, in memory"
    pagerank = f"PageRank, {many} edges of {exponent(rows // 10)} nodes, 10 rounds, from edges in memory"
    return [
        blocks("kmeans_blocks", points, f"{kmeans}; block functions in numba", ("numba", "sklearn")),
        blocks("kmeans_numpy", points, f"{kmeans}; block functions in NumPy", ("mpi4py",)),
        blocks("pagerank_blocks", edges, f"{pagerank}; block functions in numba", ("numba", "sklearn")),
        blocks("pagerank_numpy", edges, f"{pagerank}; block functions in NumPy", ("mpi4py", "sklearn")),
        lambdas(
            "kmeans", points_text, f"rdd_iterative.kmeans, {many} lines of 2 numbers, 5 centres", ("pyspark", "dask")
        ),
        lambdas("pagerank", edges_text, f"rdd_iterative.pagerank, {many} lines of edges", ("pyspark",)),
    ]
