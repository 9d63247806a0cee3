"""One case: all engines warm at the same time, their repetitions in turn, every digest compared."""

import shutil
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.catalogue import Case
from benchmarks.participant import Participant, ParticipantError

PYMPR = "pympr"
RANKED = (PYMPR, "mpi4py")
SLOW_WARM_REPETITIONS = 1


def measure(case: Case, root: Path, repetitions: int, engines: list[str], ranks: int) -> dict[str, Any]:
    """Run `case` by `engines` and return the record that the report prints."""
    inputs = case.input(root)
    record = {
        "family": case.family,
        "name": case.name,
        "title": case.title,
        "rows": case.rows,
        "input_bytes": input_bytes(inputs),
        "ranks": ranks,
        "aims": case.aims,
        "remark": case.remark,
        "machine": machine.describe(),
        "when": time.strftime("%Y-%m-%d %H:%M"),
        "engines": {},
    }
    running: dict[str, Participant] = {}
    try:
        for engine in engines:
            record["engines"][engine] = {"repetitions": []}
            started = attempt(record, running, engine, partial(start, case, inputs, root, engine, ranks))
            if started:
                running[engine] = started
        for repetition in range(-1, repetitions):
            for engine in list(running):
                take_turn(case, record, running, engine, repetition)
    finally:
        for participant in running.values():
            participant.close()
        shutil.rmtree(root / "out", ignore_errors=True)
    compare(record)
    return record


def start(case: Case, inputs: dict[str, Path], root: Path, engine: str, ranks: int) -> Participant:
    """Start an engine's processes and let them load the input."""
    parameters = {name: str(path) for name, path in inputs.items()}
    if case.writes_file:
        (root / "out").mkdir(exist_ok=True)
        parameters["out"] = str(root / "out" / f"{case.label}-{engine}")
    count = ranks if engine in RANKED else 1
    prefix = machine.launcher(ranks) if engine in RANKED else []
    say(f"{case.label}: starting {engine}")
    return Participant(engine, f"{engine}_engine", case.job, parameters, count, prefix, case.limit_seconds)


def take_turn(case: Case, record: dict, running: dict[str, Participant], engine: str, repetition: int) -> None:
    """Do one repetition; number -1 warms up, is shown apart and is where memory is sampled."""
    slow = engine in case.slow_peers
    if slow and repetition >= SLOW_WARM_REPETITIONS:
        return
    participant = running[engine]
    record["engines"][engine] |= participant.hello
    done = attempt(record, running, engine, lambda: participant.repeat(sample_memory=repetition < 0 and not slow))
    if done:
        done["warm"] = repetition >= 0
        record["engines"][engine]["repetitions"].append(done)
        seconds, foreign = done["seconds"], done["foreign_cores"]
        say(f"{case.label}: {engine} {'again' if done['warm'] else 'first'} {seconds:.3f} s, foreign {foreign:.2f}")
    if slow and repetition == SLOW_WARM_REPETITIONS - 1 and engine in running:
        running.pop(engine).close()


def attempt(record: dict, running: dict[str, Participant], engine: str, action: Callable[[], Any]) -> Any:
    """Do something with an engine; when it fails, note the reason and go on without it."""
    try:
        result = action()
    except ParticipantError as error:
        record["engines"][engine]["failure"] = str(error)
        say(f"{engine} failed: {error}")
        if engine in running:
            running.pop(engine).close()
        return None
    return result


def compare(record: dict) -> None:
    """Mark every engine that differs from the digest that most peers have."""
    votes = {
        name: {str(done["digest"]) for done in engine["repetitions"]} for name, engine in record["engines"].items()
    }
    peers = [digest for name, found in votes.items() if name != PYMPR for digest in found]
    every = peers or [digest for found in votes.values() for digest in found]
    record["digest"] = max(every, key=every.count, default="")
    record["wrong"] = [name for name, found in votes.items() if found - {record["digest"]}]


def input_bytes(inputs: dict[str, Path]) -> int:
    """Bytes that the job reads; a values file that both sides of a join use counts twice."""
    sizes = {name: path.stat().st_size for name, path in inputs.items()}
    return sum(sizes.values()) + (sizes["values"] if "left" in sizes else 0)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
