"""Jobs as a user starts them: the same files for any number of ranks, one voice, one exit code."""

import pathlib
import random
import sys
import sysconfig

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "programs"))
import launching

pytestmark = pytest.mark.slow

SOURCES = sorted(pathlib.Path(sysconfig.get_path("stdlib")).glob("d*.py"))
COMMANDS = [
    ["wordcount"],
    ["grep", "import"],
    ["sort"],
    ["logcount"],
    ["trigrams"],
    ["invertedindex"],
    ["invertedindex", "--lines"],
    ["distinct"],
    ["topk", "--by", "count"],
]
# Of lines KEY,NUMBER,NUMBER.
NUMBER_COMMANDS = [
    ["histogram", "--column", "3"],
    ["topk", "--column", "3"],
    ["kmeans", "-k", "4", "--columns", "2", "3"],
    ["movingaverage", "--window", "3"],
    ["pagerank", "--separator", ",", "--iterations", "3"],
]


def program(job, *arguments):
    return ["-m", f"pympr.jobs.{job}", *map(str, arguments), "--no-report"]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "sources"
    path.write_text("".join(f"{source.read_text()}\n" for source in SOURCES) + 'x "GET" 1 "-" "agent"\n' * 9)
    return path


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    path, drawn = tmp_path_factory.mktemp("numbers") / "rows", random.Random(2)
    rows = [f"{drawn.randrange(90)},{drawn.randrange(99)},{drawn.gauss(0, 1)!r}\n" for _ in range(25_000)]
    path.write_text("".join(rows))
    return path


def files_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_files_are_the_same_for_any_number_of_ranks(tmp_path, text, command):
    compare(tmp_path, text, command)


@pytest.mark.parametrize("command", NUMBER_COMMANDS, ids=" ".join)
def test_numbers_are_the_same_for_any_number_of_ranks(tmp_path, numbers, command):
    compare(tmp_path, numbers, command)


def in_order(command, path):
    """The pattern of grep comes before its input, options may come after it."""
    return [*command, path] if command[0] == "grep" else [command[0], path, *command[1:]]


def compare(tmp_path, path, command):
    written = []
    for size in (1, 2, 5):
        out = tmp_path / f"ranks{size}"
        done = launching.mpirun(program(*in_order(command, path), "--output", out), size)
        assert done.code == 0 and done.out.count(" MB/s") == 1, done
        written.append(files_of(out))
    assert all(files == written[0] for files in written) and sum(map(len, written[0].values())) > 0


def test_the_command_runs_jobs_on_one_rank(text):
    done = launching.pympr("wordcount", str(text), "--top", "2", "--no-report")
    assert done.code == 0 and done.out.startswith("count  word\n") and " on 1 rank: " in done.out, done


def test_a_missing_file_is_one_message_and_a_failure(tmp_path):
    done = launching.mpirun(program("sort", tmp_path / "nowhere"), 3)
    assert done.code == 1 and done.out == "", done
    assert done.err.count("input path does not exist") == 1 and "Traceback" not in done.err, done


def test_help_is_said_once():
    done = launching.mpirun(["-m", "pympr.jobs.join", "--help"], 2)
    assert done.code == 0 and done.out.count("usage: pympr join") == 1, done


def test_standard_output_of_grep_is_its_lines_only(text):
    done = launching.mpirun(program("grep", "^import ", text), 2)
    assert done.code == 0, done
    assert done.out.splitlines() == [line for line in text.read_text().split("\n") if line.startswith("import ")]
    assert done.err.count(" MB/s") == 1


def test_a_bug_keeps_its_traceback(tmp_path, text):
    script = tmp_path / "buggy.py"
    script.write_text(
        "import sys\nfrom pympr.jobs._common import Parser, run\n"
        "def work(program):\n    program.text().map(lambda line: 1 // 0).count()\n"
        f"sys.exit(run(Parser('buggy', '').add_inputs(), [{str(text)!r}, '--no-report'], work))\n"
    )
    done = launching.mpirun([str(script)], 2)
    assert done.code == 1 and "ZeroDivisionError" in done.err and "Traceback" in done.err, done
