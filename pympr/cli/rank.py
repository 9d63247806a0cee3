"""One rank of `pympr run`: the guard first, then the program, so that none ends unseen, whatever it imports when."""

import sys

from pympr.cli.program import run
from pympr.run import early

if __name__ == "__main__":
    early.prepare()
    run(sys.argv[1:])
