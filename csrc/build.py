"""Build recipe of the kernels: one cffi extension from all of `csrc/*.c`.

The C declarations exist once, in the headers: lines that start with `#` are
dropped and the rest is what cffi sees. `PYMPR_OPENMP=0` builds without threads,
`PYMPR_CFLAGS` and `PYMPR_LDFLAGS` are appended (the sanitizer job uses them).
"""

import os
import pathlib
import shlex
import subprocess
import sys
import sysconfig
import tempfile

from cffi import FFI

HERE = pathlib.Path("csrc")
SOURCES = sorted(str(path) for path in HERE.glob("*.c"))
HEADERS = sorted(path for path in HERE.glob("*.h") if not path.name.endswith("_inline.h"))
CFLAGS = ["-std=gnu11", "-O3", "-fno-math-errno", "-Wall", "-Wextra", "-Wno-unknown-pragmas"]


def has_openmp() -> bool:
    """Whether the C compiler can build and link an OpenMP program."""
    if os.environ.get("PYMPR_OPENMP") == "0":
        return False
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "probe.c")
        source.write_text("#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n")
        compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
        command = [*compiler, "-fopenmp", str(source), "-o", str(source.with_suffix(""))]
        try:
            return subprocess.run(command, capture_output=True).returncode == 0
        except OSError:
            return False


def declarations() -> str:
    """The headers without their preprocessor lines and include guards."""
    lines = []
    for header in HEADERS:
        lines += [line for line in header.read_text().splitlines() if not line.startswith("#")]
    return "\n".join(lines)


OPENMP = ["-fopenmp"] if has_openmp() else []
if not OPENMP:
    print(
        "warning: pympr's kernels are built without OpenMP: every rank uses one core, however many it is given",
        file=sys.stderr,
    )

ffi = FFI()
ffi.cdef(declarations())
ffi.set_source(
    "pympr.native._kernels",
    "\n".join(f'#include "{header.name}"' for header in HEADERS),
    sources=SOURCES,
    include_dirs=[str(HERE)],
    depends=[str(path) for path in HERE.glob("*.h")],
    extra_compile_args=CFLAGS + OPENMP + shlex.split(os.environ.get("PYMPR_CFLAGS", "")),
    extra_link_args=OPENMP + shlex.split(os.environ.get("PYMPR_LDFLAGS", "")),
    py_limited_api=True,
)
