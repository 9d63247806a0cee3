"""A program between lines that go in and lines that come out, without a deadlock whatever it does."""

import functools
import os
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pympr.errors import ProgramError

_CHUNK_BYTES = 1 << 16
_LAST_WORDS = 20
_PATIENCE_SECONDS = 0.05
# What tells a process that it is a rank: a program that a rank starts is none.
_RANKS = ("PMI_", "PMIX_", "PMI2_", "OMPI_", "PRTE_", "MPI_", "MPIR_", "HYDI_", "HYDRA_", "MPIEXEC_", "PYMPR_JOB_DIR")
# Where there is no setpriv, Python asks for SIGKILL at the parent's end (prctl(1, 9)), then becomes the program.
_SHIM = "import ctypes,os,sys;ctypes.CDLL(None).prctl(1,9);os.execvp(sys.argv[1],sys.argv[1:])"


@dataclass(frozen=True)
class Program:
    """What to start: words of a command, its environment and folder, and what it is called in errors."""

    words: Sequence[str]
    environment: Mapping[str, str]
    folder: str | None
    title: str


def lines_through(
    program: Program, lines: Iterator[bytes], heard: Callable[[bytes], bool], moved: Callable[[], None] = lambda: None
) -> Iterator[bytes]:
    """The lines that a program writes while `lines` are written to it; both without their ends.

    `heard(line)` gets what it writes to standard error and says whether that is dealt
    with; other lines go to this process's standard error. `moved()` is called whenever
    something came or went. A program may stop reading before the end.
    Raises ProgramError when it ends with another code than 0, FileNotFoundError and
    PermissionError when it cannot be started. It is killed, with what it started, when
    the iterator is closed or this process ends.
    """
    process = subprocess.Popen(
        [*_bound_to_us(), _find(program), *program.words[1:]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        env=dict(program.environment),
        cwd=program.folder,
        process_group=0,
    )
    talk = _Talk(process, lines, heard, moved)
    is_over = False
    try:
        yield from talk.lines()
        is_over = True
    finally:
        talk.close()
        if not is_over or process.returncode != 0:
            _kill(process)
    if process.returncode != 0:
        raise ProgramError(_explain(program, process.returncode, talk.last_words))


class _Talk:
    """The three pipes of a running program, none of which is ever waited for alone."""

    def __init__(
        self,
        process: subprocess.Popen,
        lines: Iterator[bytes],
        heard: Callable[[bytes], bool],
        moved: Callable[[], None],
    ) -> None:
        self._process, self._heard, self._moved = process, heard, moved
        self._chunks = _chunks(lines)
        self._unsent = memoryview(b"")
        self._parts: dict[str, list[bytes]] = {"out": [], "err": []}
        self.last_words: deque[bytes] = deque(maxlen=_LAST_WORDS)
        self._selector = selectors.DefaultSelector()
        names = {"in": selectors.EVENT_WRITE, "out": selectors.EVENT_READ, "err": selectors.EVENT_READ}
        self._pipes: dict[str, Any] = dict(zip(names, (process.stdin, process.stdout, process.stderr)))
        for name, pipe in self._pipes.items():
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, names[name], name)

    def lines(self) -> Iterator[bytes]:
        """Feed and read until the program has closed its output and ended."""
        while "out" in self._pipes or "in" in self._pipes:
            # Only a program that has closed its output and reads no more is looked after.
            wait = None if "out" in self._pipes else _PATIENCE_SECONDS
            for key, _ in self._selector.select(wait):
                yield from self._serve(key.data)
            if "out" not in self._pipes and self._process.poll() is not None:
                self._shut("in")
        while "err" in self._pipes and self._process.poll() is None:
            for key, _ in self._selector.select(_PATIENCE_SECONDS):
                yield from self._serve(key.data)
        self._process.wait()
        while "err" in self._pipes and self._selector.select(0):
            yield from self._serve("err")
        self._hear([b"".join(self._parts["err"])])

    def _serve(self, name: str) -> Iterator[bytes]:
        self._moved()
        if name == "in":
            self._feed()
            return
        data = os.read(self._pipes[name].fileno(), _CHUNK_BYTES)
        if not data:
            self._shut(name)
        whole = self._whole_lines(self._parts[name], data)
        if name == "err":
            self._hear(whole)
            return
        yield from whole
        if not data and any(self._parts["out"]):
            yield b"".join(self._parts["out"])

    def _whole_lines(self, begun: list[bytes], data: bytes) -> list[bytes]:
        """The lines that end in `data`; `begun` are the pieces of the line before, and then of the one after."""
        if b"\n" not in data:
            begun.append(data)
            return []
        first, *whole, rest = data.split(b"\n")
        found = [b"".join([*begun, first]), *whole]
        begun[:] = [rest]
        return found

    def _feed(self) -> None:
        if not self._unsent:
            self._unsent = memoryview(next(self._chunks, b""))
        if not self._unsent:
            self._shut("in")
            return
        try:
            sent = os.write(self._pipes["in"].fileno(), self._unsent)
            self._unsent = self._unsent[sent:]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # it has read what it wanted; its exit code says whether that was right
            self._shut("in")

    def _hear(self, lines: list[bytes]) -> None:
        for line in lines:
            if line and not self._heard(line):
                self.last_words.append(line)
                sys.stderr.write(line.decode("utf-8", "replace") + "\n")

    def _shut(self, name: str) -> None:
        pipe = self._pipes.pop(name, None)
        if pipe is not None:
            self._selector.unregister(pipe)
            pipe.close()

    def close(self) -> None:
        for name in list(self._pipes):
            self._shut(name)
        self._selector.close()


def _chunks(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines with their ends, some together."""
    batch, size = [], 0
    for line in lines:
        batch.append(line)
        size += len(line) + 1
        if size >= _CHUNK_BYTES:
            yield b"\n".join([*batch, b""])
            batch, size = [], 0
    if batch:
        yield b"\n".join([*batch, b""])


def _find(program: Program) -> str:
    """The path of a program by its first word: in its folder, in the PATH, or where this process is."""
    word, searched = program.words[0], program.environment.get("PATH", os.defpath)
    here = [os.path.abspath(os.path.join(folder, word)) for folder in (program.folder, ".") if folder]
    beside = [here.pop(0)] if program.folder else []
    for path in (*beside, shutil.which(word, path=searched), *here):
        if path is not None and os.path.isfile(path):
            if os.access(path, os.X_OK):
                return path
            raise PermissionError(f"{program.title}: {word} is not executable: chmod +x, or name its interpreter")
    raise FileNotFoundError(f"{program.title}: there is no program {word} in the PATH, nor here, nor in -files")


@functools.cache
def _bound_to_us() -> tuple[str, ...]:
    """Words before a command with which the kernel kills it when this process ends, however it ends."""
    setpriv = shutil.which("setpriv")
    if setpriv is not None:
        words = (setpriv, "--pdeathsig", "KILL")
        done = subprocess.run([*words, "true"], capture_output=True, check=False, timeout=60)
        if done.returncode == 0:
            return words
    return (sys.executable, "-I", "-S", "-c", _SHIM)


def _kill(process: subprocess.Popen) -> None:
    """End the program and what it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()


def _explain(program: Program, code: int, last_words: Sequence[bytes]) -> str:
    if code < 0:
        ended = f"was killed by signal {-code} ({signal.strsignal(-code)})"
    else:
        ended = f"ended with exit code {code}"
    told = f"{program.title} {ended}: {shlex.join(program.words)}"
    if not last_words:
        return f"{told}; it wrote nothing to standard error"
    words = "\n".join("  " + line.decode("utf-8", "replace")[:500] for line in last_words)
    return f"{told}; its last words on standard error:\n{words}"


def plain_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what makes a process a rank of this job."""
    return {name: text for name, text in environment.items() if not name.startswith(_RANKS)}
