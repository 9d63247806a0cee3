"""Every job meets bad input with one clear message and the same exit code on every rank."""

import json

import pytest

from pympr.cli.main import jobs

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]
JOBS = sorted(jobs())
COMMANDS = [
    ["wordcount"],
    ["grep", "a"],
    ["grep", "-c", "^a"],
    ["sort"],
    ["logcount"],
    ["trigrams"],
    ["invertedindex"],
    ["invertedindex", "--lines"],
    ["distinct"],
    ["distinct", "-c"],
    ["topk", "--by", "count"],
]


@pytest.fixture(params=COMMANDS, ids=" ".join)
def command(request):
    return request.param


def test_missing_file(sc, call, command, mpi_tmp_path):
    code, out, err = call(*command, mpi_tmp_path / "nowhere")
    assert code == 1 and out == []
    if sc.rank == 0:
        assert err == [f"pympr {command[0]}: FileNotFoundError: input path does not exist: {mpi_tmp_path / 'nowhere'}"]


def test_empty_file(sc, call, command, put):
    code, out, err = call(*command, put("empty", ""), "--no-report")
    assert code == 0
    if sc.rank == 0:
        assert (out + err)[-1].startswith("0 ") and ", 0.0 MB in " in (out + err)[-1]


def test_fewer_records_than_ranks(sc, call, command, put, mpi_tmp_path):
    path = put("one", 'a b "c" "d"')
    assert call(*command, path, "--no-report")[0] == 0
    if "-c" not in command:
        assert call(*command, path, "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
        assert any(part.stat().st_size for part in (mpi_tmp_path / "out").glob("part-*"))


def test_existing_output_is_left_alone(sc, call, command, put, mpi_tmp_path):
    if "-c" in command:
        pytest.skip("writes nothing")
    kept = put("out/kept", "mine")
    code, out, err = call(*command, put("text", "a\n"), "--output", kept.parent)
    assert code == 1 and out == [] and [path.name for path in kept.parent.iterdir()] == ["kept"]
    if sc.rank == 0:
        said = f"output directory {kept.parent} already exists: remove it or name another"
        assert err == [f"pympr {command[0]}: OutputExistsError: {said}"]


def test_text_that_is_not_utf8(sc, call, command, put, mpi_tmp_path):
    path = put("latin", b"a b\n" * 40 + "é a c d\n".encode("latin-1"))
    code, out, err = call(*command, path)
    assert code == 1 and out == []
    if sc.rank == 0:
        assert len(err) == 1 and f"InputError: {path}: byte 0xe9 at offset 160 is not UTF-8" in err[0]
    assert call(*command, path, "--errors", "ignore", "--no-report")[0] == 0
    code, out, _ = call("grep", "c", path, "--errors", "replace", "--no-report")
    if sc.rank == 0:
        assert out == ["\ufffd a c d"]


def test_join_with_a_missing_side(sc, call, put, mpi_tmp_path):
    there, empty = put("there", "a\tb\n"), put("empty", "")
    assert call("join", there, mpi_tmp_path / "nowhere")[0] == 1
    assert call("join", mpi_tmp_path / "nowhere", there)[0] == 1
    code, out, _ = call("join", there, empty, "--how", "left", "--no-report")
    assert code == 0 and (sc.rank or out == ["a\tb"])


def test_wrong_usage(sc, call):
    for arguments, words in (
        ([], "the following arguments are required: INPUT"),
        (["x", "--top", "many"], "expected a number of 1 or more, got 'many'"),
        (["x", "--errors", "loud"], "invalid choice: 'loud'"),
    ):
        code, out, err = call("wordcount", *arguments)
        assert code == 2 and out == []
        if sc.rank == 0:
            assert words in err[-1]
    code, _, err = call("grep", "(", "x")
    assert code == 2 and (sc.rank or "no regular expression: missing )" in err[-1])


def test_help(sc, call):
    for job in JOBS:
        code, out, err = call(job, "--help")
        assert code == 0 and err == []
        if sc.rank == 0:
            assert out[0].startswith(f"usage: pympr {job} ") and "-output" in "".join(out)


def test_report(sc, call, put, mpi_tmp_path):
    path, folder = put("text", "to be or not to be\n" * 100), mpi_tmp_path / "report"
    for name in ("report", "report-2"):
        code, out, _ = call("wordcount", path, "--top", 1, "--report", folder)
        sc.range(1).count()
        assert code == 0 and (sc.rank or out[-1] == f"report: {mpi_tmp_path / name / 'report.txt'}")
        found = json.loads((mpi_tmp_path / name / "report.json").read_text())
        assert found["records"] == 600 and found["input_bytes"] == 1900 and found["options"]["top"] == 1
        actions = [rank["actions"] for rank in found["ranks"]]
        assert len(actions) == sc.size and sum(a[0]["stages"][0]["bytes_read"] for a in actions) == 1900
        text = (mpi_tmp_path / name / "report.txt").read_text()
        assert "CombineWords" in text and f"rank {sc.size - 1} on " in text and "python: 3." in text


def test_a_report_that_cannot_be_written_is_no_failure(sc, call, put):
    path = put("text", "a\n")
    code, out, _ = call("wordcount", path, "--report", path / "below")
    assert code == 0
    if sc.rank == 0:
        assert out[:2] == ["count  word", "    1  a"] and out[-1].startswith("no report: ")


def test_nothing_is_kept_after_a_job(sc, call, put):
    before = set(sc._session.executor.kept)
    assert call("wordcount", put("text", "a\n"), "--no-report")[0] == 0
    assert set(sc._session.executor.kept) == before
