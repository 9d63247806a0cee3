"""Elements through another program."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from subprocess import PIPE, Popen
from threading import Thread
from typing import IO, TYPE_CHECKING, Any

from pympr.rdd.narrow import Narrow

if TYPE_CHECKING:
    from pympr.rdd.rdd import RDD


class Piping(Narrow):
    """The part of RDD that starts processes."""

    def pipe(self, command: str, env: Mapping[str, str] | None = None, checkCode: bool = False) -> RDD:
        """The lines that `command` writes when it reads str(x) and a newline for every x of a partition.

        It is started once a partition, without a shell, with nothing but `env` in its
        environment. `checkCode=True` raises RuntimeError when it ends with another
        code than 0.

        >>> sc.parallelize(["1", "2", "", "3"]).pipe("cat").collect()
        ['1', '2', '', '3']
        """
        return self.mapPartitions(_Command(command, dict(env or {}), checkCode))


class _Command:
    """A program that turns the lines of a partition into others."""

    def __init__(self, command: str, env: dict[str, str], must_succeed: bool) -> None:
        self._command, self._env, self._must_succeed = command, env, must_succeed

    def __call__(self, items: Iterable[Any]) -> Iterator[str]:
        with Popen(shlex.split(self._command), env=self._env, stdin=PIPE, stdout=PIPE) as process:
            assert process.stdin is not None and process.stdout is not None
            lines: list[bytes] = []
            # What it writes is read meanwhile, or it would stand still with a full pipe.
            reader = Thread(target=lines.extend, args=(process.stdout,), daemon=True)
            reader.start()
            try:
                _write_lines(process.stdin, items)
            except BaseException:
                process.kill()
                raise
            reader.join()
            code = process.wait()
        if self._must_succeed and code:
            raise RuntimeError(f"Pipe function `{self._command}' exited with error code {code}")
        for line in lines:
            yield line.rstrip(b"\n").decode("utf-8")


def _write_lines(pipe: IO[bytes], items: Iterable[Any]) -> None:
    """Write the items and close; a program may end before it has read them all."""
    is_open = True
    for item in items:
        text = str(item).rstrip("\n") + "\n"
        try:
            if is_open:
                pipe.write(text.encode("utf-8"))
        except BrokenPipeError:
            is_open = False
    try:
        pipe.close()
    except BrokenPipeError:
        pass
