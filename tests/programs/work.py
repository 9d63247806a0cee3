"""python work.py SECONDS: a stage of parts on every rank, then an action; says what signals it got."""

import os
import signal
import sys
import time

from pympr.collectives.world import world
from pympr.run import watch
from pympr.run.agreement import agree_on, call_site

WORLD = world()
STATION = watch.open(WORLD)
PARTS = 10


def on_signal(number, frame):
    # Not print: the signal may come in the middle of one.
    os.write(1, f"rank {WORLD.rank} got {signal.Signals(number).name}\n".encode())


signal.signal(signal.SIGUSR1, on_signal)
agree_on(WORLD, {"action": "first", "where": call_site()})
print("at work", flush=True)
with STATION.doing("map", where=call_site(), stage="stage 1: map"):
    STATION.progress(total=PARTS * WORLD.size)
    for part in range(PARTS):
        time.sleep(float(sys.argv[1]) / PARTS)
        STATION.progress(rows=100, bytes=1000, done=1)
        if part == 5 and WORLD.rank == 0:
            print("half way", flush=True)
agree_on(WORLD, {"action": "count", "where": call_site()})
