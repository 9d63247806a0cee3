"""python early_face.py FAULT: the last rank ends between the import of a face and its first use."""

import os
import sys

from pympr import SparkContext
from pympr.collectives.launcher import find_launch

launch = find_launch(os.environ)
if launch.rank == launch.size - 1:
    if sys.argv[1] == "raise":
        raise ValueError("before the context")
    sys.exit(int(sys.argv[1].removeprefix("exit-")))
print(SparkContext().range(10).sum())
