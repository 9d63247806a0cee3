"""grep, sort and join give the lines that plain Python gives."""

import random
import re

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


def saved(folder):
    assert (folder / "_SUCCESS").exists()
    return b"".join(path.read_bytes() for path in sorted(folder.glob("part-*")))


@pytest.mark.parametrize(
    ("pattern", "options"),
    [("import ", []), ("IMPORT", ["-i"]), (r"^def \w+\(self", []), ("é|ü|…", []), ("no line has this", []), ("", [])],
)
def test_grep_prints_in_the_order_of_the_files(sc, call, corpus, pattern, options):
    folder, lines = corpus
    flags = re.IGNORECASE if options else 0
    expected = [line for line in lines if re.search(pattern, line, flags)]
    code, out, err = call("grep", pattern, folder, *options, "--no-report")
    assert code == 0
    if sc.rank == 0:
        assert out == expected and err[-1].startswith(f"{len(lines):,} lines, ")
    code, out, err = call("grep", "-c", pattern, folder, *options, "--no-report")
    if sc.rank == 0:
        assert out[0] == str(len(expected)) and len(out) == 2 and err == []


def test_grep_to_files(sc, call, corpus, mpi_tmp_path):
    folder, lines = corpus
    assert call("grep", "class", folder, "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
    found = saved(mpi_tmp_path / "out").decode()
    assert found == "".join(f"{line}\n" for line in lines if "class" in line)


def test_sort_lines(sc, call, corpus, mpi_tmp_path):
    folder, lines = corpus
    code, out, err = call("sort", folder, "--no-report")
    assert code == 0
    if sc.rank == 0:
        assert out == sorted(lines) and " MB/s" in err[-1]
    assert call("sort", "-r", folder, "--parts", 5, "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
    assert saved(mpi_tmp_path / "out").decode().split("\n")[:-1] == sorted(lines, reverse=True)
    assert len(list((mpi_tmp_path / "out").glob("part-*"))) == 5


@pytest.mark.parametrize("options", [[], ["-r"], ["--key", "3"], ["--key", "1", "-r"]])
def test_sort_records(sc, call, put, mpi_tmp_path, options):
    drawn = random.Random(11)
    records = [bytes(drawn.choices(b"\x00\x7f\xff\na", k=20)) for _ in range(3000)]
    path = put("records", b"".join(records))
    code, out, _ = call("sort", "--records", 20, *options, path, "--output", mpi_tmp_path / "out", "--no-report")
    size = int(options[1]) if "--key" in options else 20
    assert code == 0
    assert saved(mpi_tmp_path / "out") == b"".join(sorted(records, key=lambda r: r[:size], reverse="-r" in options))
    if sc.rank == 0:
        assert out[-1].startswith("3,000 records, 0.1 MB in ")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--records", "20"], "--records needs --output"),
        (["--key", "3"], "--key needs --records"),
        (["--records", "2", "--key", "3", "--output", "x"], "--key 3 is longer than a record of 2 bytes"),
        (["--records", "0"], "expected a number of 1 or more, got '0'"),
    ],
)
def test_sort_refuses_options_that_do_not_fit(sc, call, options, words):
    code, out, err = call("sort", "input", *options)
    assert code == 2 and out == []
    if sc.rank == 0:
        assert words in err[-1]


def test_records_of_another_length(sc, call, put, mpi_tmp_path):
    code, _, err = call("sort", "--records", 7, put("odd", b"x" * 20), "--output", mpi_tmp_path / "out")
    assert code == 1 and not (mpi_tmp_path / "out").exists()
    if sc.rank == 0:
        wrong = "has 20 bytes, which is not a multiple of the record length 7"
        assert err == [f"pympr sort: InputError: {mpi_tmp_path / 'odd'} {wrong}"]


def table(keys, width, seed):
    drawn = random.Random(seed)
    return [[drawn.choice(keys), *(f"{seed}{i}{j}" for j in range(width))] for i in range(400)]


def joined(left, right, how):
    """What the join job gives, keys in no order."""
    rows = [[a[0], *a[1:], *b[1:]] for a in left for b in right if a[0] == b[0]]
    lefts, rights = {a[0] for a in left}, {b[0] for b in right}
    no_left, no_right = [""] * (len(left[0]) - 1), [""] * (len(right[0]) - 1)
    rows += [[*a, *no_right] for a in left if a[0] not in rights] if how in ("left", "full") else []
    return rows + ([[b[0], *no_left, *b[1:]] for b in right if b[0] not in lefts] if how in ("right", "full") else [])


@pytest.mark.parametrize("how", ["inner", "left", "right", "full"])
def test_join(sc, call, put, mpi_tmp_path, how):
    left = table(["a", "é", "", "only left", *map(str, range(40))], 2, 1)
    right = table(["a", "é", "", "only right", *map(str, range(20, 60))], 1, 2)
    one = put("left", "".join(f"{a[1]}|{a[0]}|{a[2]}\n" for a in left))
    other = put("right", "\n".join("|".join(b) for b in right))
    options = ["--separator", "|", "--left-column", 2, "--how", how, "--no-report"]
    assert call("join", one, other, *options, "--output", mpi_tmp_path / "out")[0] == 0
    found = saved(mpi_tmp_path / "out").decode().splitlines()
    expected = ["|".join(row) for row in joined(left, right, how)]
    assert sorted(found) == sorted(expected)
    in_order = [line for line in found if line.startswith("é|")]
    assert in_order == [line for line in expected if line.startswith("é|")]


def test_join_on_a_column_that_is_not_there(sc, call, put):
    one, other = put("left", "a\t1\nb\n"), put("right", "a\t2\n")
    code, out, err = call("join", one, other, "--left-column", 2)
    assert code == 1 and out == []
    if sc.rank == 0:
        assert err[0].startswith("pympr join: InputError: a line has no column 2 by separator '\\t'")
