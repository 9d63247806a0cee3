"""k-means and PageRank with ordinary lambdas, in the manner of Spark's own examples; see rdd_programs."""

from collections.abc import Callable
from typing import Any

from benchmarks.iterative import ROUNDS

CENTRES = [(-4000.0, 0.0), (0.0, 4000.0), (4000.0, 0.0), (0.0, -4000.0), (0.0, 0.0)]
PARTITIONS = 4


def kmeans(sc: Any, points: str) -> tuple[Callable, Callable]:
    def run():
        fields = sc.textFile(points, PARTITIONS).map(lambda line: line.split(","))
        at = fields.map(lambda f: (float(f[0]), float(f[1]))).cache()
        centres = CENTRES
        for _ in range(ROUNDS):
            centres = moved(at, centres)
        at.unpersist()
        return centres

    return run, of_floats


def moved(points: Any, centres: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The centres after one round; one that is nearest to no point stays."""
    labelled = points.map(lambda p: (nearest(p, centres), (p[0], p[1], 1)))
    sums = labelled.reduceByKey(lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2])).collectAsMap()
    found = {number: (x / count, y / count) for number, (x, y, count) in sums.items()}
    return [found.get(number, centre) for number, centre in enumerate(centres)]


def nearest(point: tuple[float, float], centres: list[tuple[float, float]]) -> int:
    """The number of the nearest centre."""
    best, least = 0, float("inf")
    for number, centre in enumerate(centres):
        distance = (point[0] - centre[0]) ** 2 + (point[1] - centre[1]) ** 2
        if distance < least:
            best, least = number, distance
    return best


def pagerank(sc: Any, edges: str) -> tuple[Callable, Callable]:
    def run():
        pairs = sc.textFile(edges, PARTITIONS).map(lambda line: line.split(" ")).map(lambda f: (int(f[0]), int(f[1])))
        links = pairs.groupByKey(PARTITIONS).cache()
        ranks = links.mapValues(lambda targets: 1.0)
        for _ in range(ROUNDS):
            given = links.join(ranks, PARTITIONS).flatMap(
                lambda node: [(target, node[1][1] / len(node[1][0])) for target in node[1][0]]
            )
            ranks = given.reduceByKey(lambda a, b: a + b, PARTITIONS).mapValues(lambda rank: 0.15 + 0.85 * rank)
        most = ranks.takeOrdered(20, key=lambda pair: (-pair[1], pair[0]))
        links.unpersist()
        return most

    return run, of_floats


def of_floats(rows: list[tuple]) -> list[str]:
    """All numbers to nine digits, as engines add in different orders."""
    return [f"{value:.9g}" for row in rows for value in row]
