"""kmeans against scikit-learn where it is installed, and against plain Python."""

import io

import numpy as np
import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]


def cloud(count, width, clusters, seed):
    drawn = np.random.default_rng(seed)
    middles = drawn.normal(0, 4, (clusters, width))
    return middles[drawn.integers(clusters, size=count)] + drawn.normal(0, 1, (count, width))


POINTS = cloud(3000, 3, 5, 4)
CENTRES = POINTS[[3, 1400, 1401, 2000, 2500]]


def packed(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def csv(rows):
    return "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist())


def lloyd(points, centres, rounds):
    """The centres and labels after some rounds, in plain Python sums."""
    points, centres = points.tolist(), centres.tolist()

    def nearest(point):
        distances = [sum((a - b) ** 2 for a, b in zip(point, centre)) for centre in centres]
        return distances.index(min(distances))

    for _ in range(rounds):
        groups = [[] for _ in centres]
        for point in points:
            groups[nearest(point)].append(point)
        centres = [
            [sum(column) / len(group) for column in zip(*group)] if group else centre
            for group, centre in zip(groups, centres)
        ]
    return np.array(centres), [nearest(point) for point in points]


def centres_of(out, count):
    rows = [line.split() for line in out[1 : count + 1]]
    return np.array([[float(value) for value in row[1:]] for row in rows]), [
        int(row[0].replace(",", "")) for row in rows
    ]


def labels_of(folder):
    return [int(line) for path in sorted(folder.glob("part-*")) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("form", ["csv", "npy", "whole numbers"])
def test_against_plain_python(sc, call, put, mpi_tmp_path, form):
    points = np.rint(POINTS * 10).astype(np.int64) if form == "whole numbers" else POINTS
    path = put("p.csv", csv(points)) if form == "csv" else put("p.npy", packed(points))
    start = put("start", csv(CENTRES))
    options = ["--centres", start, "--iterations", 4, "--tolerance", 0, "--no-report"]
    code, out, _ = call("kmeans", path, *options, "--output", mpi_tmp_path / "out")
    centres, labels = lloyd(points.astype(float), CENTRES, 4)
    assert code == 0 and labels_of(mpi_tmp_path / "out") == labels
    if sc.rank == 0:
        found, counts = centres_of(out, 5)
        assert found == pytest.approx(centres, rel=1e-12) and counts == np.bincount(labels, minlength=5).tolist()
        assert out[6].startswith("4 iterations; sum of squared distances ")


def test_against_scikit_learn(sc, call, put, mpi_tmp_path):
    cluster = pytest.importorskip("sklearn.cluster")
    start = put("start", csv(CENTRES))
    options = ["--centres", start, "--tolerance", 0, "--no-report", "--output", mpi_tmp_path / "out"]
    code, out, _ = call("kmeans", put("p.npy", packed(POINTS)), *options)
    model = cluster.KMeans(5, init=CENTRES, n_init=1, tol=0, max_iter=100, algorithm="lloyd").fit(POINTS)
    assert code == 0 and labels_of(mpi_tmp_path / "out") == model.labels_.tolist()
    if sc.rank == 0:
        assert centres_of(out, 5)[0] == pytest.approx(model.cluster_centers_, rel=1e-9)
        assert float(out[6].split()[-1]) == pytest.approx(model.inertia_, rel=1e-9)


def test_its_own_start_finds_the_clusters(sc, call, put):
    drawn = np.random.default_rng(9)
    middles = np.array([[0, 0], [100, 0], [0, 100], [100, 100], [50, 50], [200, 7]])
    points = np.repeat(middles, 400, axis=0) + drawn.normal(0, 1, (2400, 2))
    path = put("p.csv", csv(drawn.permutation(points)))
    for seed in range(4):
        code, out, _ = call("kmeans", path, "-k", 6, "--seed", seed, "--no-report")
        assert code == 0
        if sc.rank == 0:
            found, counts = centres_of(out, 6)
            assert counts == [400] * 6 and np.sort(found[:, 0]) == pytest.approx(np.sort(middles[:, 0]), abs=0.3)


def test_columns_and_titles(sc, call, put):
    rows = [f"p{place},{x!r},word,{y!r}" for place, (x, y, _) in enumerate(POINTS.tolist())]
    path, start = put("p.csv", "\n".join(["id,x,w,y", *rows])), put("start", csv(CENTRES[:, :2]))
    options = ["--header", "--columns", 2, 4, "--centres", start, "--iterations", 2, "--no-report"]
    code, out, _ = call("kmeans", path, *options)
    assert code == 0
    if sc.rank == 0:
        assert centres_of(out, 5)[0] == pytest.approx(lloyd(POINTS[:, :2], CENTRES[:, :2], 2)[0], rel=1e-12)


def test_a_centre_without_points_stays(sc, call, put):
    start = put("start", "0,0\n1e6,1e6\n")
    code, out, _ = call("kmeans", put("p", "1,1\n3,3\n"), "--centres", start, "--no-report")
    assert code == 0 and (
        sc.rank or [line.split() for line in out[1:3]] == [["2", "2.0", "2.0"], ["0", "1000000.0", "1000000.0"]]
    )


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("1,2\n3\n", ["-k", 1], "as many as in the first line: record 0 of its block: '3'"),
        ("1,2\n3,x\n", ["-k", 1], "record 0 of its block: '3,x'"),
        ("1,2\n3,nan\n", ["-k", 1], "a coordinate is not finite: nan"),
        ("", ["-k", 1], "the input has no point"),
        ("1,2\n1,2\n", ["-k", 2], "1 different points among those drawn, 2 centres wanted"),
    ],
)
def test_bad_points(sc, call, put, text, options, words):
    code, out, err = call("kmeans", put("bad", text), *options)
    assert code == 1 and out == [] and (sc.rank or (len(err) == 1 and words in err[0]))


@pytest.mark.parametrize("text", ["1\n", "", "1,2\n3\n", "1,inf\n", "1,x\n"])
def test_bad_centres(sc, call, put, text):
    code, out, err = call("kmeans", put("p", "1,2\n3,4\n"), "--centres", put("start", text))
    assert code == 1 and out == [] and (sc.rank or "start" in err[0])


@pytest.mark.parametrize(
    ("options", "words"),
    [([], "give -k K or --centres FILE"), (["-k", "2", "--centres", "x"], "and not both"), (["-k", "0"], "1 or more")],
)
def test_options_that_do_not_fit(sc, call, options, words):
    code, out, err = call("kmeans", "x", *options)
    assert code == 2 and out == [] and (sc.rank or words in err[-1])
