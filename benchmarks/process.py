"""What /proc says about a process and its descendants: CPU time, peak memory, what everybody else used meanwhile."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def tree(root: int) -> list[int]:
    """List `root`, its living descendants and whoever is left in the session it leads."""
    parent, session = {}, {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := stat_fields(int(entry.name))):
            parent[int(entry.name)], session[int(entry.name)] = int(fields[1]), int(fields[3])
    members = {pid for pid in session if pid == root or session[pid] == root}
    while found := {pid for pid in parent if pid not in members and parent[pid] in members}:
        members |= found
    return sorted(members)


def end(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def stat_fields(pid: int) -> list[str]:
    """The fields of /proc/pid/stat behind the name, from the state on; empty when the process is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def cpu_seconds(pids: list[int]) -> float:
    """CPU time of processes and of their children that have ended."""
    total = 0
    for pid in pids:
        fields = stat_fields(pid)
        total += sum(map(int, fields[11:15])) if fields else 0
    return total / TICKS


def machine_cpu_seconds() -> float:
    """CPU time that all processes used and that the hypervisor took away, without idling and waiting for disks."""
    fields = (PROC / "stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _wait, interrupt, soft_interrupt, stolen = map(int, fields[:8])
    return (user + nice + system + interrupt + soft_interrupt + stolen) / TICKS


def status_bytes(pid: int | str, name: str) -> int:
    """A size from /proc/pid/status such as VmHWM or VmRSS, in bytes; 0 when the process is gone."""
    try:
        text = (PROC / str(pid) / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    for line in text.splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


def reset_peak(pid: int | str = "self") -> None:
    """Start the peak resident size (VmHWM) of a process anew."""
    try:
        (PROC / str(pid) / "clear_refs").write_text("5")
    except (FileNotFoundError, ProcessLookupError):
        pass


def proportional_bytes(pid: int) -> int:
    """Resident bytes of a process, a page that n processes share counted as 1/n; 0 when it is gone."""
    try:
        text = (PROC / str(pid) / "smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)
