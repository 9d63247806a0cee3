"""Several hosts on one machine: network namespaces with names, addresses and shared memory of their own.

MPI ranks in different hosts reach each other by TCP over a bridge only, with the rate and delay
asked for, and what leaves a host is counted by its device eth0. For root on Linux with iproute2.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_NET = "10.199.78"
_RELAY = Path(__file__).with_name("delay_relay.py")
_READY_SECONDS = 20
# Segmentation and checksums would be left to a device that has none (ethtool's commands for checksum, TSO, GSO).
_NO_OFFLOAD = """
import ctypes, fcntl, socket, struct
for command in (0x17, 0x1F, 0x24):
    value = ctypes.create_string_buffer(struct.pack("II", command, 0))
    fcntl.ioctl(socket.socket(), 0x8946, struct.pack("16sP16x", b"eth0", ctypes.addressof(value)))
"""
_RSH = """#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in -*) shift ;; *) break ;; esac
done
host=$1; shift
exec {enter} "$host" sh -c "$*"
"""
_ENTER = """#!/bin/sh
host=$1; shift
exec ip netns exec {tag}-$host unshare --uts --ipc --mount --propagation private sh -c '
  hostname "$1"
  mount --bind {folder}/hosts /etc/hosts
  mount -t tmpfs -o mode=1777 tmpfs /dev/shm
  shift
  exec "$@"' sh "$host" "$@"
"""


def obstacle() -> str | None:
    """Why there can be no hosts here, or None."""
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    missing = [name for name in ("ip", "tc", "unshare", "mount") if shutil.which(name) is None]
    if missing:
        return f"needs {', '.join(missing)} (iproute2, util-linux)"
    if find_mpirun() is None:
        return "needs mpirun"
    if not os.path.exists("/dev/net/tun"):
        return "needs /dev/net/tun"
    name = f"pympr-try-{os.getpid()}"
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    if tried.returncode:
        return f"no network namespaces: {tried.stderr.strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return None


def find_mpirun() -> str | None:
    """The launcher beside this Python, or else on the path."""
    return shutil.which("mpirun", path=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])


class Hosts:
    """`count` hosts h0, h1, ... for a `with` statement; each sends `rate` at most, frames are `delay_seconds` late."""

    def __init__(self, count: int = 4, slots: int = 2, rate: str = "1gbit", delay_seconds: float = 0.0):
        self.names = [f"h{index}" for index in range(count)]
        self._slots, self._rate, self._delay_seconds = slots, rate, delay_seconds
        self._tag = f"pympr{os.getpid()}"
        self._relays: list[subprocess.Popen] = []

    def __enter__(self) -> "Hosts":
        self.folder = Path(tempfile.mkdtemp(prefix="pympr-hosts-"))
        try:
            self._set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        for relay in self._relays:
            relay.kill()
            relay.wait()
        for name in [*self.names, "sw"]:
            subprocess.run(["ip", "netns", "del", f"{self._tag}-{name}"], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def mpirun(self, ranks: int, arguments: list[str], seconds: float, **environment: str) -> str:
        """Run a Python program on ranks over all hosts; its output. CalledProcessError when it fails."""
        mpirun = find_mpirun()
        said = subprocess.run([mpirun, "--version"], capture_output=True, text=True, timeout=60).stdout
        flags, extra = self._launcher(said)
        command = [self.folder / "enter", "h0", mpirun, *flags, "-n", str(ranks), sys.executable, *arguments]
        done = subprocess.run(
            list(map(str, command)),
            env=os.environ | {"UCX_TLS": "tcp,self"} | extra | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        return done.stdout

    def _launcher(self, version: str) -> tuple[list[str], dict[str, str]]:
        """The options by which a launcher starts ranks in other hosts, and its environment."""
        hostfile, rsh = str(self.folder / "hostfile"), str(self.folder / "rsh")
        slots = "{}:{}" if "HYDRA" in version else "{} slots={}"
        Path(hostfile).write_text("".join(slots.format(name, self._slots) + "\n" for name in self.names))
        if "HYDRA" in version:
            return ["-hostfile", hostfile, "-launcher", "ssh", "-launcher-exec", rsh], {}
        allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        flags = [
            "--hostfile",
            hostfile,
            "--map-by",
            f"ppr:{self._slots}:node:oversubscribe",
            "--prtemca",
            "plm_ssh_agent",
            rsh,
            "--prtemca",
            "plm",
            "ssh",
        ]
        return [*flags, "--mca", "btl", "self,sm,tcp", "--mca", "osc", "^ucx"], allowed

    def _set_up(self) -> None:
        lines = ["127.0.0.1 localhost", *(f"{_NET}.{place} {name}" for place, name in enumerate(self.names, 1))]
        (self.folder / "hosts").write_text("\n".join(lines) + "\n")
        for name, text in (("enter", _ENTER), ("rsh", _RSH)):
            text = text.replace("{tag}", self._tag).replace("{folder}", str(self.folder))
            (self.folder / name).write_text(text.replace("{enter}", str(self.folder / "enter")))
            (self.folder / name).chmod(0o755)
        self._ip("netns", "add", f"{self._tag}-sw")
        self._in("sw", "link", "add", "br0", "mtu", "9000", "type", "bridge")
        self._in("sw", "link", "set", "br0", "up")
        for place, name in enumerate(self.names, 1):
            self._add(place, name)
        end = time.monotonic() + _READY_SECONDS
        for relay in self._relays:
            if relay.stdout.readline() != "ready\n" or time.monotonic() > end:
                raise OSError("a cable's relay does not start")

    def _add(self, place: int, name: str) -> None:
        space, port = f"{self._tag}-{name}", f"p{place}"
        self._ip("netns", "add", space)
        cable = ("type", "veth", "peer", "name", port, "netns", f"{self._tag}-sw")
        self._ip("link", "add", "eth0", "netns", space, *cable)
        self._in(name, "link", "set", "lo", "up")
        self._in("sw", "link", "set", port, "mtu", "9000", "master", "br0", "up")
        self._in(name, "addr", "add", f"{_NET}.{place}/24", "dev", "eth0")
        self._in(name, "link", "set", "eth0", "mtu", "9000", "up")
        shape = ["tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", self._rate]
        self._exec(name, [*shape, "burst", "64kb", "latency", "100ms"])
        if self._delay_seconds:
            self._exec(name, [sys.executable, "-c", _NO_OFFLOAD])
            command = [sys.executable, str(_RELAY), port, f"t{place}", str(self._delay_seconds)]
            enter = ["ip", "netns", "exec", f"{self._tag}-sw"]
            self._relays.append(subprocess.Popen(enter + command, stdout=subprocess.PIPE, text=True))

    def _exec(self, name: str, command: list[str]) -> subprocess.CompletedProcess:
        enter = ["ip", "netns", "exec", f"{self._tag}-{name}"]
        return subprocess.run(enter + command, check=True, capture_output=True, text=True, timeout=60)

    def _in(self, name: str, *arguments: str) -> None:
        self._ip("-n", f"{self._tag}-{name}", *arguments)

    def _ip(self, *arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=60)
