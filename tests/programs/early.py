"""python early.py FAULT: the last rank ends before it has started MPI; the others go on to their first action."""

import os
import subprocess
import sys
import time

from pympr.collectives.launcher import find_launch
from pympr.run import early

early.prepare()
LAUNCH = find_launch(os.environ)
IS_VICTIM = LAUNCH.rank == LAUNCH.size - 1


def child():
    """A process with the launcher's variables that is no rank."""
    code = "from pympr.run import early; early.prepare(); assert early._early is None"
    subprocess.run([sys.executable, "-c", code], check=True)


FAULTS = {
    "raise": lambda: 1 // 0,
    "exit-3": lambda: sys.exit(3),
    "exit-0": lambda: sys.exit(0),
    "child": child,
    "nothing": lambda: None,
}


def main(fault):
    if fault == "all-exit-2":
        sys.exit(2)
    if fault == "all-raise":
        raise ImportError("no such module on any rank")
    if fault == "all-end":
        return
    if IS_VICTIM:
        print(f"fault at {time.time()}", file=sys.stderr, flush=True)
        FAULTS[fault.removesuffix("-others-busy")]()
    elif fault.endswith("-others-busy"):
        time.sleep(60)
    from pympr.collectives.world import world
    from pympr.run import guard
    from pympr.run.agreement import agree_on, call_site

    ranks = world()
    if fault != "exit-3":
        # As a session does: its settings are agreed on before the guard is there.
        agree_on(ranks, {"action": "settings", "where": call_site()})
    guard.install(ranks)
    agree_on(ranks, {"action": "count", "where": call_site()})
    if ranks.rank == 0:
        print("counted")


if __name__ == "__main__":
    main(sys.argv[1])
