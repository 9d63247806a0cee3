"""The directory of a running job on each node: status pages, stacks, and who reports a failure."""

import os
import secrets
import shutil
import socket
import stat
import tempfile
import time
from pathlib import Path

from pympr.collectives.world import World
from pympr.errors import LaunchError
from pympr.run.meeting import tell
from pympr.run.pages import Page, read_pages
from pympr.run.processes import state_of

VARIABLE = "PYMPR_JOB_DIR"
_STARTING_SECONDS = 3600


class JobDirectory:
    """A directory of mode 0700 that the ranks of one node share; `is_kept` when `pympr run` made it and reads it."""

    def __init__(self, path: Path, is_kept: bool):
        self.path = path
        self.is_kept = is_kept

    def claim(self, name: str) -> bool:
        """True for the first caller of this `name` on the node, for nobody when the directory is gone."""
        try:
            os.close(os.open(self.path / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        except OSError:
            return False
        return True

    def write(self, name: str, text: str) -> None:
        """Write a small file that appears whole or not at all."""
        temporary = self.path / f".{name}.{os.getpid()}"
        with open(temporary, "x", opener=_open_private) as file:
            file.write(text)
        os.replace(temporary, self.path / name)

    def free(self) -> None:
        """Remove the directory, unless `pympr run` still reads it."""
        if not self.is_kept:
            shutil.rmtree(self.path, ignore_errors=True)


def _open_private(path, flags):
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def job_directory(world: World, base: str = "") -> JobDirectory:
    """The job's directory on this rank's node (collective at the first call, then kept with the world).

    It lies in `base`, else in the directory for temporary files, under a name that
    rank 0 draws; `pympr run` names it exactly. Raises LaunchError when it cannot
    be made, or belongs to someone else.
    """
    if "job_directory" not in world.attached:
        world.attached["job_directory"] = _open(world, base)
    return world.attached["job_directory"]


def _open(world: World, base: str) -> JobDirectory:
    given = os.environ.get(VARIABLE, "")
    name = f"pympr-{os.geteuid()}-{secrets.token_hex(8)}" if world.rank == 0 else ""
    name = tell(world, name.encode(), 0).decode()
    base = base or tempfile.gettempdir()
    if not given and world.node().rank == 0:
        sweep(Path(base))
    path = Path(_as_lowest_of_node(world, given or os.path.join(base, name)))
    _make(path)
    return JobDirectory(path, is_kept=bool(given))


def _as_lowest_of_node(world: World, path: str) -> str:
    """Ranks of a node may have a TMPDIR each; they share the lowest rank's."""
    node = world.node()
    return path if node.is_solo else tell(node, os.fsencode(path), 0).decode("utf-8", "surrogateescape")


def sweep(base: Path) -> None:
    """Remove the directories that jobs of this user left behind when every rank was killed at once."""
    for path in base.glob(f"pympr-{os.geteuid()}-*"):
        if _is_abandoned(path):
            shutil.rmtree(path, ignore_errors=True)


def _is_abandoned(path: Path) -> bool:
    """Whether all its pages are of processes that are gone; without a page, when it is too old to be just starting."""
    pages = read_pages(path)
    if pages:
        return not any(_may_live(page) for page in pages)
    try:
        return time.time() - path.stat().st_mtime > _STARTING_SECONDS
    except OSError:
        return False


def _may_live(page: Page) -> bool:
    return page.host != socket.gethostname() or state_of(page) != ""


def _make(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = os.lstat(path)
    except OSError as error:
        raise LaunchError(
            f"cannot make the job directory {path}: {error.strerror}; set PYMPR_RUN_DIR to a writable directory"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise LaunchError(
            f"{path} is not a directory of mode 0700 that belongs to user {os.geteuid()}; "
            "set PYMPR_RUN_DIR to another place"
        )
