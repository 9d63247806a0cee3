"""The kernels' tests again, on kernels built with the address and undefined-behaviour sanitizers.

For every change one test in eleven, in the nightly run all of them.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

ROOT = pathlib.Path(__file__).parents[2]
COMPILER = os.environ.get("CC", "cc")
# A prime, so that the sample meets every SIMD level.
SAMPLED = 11
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Python's own flags often hold -fwrapv, under which a signed overflow is no error.
FLAGS = "-O1 -g -fno-omit-frame-pointer -fno-wrapv -fsanitize=address,undefined -fno-sanitize-recover=all"


def runtime() -> tuple[str, str]:
    """The address sanitizer's shared library, which must be loaded first, and the flags that choose it."""
    version = subprocess.run([COMPILER, "--version"], capture_output=True, text=True).stdout
    is_clang = "clang" in version
    name = f"libclang_rt.asan-{os.uname().machine}.so" if is_clang else "libasan.so"
    path = subprocess.run([COMPILER, f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()
    if not os.path.isabs(path):
        pytest.skip(f"{COMPILER} has no {name}")
    return path, FLAGS + " -shared-libasan" * is_clang


class SanitizedTree:
    """A copy of what the kernels' tests need, with kernels that report bad memory accesses and arithmetic."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        for name in ("csrc", "pympr", "collectives", "rma", "jobs", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        for name in ("setup.py", "pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, folder / name)

    def build(self) -> None:
        self.library, flags = runtime()
        environment = dict(os.environ, PYMPR_CFLAGS=flags, PYMPR_LDFLAGS=flags)
        command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        # Hypothesis computes its table of characters once and keeps it; under the sanitizers that takes a minute.
        program = "import hypothesis.strategies as st; st.characters(categories=['Lu']).example()"
        subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=self.folder, check=True, timeout=120)

    def run(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        """Exit status and output of pytest on some files, and the line that a sanitizer reported, or ""."""
        options = "halt_on_error=1:print_stacktrace=1:exitcode=99"
        environment = {name: text for name, text in os.environ.items() if name != "PYMPR_TEST_FOLDER"}
        environment |= {
            "LD_PRELOAD": self.library,
            # CPython itself keeps memory until the end; leaks are not what the kernels, which allocate nothing, can do.
            "ASAN_OPTIONS": f"detect_leaks=0:malloc_context_size=3:{options}",
            "UBSAN_OPTIONS": options,
            "PYTHONMALLOC": "malloc",  # so that bytes objects have red zones too
            "PYTHONPATH": str(self.folder),
            "PYMPR_TEST_PROFILE": "quick",
        }
        # No capture: gcc's libubsan knows no log file, and pytest's would be lost with the process.
        command = [sys.executable, "-P", "-m", "pytest", "-q", "-x", "-s", "-p", "no:cacheprovider", "--timeout=600"]
        done = subprocess.run(
            [*command, *arguments], cwd=self.folder, env=environment | variables, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=800,
        )  # fmt: skip
        report = re.search(r".*(ERROR: AddressSanitizer|runtime error:).*", done.stdout)
        return done.returncode, done.stdout, report[0] if report else ""


PLANTED = """
    const char *bug = getenv("PLANTED_BUG");
    volatile int64_t top = INT64_MAX;
    if (bug && bug[0] == 'w')
        out[n] = 0;
    if (bug && bug[0] == 'o')
        top = top + 1;
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> SanitizedTree:
    """Sanitized kernels, one with two bugs that show where the environment asks for them."""
    tree = SanitizedTree(tmp_path_factory.mktemp("sanitized"))
    source = tree.folder / "csrc" / "hash.c"
    head = re.compile(r"(int pympr_hash_column_int64\([^)]*\)\n\{\n)")
    text, count = head.subn(lambda found: found[1] + PLANTED, source.read_text())
    assert count == 1
    source.write_text("#include <stdlib.h>\n" + text)
    tree.build()
    return tree


def run_all(tree: SanitizedTree, **variables: str) -> int:
    """How many of the kernels' tests passed: all of those that ran, else this fails."""
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "native").glob("test_*.py"))
    files.remove("tests/native/test_sanitizers.py")
    workers, passed = len(os.sched_getaffinity(0)), 0
    with ThreadPoolExecutor(workers) as pool:
        shares = [files[worker::workers] for worker in range(workers)]
        for status, output, report in pool.map(lambda share: tree.run(*share, **variables), shares):
            assert (status, report) == (0, ""), output
            passed += int(re.search(r"(\d+) passed", output)[1])
    return passed


def test_a_sample_of_the_kernels_tests(tree):
    assert run_all(tree, PYMPR_TEST_EVERY=str(SAMPLED)) > 300


@pytest.mark.nightly
def test_kernels_under_sanitizers(tree):
    assert run_all(tree) > 3000


@pytest.mark.parametrize(
    "bug, words", [("", ""), ("write past the end", "heap-buffer-overflow"), ("overflow", "signed integer overflow")]
)
def test_a_bug_is_reported(tree, bug, words):
    selected = ["tests/native/test_hash.py", "-k", "int64 or fixed or number"]
    status, output, report = tree.run(*selected, PLANTED_BUG=bug)
    assert words in report and (report == "") == (bug == ""), output
    assert status == (99 if bug else 0), output
