"""PySpark's own docstring examples pass, where PySpark is installed (nothing of it is run)."""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
# An installed PySpark of another environment will do.
FOLDER = os.environ.get("PYMPR_TEST_PYSPARK", "")


@pytest.mark.slow
@pytest.mark.skipif(
    not FOLDER and importlib.util.find_spec("pyspark") is None,
    reason="PySpark is not installed: pip install pyspark, or name its folder in PYMPR_TEST_PYSPARK",
)
@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_examples(tmp_path, ranks):
    counts = tmp_path / "counts.json"
    pympr = shutil.which("pympr", path=os.path.dirname(sys.executable))
    command = [pympr, "run", "-n", str(ranks), "-m", "benchmarks.pyspark_examples", "--json", str(counts)]
    command += ["--pyspark", FOLDER] if FOLDER else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(counts.read_text())
    print(done.stdout)
    assert found["failed"] == [] and found["passed"] == found["run"] > 400
