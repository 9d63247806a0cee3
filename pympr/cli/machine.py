"""What of this machine the process may use: cores and memory."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """Cores this process may run on: its core mask, less where a cgroup allows less time."""
    quota = quota_cores()
    return masked_cores() if quota is None else max(1, min(masked_cores(), int(quota)))


def masked_cores() -> int:
    """Cores in this process's core mask."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def quota_cores(root: Path = _ROOT, own: Path = _OWN) -> float | None:
    """The cores' worth of time that the cgroups of this process allow, None without a limit."""
    quotas = [_read_quota(folder) for folder in own_groups("cpu", root, own)]
    return min((quota for quota in quotas if quota is not None), default=None)


def memory_bytes(root: Path = _ROOT, own: Path = _OWN) -> int | None:
    """The memory this process may use: its cgroups' limit or all there is, None where the system does not say."""
    limits = [_physical_bytes()]
    for folder in own_groups("memory", root, own):
        limits += [_number(folder / "memory.max"), _number(folder / "memory.limit_in_bytes")]
    return min((limit for limit in limits if limit is not None), default=None)


def default_ranks(environment: Mapping[str, str]) -> int:
    """How many ranks to start unless told: the Slurm allocation's tasks, else the usable cores.

    >>> default_ranks({"SLURM_JOB_ID": "7", "SLURM_NTASKS": "128"})
    128
    """
    tasks = environment.get("SLURM_NTASKS", "")
    return int(tasks) if "SLURM_JOB_ID" in environment and tasks.isdigit() else usable_cores()


def own_groups(controller: str, root: Path = _ROOT, own: Path = _OWN) -> Iterator[Path]:
    """The folders of this process's cgroups for `controller` and of those around them; version 2 and version 1."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = root / controllers if controllers else root
        folder = top / path.lstrip("/")
        yield from (each for each in (folder, *folder.parents) if each == top or top in each.parents)


def _read_quota(folder: Path) -> float | None:
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        quota, period = str(_number(folder / "cpu.cfs_quota_us")), str(_number(folder / "cpu.cfs_period_us"))
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else None


def _number(path: Path) -> int | None:
    """The number in a file; "max", -1 and a missing file mean no limit."""
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _physical_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None
