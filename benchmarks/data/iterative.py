"""Points and graphs for programs that go over their input many times."""

from pathlib import Path

import numpy as np

from benchmarks.data.arrays import save

CLUSTERS = 16
ROWS_A_CHUNK = 1 << 18


def points(rows: int, width: int) -> np.ndarray:
    """Points around 16 places (float64, rows x width); whole numbers, so that sums are exact in any order."""
    random = np.random.default_rng(8)
    places = random.normal(0, 3000, (CLUSTERS, width))
    made = random.normal(0, 1000, (rows, width))
    made += places[random.integers(0, CLUSTERS, rows)]
    return np.rint(made, out=made)


def edges(rows: int) -> np.ndarray:
    """Edges between rows / 10 nodes (int64, 2 x rows); few nodes have many links to them, some none from them."""
    random = np.random.default_rng(9)
    nodes = max(10, rows // 10)
    sources = random.integers(0, nodes - nodes // 50, rows)
    targets = (nodes * random.random(rows) ** 3).astype(np.int64)
    return np.stack((sources, random.permutation(nodes)[targets]))


def write_points(path: Path, rows: int, width: int) -> None:
    """Write points as .npy."""
    save(path, points(rows, width))


def write_edges(path: Path, rows: int) -> None:
    """Write edges as .npy."""
    save(path, edges(rows))


def write_points_text(path: Path, rows: int) -> None:
    """Write lines `x,y`."""
    _write(path, points(rows, 2).astype(np.int64), "{},{}\n".format)


def write_edges_text(path: Path, rows: int) -> None:
    """Write lines `from to`."""
    _write(path, edges(rows).T, "{} {}\n".format)


def _write(path: Path, pairs: np.ndarray, line) -> None:
    with open(path, "w") as file:
        for begin in range(0, len(pairs), ROWS_A_CHUNK):
            file.write("".join(map(line, *pairs[begin : begin + ROWS_A_CHUNK].T.tolist())))
