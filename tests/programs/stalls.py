"""python stalls.py STALL: rank 1 keeps the others waiting; the watchdog has to say so."""

import os
import signal
import subprocess
import sys
import time

from pympr.collectives.world import world
from pympr.run import watch
from pympr.run.agreement import agree_on, call_site
from pympr.run.jobdir import job_directory
from pympr.run.pages import read_pages

WORLD = world()
STATION = watch.open(WORLD)
VICTIM = 1


def stop():
    os.kill(os.getpid(), signal.SIGSTOP)


def stop_for_a_while():
    subprocess.Popen(["/bin/sh", "-c", f"sleep 2; kill -CONT {os.getpid()}"])
    stop()


def endless_map():
    with STATION.doing("map", where="user.py:12", stage="stage 2"):
        STATION.progress(rows=1000, done=1, total=4)
        while True:
            pass


def slow_map():
    with STATION.doing("map", where="user.py:12", stage="stage 2"):
        for _ in range(25):
            time.sleep(0.1)
            STATION.progress(rows=1)


def all_stopped():
    """As a scheduler does that suspends a job: every rank, for longer than the limit."""
    others = " ".join(str(page.pid) for page in read_pages(job_directory(WORLD).path))
    subprocess.Popen(["/bin/sh", "-c", f"sleep 0.5; kill -STOP {others}; sleep 4; kill -CONT {others}"])
    for _ in range(15):
        time.sleep(0.1)


def other_collective():
    with STATION.doing("exchange", where="user.py:20", waits=True):
        WORLD.comm.Barrier()


STALLS = {
    "stop": stop,
    "stop-for-a-while": stop_for_a_while,
    "endless-map": endless_map,
    "slow-map": slow_map,
    "all-stopped": all_stopped,
    "other-collective": other_collective,
    "late-end": lambda: time.sleep(4),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "nothing": lambda: None,
}


def main(stall):
    agree_on(WORLD, {"action": "count", "where": call_site()})
    if WORLD.rank == VICTIM:
        print(f"fault at {time.time()}", file=sys.stderr, flush=True)
        STALLS[stall]()
    if stall != "late-end":
        agree_on(WORLD, {"action": "collect", "where": call_site()})


if __name__ == "__main__":
    main(sys.argv[1])
