#!/usr/bin/env python3
"""Real text without a download: Python's language reference and the sources of its standard library.

    python tests/real_text.py FOLDER

Writes FOLDER/reference.txt (English prose) and FOLDER/library.txt (tens of megabytes, depending on the
installation), both UTF-8, and prints their sizes.
"""

import pathlib
import sys
import sysconfig
from pydoc_data import topics


def write(folder: pathlib.Path) -> list[pathlib.Path]:
    """Write both files and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    reference, library = folder / "reference.txt", folder / "library.txt"
    reference.write_text("\n".join(topics.topics[name] for name in sorted(topics.topics)), encoding="utf-8")
    with open(library, "wb") as out:
        for path in sorted(pathlib.Path(sysconfig.get_path("stdlib")).rglob("*.py")):
            if "site-packages" not in path.parts and is_text(content := path.read_bytes()):
                out.write(content)
    return [reference, library]


def is_text(content: bytes) -> bool:
    """Whether it is UTF-8: a few files of Python's own tests are not, on purpose."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for written in write(pathlib.Path(sys.argv[1])):
        print(f"{written}: {written.stat().st_size / 1e6:.1f} MB")
