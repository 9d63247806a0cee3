"""A program between lines in and lines out: whatever it does, it ends, and how it ended is told. Runs without ranks."""

import itertools
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from pympr.errors import ProgramError
from pympr.mapreduce import programs
from pympr.mapreduce.programs import Program, lines_through, plain_environment

pytestmark = pytest.mark.timeout(60)


def program(*words, folder=None, **environment):
    return Program(words, plain_environment(os.environ) | environment, folder, "mapper of split 3")


def through(start, lines, heard=lambda line: False):
    return list(lines_through(start, iter(lines), heard))


def python(text, *arguments):
    return program(sys.executable, "-c", text, *arguments)


def is_alive(number):
    try:
        return "\nState:\tZ" not in pathlib.Path(f"/proc/{number}/status").read_text()
    except OSError:
        return False


def wait_for_end(number):
    deadline = time.monotonic() + 20
    while is_alive(number) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(number)


def test_lines_go_through_as_they_are():
    lines = [b"one", b"", b"\xff\x00two\r", b"x" * 300_000]
    assert through(program("cat"), lines) == lines
    assert through(program("cat"), []) == []
    assert through(python("print('no end', end='')"), lines) == [b"no end"]


def test_a_program_that_writes_much_before_it_reads():
    text = "import sys\nfor i in range(20000): print('x' * 100)\nfor line in sys.stdin: print(len(line))"
    assert through(python(text), [b"y" * 1000] * 5000) == [b"x" * 100] * 20000 + [b"1001"] * 5000


def test_what_comes_and_goes_is_noticed():
    times = []
    text = "import time\nfor _ in range(5): time.sleep(0.02); print('x', flush=True)"
    found = lines_through(python(text), iter(()), lambda line: False, lambda: times.append(time.monotonic()))
    assert list(found) == [b"x"] * 5 and len(times) >= 5 and max(times) - min(times) > 0.05


def test_a_program_that_never_reads():
    assert through(program("echo", "done"), itertools.repeat(b"line" * 100, 100_000)) == [b"done"]


def test_a_program_that_stops_reading():
    taken = itertools.count()
    lines = (b"%d" % next(taken) for _ in range(10_000_000))
    assert through(program("head", "-n", "3"), lines) == [b"0", b"1", b"2"]
    assert next(taken) < 1_000_000


def test_a_program_that_closes_its_output_and_reads_on():
    text = "import os, sys\nos.close(1)\nsys.exit(0 if sum(1 for _ in sys.stdin) == 50000 else 9)"
    assert through(python(text), [b"line"] * 50_000) == []


def test_a_program_that_writes_much_to_standard_error(capsys):
    text = "import sys\nfor i in range(20000): print('e' * 50, i, file=sys.stderr)\nsys.stdout.write(sys.stdin.read())"
    heard = []
    assert through(python(text), [b"a"], lambda line: not heard.append(line)) == [b"a"]
    assert len(heard) == 20000 and heard[-1] == b"e" * 50 + b" 19999"
    through(program("sh", "-c", "echo told >&2"), [])
    assert capsys.readouterr().err == "told\n"


def test_a_failure_tells_code_command_and_last_words():
    text = "import sys\nfor i in range(100): print('word', i, file=sys.stderr)\nsys.exit(3)"
    with pytest.raises(ProgramError) as caught:
        through(python(text, "an argument"), [b"a"])
    told = str(caught.value)
    assert told.startswith("mapper of split 3 ended with exit code 3: ") and "'an argument'" in told
    assert told.split("on standard error:\n")[1].splitlines() == [f"  word {i}" for i in range(80, 100)]
    with pytest.raises(ProgramError, match="was killed by signal 9 .Killed.*; it wrote nothing to standard error"):
        through(program("sh", "-c", "kill -9 $$"), [b"a"])
    with pytest.raises(ProgramError, match="ended with exit code 1"):
        through(program("sh", "-c", "exec <&-; sleep 0.2; exit 1"), [b"a" * 1000] * 1000)


def test_what_cannot_be_started(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="mapper of split 3: there is no program no-such-thing in the PATH"):
        through(program("no-such-thing"), [])
    (tmp_path / "tool").write_text("#!/bin/sh\ncat\n")
    with pytest.raises(PermissionError, match="tool is not executable"):
        through(program("tool", folder=str(tmp_path)), [])
    (tmp_path / "cat").write_text("no program")
    with pytest.raises(PermissionError, match="cat is not executable"):
        through(program("cat", folder=str(tmp_path)), [])
    monkeypatch.chdir(tmp_path)
    assert through(program("cat"), [b"the one in the PATH"]) == [b"the one in the PATH"]
    (tmp_path / "tool").chmod(0o755)
    assert through(program("tool"), [b"a"]) == through(program("./tool"), [b"a"]) == [b"a"]
    assert through(program("tool", folder=str(tmp_path)), [b"a"]) == [b"a"]


def test_an_error_of_the_lines_is_raised_and_ends_the_program():
    def lines():
        yield b"%d" % 1
        raise ValueError("broken input")

    with pytest.raises(ValueError, match="broken input"):
        through(program("cat"), lines())


def test_who_stops_asking_ends_the_program_and_what_it_started():
    found = lines_through(program("sh", "-c", "sleep 1000 & echo $!; echo $$; wait"), iter(()), lambda line: False)
    child, own = int(next(found)), int(next(found))
    assert is_alive(child) and is_alive(own)
    found.close()
    assert wait_for_end(child) and wait_for_end(own)


@pytest.mark.parametrize("has_setpriv", [True, False])
def test_a_program_ends_with_the_process_that_started_it(tmp_path, has_setpriv):
    script = tmp_path / "parent.py"
    script.write_text(
        "import os\nfrom pympr.mapreduce import programs\n"
        + ("" if has_setpriv else "programs.shutil.which = lambda word, path=None: None\n")
        + "start = programs.Program(['/bin/sh', '-c', 'echo $$; exec sleep 1000'], dict(os.environ), None, '')\n"
        "for line in programs.lines_through(start, iter(()), bool): print(line.decode(), flush=True)\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE)
    number = int(parent.stdout.readline())
    assert is_alive(number)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert wait_for_end(number)


def test_a_program_is_no_rank():
    given = {"PMI_RANK": "1", "OMPI_COMM_WORLD_RANK": "0", "PMIX_RANK": "0", "PATH": "x", "MPICH_X": "y"}
    assert plain_environment(given) == {"PATH": "x", "MPICH_X": "y"}
    assert programs.plain_environment({"PYMPR_JOB_DIR": "x"}) == {}
