"""A place for files without names: what a rank writes there is gone with its process, however that ends."""

import errno
import os
import secrets
import stat
import tempfile

from pympr.errors import ScratchError


class ScratchFolder:
    """Opens files that only this process can reach, on the disk of a folder.

    Where the file system knows files that never have a name (`O_TMPFILE`) none is given;
    elsewhere a file lies for a moment in a folder of mode 0700 and is unlinked before a byte is
    written. Nobody finds it by name, and nothing is left after success, failure or SIGKILL.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path or tempfile.gettempdir()
        self._is_checked = False

    def checked(self) -> str:
        """The path, once it is known to be safe; ScratchError else."""
        if not self._is_checked:
            check_folder(self.path)
            self._is_checked = True
        return self.path

    def open(self) -> int:
        """The descriptor of a new file of mode 0600; ScratchError where there can be none."""
        try:
            return os.open(self.checked(), os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except AttributeError:  # not Linux
            pass
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL):
                raise _unusable(self.path, error) from error
        return self._open_and_unlink()

    def _open_and_unlink(self) -> int:
        try:
            folder = tempfile.mkdtemp(prefix="pympr-scratch-", dir=self.path)
            path = os.path.join(folder, secrets.token_hex(8))
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            os.unlink(path)
            os.rmdir(folder)
        except OSError as error:
            raise _unusable(self.path, error) from error
        return descriptor


def check_folder(path: str) -> None:
    """Raise ScratchError unless `path` is a folder, not a link, in which others cannot rename or remove our files.

    One that all may write to has to have the sticky bit, as /tmp has.
    """
    try:
        found = os.lstat(path)
    except OSError as error:
        raise _unusable(path, error) from error
    if stat.S_ISLNK(found.st_mode):
        raise ScratchError(f"scratch folder {path} is a symbolic link: name the folder itself in PYMPR_SCRATCH_DIR")
    if not stat.S_ISDIR(found.st_mode):
        raise ScratchError(f"scratch folder {path} is not a folder: name another one in PYMPR_SCRATCH_DIR")
    if found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX:
        raise ScratchError(
            f"scratch folder {path} has mode {stat.S_IMODE(found.st_mode):04o}: others can write there; "
            "give it mode 0700 or name another one in PYMPR_SCRATCH_DIR"
        )
    if found.st_uid not in (os.geteuid(), 0):
        raise ScratchError(
            f"scratch folder {path} belongs to user {found.st_uid}, not to user {os.geteuid()} or root; "
            "name another one in PYMPR_SCRATCH_DIR"
        )


def _unusable(path: str, error: OSError) -> ScratchError:
    return ScratchError(f"scratch folder {path}: {error.strerror}; name another one in PYMPR_SCRATCH_DIR")
