"""Files that nobody else finds, in folders that nobody else can change."""

import os

import pytest

from pympr.errors import ScratchError
from pympr.run.spill.folder import ScratchFolder, check_folder


def test_a_file_has_no_name(tmp_path):
    descriptor = ScratchFolder(str(tmp_path)).open()
    try:
        os.write(descriptor, b"x")
        assert list(tmp_path.iterdir()) == []
        assert os.fstat(descriptor).st_mode & 0o777 == 0o600
        assert os.fstat(descriptor).st_nlink == 0
    finally:
        os.close(descriptor)


def test_without_nameless_files_a_name_is_taken_back(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "O_TMPFILE")
    descriptor = ScratchFolder(str(tmp_path)).open()
    try:
        assert list(tmp_path.iterdir()) == []
        assert os.fstat(descriptor).st_mode & 0o777 == 0o600
    finally:
        os.close(descriptor)


def test_folders_of_others_are_refused(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    check_folder(str(folder))
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(ScratchError, match="symbolic link"):
        check_folder(str(link))
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ScratchError, match="not a folder"):
        check_folder(str(file))
    with pytest.raises(ScratchError, match="PYMPR_SCRATCH_DIR"):
        ScratchFolder(str(tmp_path / "none")).open()
    for mode in (0o777, 0o770, 0o722):
        folder.chmod(mode)
        with pytest.raises(ScratchError, match="others can write"):
            check_folder(str(folder))
    folder.chmod(0o1777)
    check_folder(str(folder))
