"""What a program did, where, and with which versions: plain values for a report."""

import os
import platform
import resource
import sys
from importlib import metadata
from typing import Any

from pympr.collectives.gather import gather_objects
from pympr.collectives.world import World, library_name
from pympr.config import Config
from pympr.run.records import ActionRecord

_PACKAGES = ("pympr", "numpy", "mpi4py")
_RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


def report(world: World, config: Config, records: list[ActionRecord], root: int) -> dict[str, Any] | None:
    """Machine, versions, settings, and the actions of every rank; at `root`, None elsewhere. Collective."""
    ranks = gather_objects(world, _own(world, records), root)
    if ranks is None:
        return None
    return {"machine": _machine(world), "versions": _versions(world), "settings": str(config), "ranks": ranks}


def _own(world: World, records: list[ActionRecord]) -> dict[str, Any]:
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT_BYTES
    actions = [record.as_dict() for record in records]
    return {"rank": world.rank, "host": world.hostname, "peak_bytes": peak_bytes, "actions": actions}


def _machine(world: World) -> dict[str, Any]:
    return {
        "host": world.hostname,
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "ranks": world.size,
    }


def _versions(world: World) -> dict[str, str]:
    found = {"python": platform.python_version(), "mpi": "none" if world.comm is None else library_name()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
