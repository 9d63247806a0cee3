"""python faults.py FAULT: rank 1 meets a fault while the others go on; the guard has to end all."""

import concurrent.futures
import os
import signal
import sys
import threading
import time

from pympr.collectives.world import world
from pympr.run import guard
from pympr.run.agreement import agree_on, call_site, fail_together

WORLD = world()
VICTIM = WORLD.size - 1


def count():
    agree_on(WORLD, {"action": "count", "where": call_site(), "plan": "text of the plan"})


def collect():
    agree_on(WORLD, {"action": "collect", "where": call_site(), "plan": "text of the plan"})


def live_thread():
    threading.Thread(target=time.sleep, args=(60,)).start()


def busy_executor():
    concurrent.futures.ThreadPoolExecutor(1).submit(time.sleep, 60)


def forked_child():
    pid = os.fork()
    if pid == 0:
        sys.exit(5)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5


def in_thread(work):
    thread = threading.Thread(target=work, name="worker")
    thread.start()
    thread.join()


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text for this one")


def fail(error):
    """One rank's error at the end of a stage."""
    caught = None
    try:
        if WORLD.rank == VICTIM:
            raise error
    except BaseException as own:
        caught = own
    fail_together(WORLD, caught, "partition 3, record 7", call_site())


# What the victim does between two actions.
ALONE = {
    "nothing": lambda: None,
    "raise": lambda: 1 / 0,
    "raise-live-thread": lambda: (live_thread(), 1 / 0),
    "exit-3": lambda: sys.exit(3),
    "raise-exit-3": lambda: exec("raise SystemExit(3)"),
    "exit-text": lambda: sys.exit("no input"),
    "exit-256": lambda: sys.exit(256),
    "exit-3-live-thread": lambda: (live_thread(), sys.exit(3)),
    "exit-3-busy-executor": lambda: (busy_executor(), sys.exit(3)),
    "exit-0": lambda: sys.exit(0),
    "caught-exit": lambda: exec("try: sys.exit(3)\nexcept SystemExit: pass"),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "leave-0": lambda: os._exit(0),
    "leave-5": lambda: os._exit(5),
    "interrupt": lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(1)),
    "other-action": collect,
    "thread-raises": lambda: in_thread(lambda: 1 / 0),
    "child-exits": forked_child,
}
# What every rank does instead of the second action.
TOGETHER = {
    "all-raise": lambda: exec("raise ValueError('on every rank')"),
    "all-exit-3": lambda: sys.exit(3),
    "others-work": lambda: sys.exit(4) if WORLD.rank == VICTIM else time.sleep(60),
    "others-in-barrier": lambda: 1 / 0 if WORLD.rank == VICTIM else WORLD.comm.Barrier(),
    "exit-others-in-barrier": lambda: sys.exit(4) if WORLD.rank == VICTIM else WORLD.comm.Barrier(),
    "late-end": lambda: time.sleep(2) if WORLD.rank == VICTIM else None,
    "finalize": lambda: __import__("mpi4py.MPI").MPI.Finalize(),
    "stage-raises": lambda: fail(KeyError("x")),
    "stage-exits": lambda: fail(SystemExit(9)),
    "stage-unprintable": lambda: fail(Unprintable()),
    "stage-unpicklable": lambda: fail(ValueError(lambda: None)),
    "stage-huge": lambda: fail(ValueError("x" * 30_000_000)),
}


def main(fault):
    guard.install(WORLD)
    count()
    if WORLD.rank == VICTIM:
        print(f"fault at {time.time()}", file=sys.stderr, flush=True)
        ALONE.get(fault, lambda: None)()
    TOGETHER.get(fault, count)()


if __name__ == "__main__":
    main(sys.argv[1])
