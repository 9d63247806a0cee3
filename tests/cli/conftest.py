"""Programs that the tests of this folder launch."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "programs"))
