"""Input files, made once from a seed and kept until they are cleaned away."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def default_root() -> Path:
    """Where input lies when nobody says otherwise: outside the source tree."""
    return Path(tempfile.gettempdir()) / "pympr-bench"


def ensure(path: Path, write: Callable[[Path], None]) -> Path:
    """Return `path`, written by `write` unless it is there already; a half-written file never has its name."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(partial)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def remove(root: Path) -> None:
    """Remove all input and output below `root`."""
    shutil.rmtree(root, ignore_errors=True)
