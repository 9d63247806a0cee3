"""The conductor's hold on one engine: its processes, their channels, one repetition at a time."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks import machine, process
from benchmarks.channel import PATH_VARIABLE, Channel
from benchmarks.worker import STARTED_VARIABLE

WORKER = Path(__file__).with_name("worker.py")
SAMPLE_SECONDS = 0.1
END_SECONDS = 10


class ParticipantError(Exception):
    """An engine that failed, ended or ran past its time; carries what it said."""


class Participant:
    """Starts `command_prefix python benchmarks/worker.py ...` and waits until all `ranks` have loaded their data."""

    def __init__(
        self, name: str, engine: str, job: str, parameters: dict, ranks: int, prefix: list[str], limit_seconds: float
    ) -> None:
        self.name, self.ranks, self.limit_seconds = name, ranks, limit_seconds
        self.folder = tempfile.TemporaryDirectory(prefix="bench-")
        self.output = Path(self.folder.name) / "output"
        address = os.path.join(self.folder.name, "socket")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(address)
        self.listener.listen(ranks)
        environment = os.environ | {
            PATH_VARIABLE: address,
            STARTED_VARIABLE: str(time.monotonic()),
            "OMP_NUM_THREADS": "1" if prefix else "2",
            **machine.mpi_environment(),
        }
        command = [*prefix, sys.executable, str(WORKER), engine, job, json.dumps(parameters)]
        with open(self.output, "wb") as output:
            self.child = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        self.channels: list[Channel] = []
        try:
            self.hello = self.wait_for_hello()
        except BaseException:
            self.close()
            raise

    def wait_for_hello(self) -> dict[str, Any]:
        """Accept every rank's connection and its first message; the slowest start counts."""
        deadline = time.monotonic() + self.limit_seconds
        while len(self.channels) < self.ranks:
            ready, _, _ = select.select([self.listener], [], [], 0.2)
            if ready:
                self.channels.append(Channel(self.listener.accept()[0]))
            elif self.child.poll() is not None or time.monotonic() > deadline:
                raise ParticipantError(f"did not start within {self.limit_seconds:.0f} s or ended: {self.said()}")
        messages = self.gather(deadline)
        return {
            "versions": messages[0]["versions"],
            "pids": [message["pid"] for message in messages],
            "startup_seconds": max(message["startup_seconds"] for message in messages),
            "load_seconds": max(message["load_seconds"] for message in messages),
        }

    def repeat(self, sample_memory: bool = False) -> dict[str, Any]:
        """Run once; the time reaches from the first rank's begin to the last rank's end (one clock, one machine)."""
        helpers = [pid for pid in self.members() if pid not in self.hello["pids"]]
        for pid in helpers:
            process.reset_peak(pid)
        sampler = MemorySampler(self.members()) if sample_memory else None
        own, machine, begin = self.cpu_seconds(), process.machine_cpu_seconds(), time.monotonic()
        for channel in self.channels:
            channel.send({"run": True})
        messages = self.gather(begin + self.limit_seconds)
        own, machine = self.cpu_seconds() - own, process.machine_cpu_seconds() - machine
        wall_seconds = time.monotonic() - begin
        peaks = [message["peak_rss_bytes"] for message in messages]
        return {
            "seconds": max(m["end"] for m in messages) - min(m["begin"] for m in messages),
            "rank_seconds": [m["end"] - m["begin"] for m in messages],
            "cpu_seconds": None if helpers and self.ranks == 1 else sum(m["cpu_seconds"] for m in messages),
            "digest": messages[0]["digest"],
            "foreign_cores": max(0.0, (machine - own) / wall_seconds),
            "peak_rss_bytes": peaks if self.ranks > 1 else [peaks[0] + self.helper_peak_bytes()],
            "peak_pss_bytes": sampler.stop() if sampler else None,
        }

    def gather(self, deadline: float) -> list[dict[str, Any]]:
        """One message from every rank, or an error that tells what went wrong."""
        messages = []
        for channel in self.channels:
            channel.connection.settimeout(max(0.1, deadline - time.monotonic()))
            try:
                message = channel.receive()
            except TimeoutError:
                raise ParticipantError(f"ran past {self.limit_seconds:.0f} s: {self.said()}") from None
            if message is None or "error" in message:
                raise ParticipantError(message["error"] if message else f"ended early: {self.said()}")
            messages.append(message)
        return messages

    def members(self) -> list[int]:
        return process.tree(self.child.pid)

    def helper_peak_bytes(self) -> int:
        """Peaks of the processes that an engine started itself (a JVM, workers), added up: an upper bound."""
        helpers = [pid for pid in self.members() if pid not in self.hello["pids"]]
        return sum(process.status_bytes(pid, "VmHWM") for pid in helpers)

    def cpu_seconds(self) -> float:
        return process.cpu_seconds(self.members()) + process.cpu_seconds([os.getpid()])

    def said(self) -> str:
        """The end of what the processes printed."""
        return self.output.read_text(errors="replace")[-3000:].strip() or "(nothing printed)"

    def close(self) -> None:
        """Let the processes end, kill what is left, and forget the files."""
        members = self.members()
        for channel in self.channels:
            channel.close()
        try:
            self.child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in {*members, *self.members()}:
                process.end(pid, signal.SIGKILL)
            self.child.wait(END_SECONDS)
        self.listener.close()
        self.folder.cleanup()


class MemorySampler(threading.Thread):
    """Samples the proportional size of processes until it is stopped; shared pages count once."""

    def __init__(self, pids: list[int]) -> None:
        super().__init__(daemon=True)
        self.pids, self.peak_bytes, self.ended = pids, 0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self.ended.wait(SAMPLE_SECONDS):
            self.peak_bytes = max(self.peak_bytes, sum(map(process.proportional_bytes, self.pids)))

    def stop(self) -> int:
        self.ended.set()
        self.join()
        return self.peak_bytes
