"""What is written beside an output until it is whole, and what killed jobs left of it."""

import fcntl
import hashlib
import os
import secrets
import shutil
import socket


def hidden_name(path: str) -> str:
    """A name beside `path` that no other job writes to, and that readers of the folder above pass over."""
    return f"{_prefix(path)}{secrets.token_hex(4)}"


def _prefix(path: str) -> str:
    """What names of this host's jobs with this output begin with."""
    folder, name = os.path.split(path)
    host = hashlib.blake2b(socket.gethostname().encode(), digest_size=4).hexdigest()
    return os.path.join(folder, f"_{name}.pympr-temporary-{host}-")


def hold(hidden: str) -> int:
    """A descriptor of a hidden file or folder of which others can tell that its job lives; close it in the end.

    Raises FileNotFoundError when another job took it for a dead one's between its
    making and this. Where the file system has no locks, nobody sweeps.
    """
    descriptor = os.open(hidden, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        return descriptor
    try:
        os.stat(hidden)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def sweep(path: str) -> list[str]:
    """Remove what jobs of this host with the output `path` left when all their ranks were killed; says what.

    Such a job's lock is free: the system drops it with the process, whatever became
    of it. What other hosts left stays, as their locks may not show here.
    """
    folder, prefix = os.path.split(_prefix(path))
    try:
        names = [name for name in os.listdir(folder or ".") if name.startswith(prefix)]
    except OSError:
        return []
    return [hidden for hidden in (os.path.join(folder, name) for name in sorted(names)) if remove_abandoned(hidden)]


def remove_abandoned(hidden: str) -> bool:
    """Remove what no living process holds, see `hold`; False when one does."""
    try:
        descriptor = os.open(hidden, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(hidden)
    except OSError:  # it is held, or this file system has no locks
        return False
    finally:
        os.close(descriptor)
    return True


def remove(hidden: str) -> None:
    """Remove a hidden file or folder, as far as it can be."""
    if os.path.isdir(hidden) and not os.path.islink(hidden):
        shutil.rmtree(hidden, ignore_errors=True)
    else:
        os.unlink(hidden)
