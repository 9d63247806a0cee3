"""python talk.py [WORDS...]: every rank agrees with the others and says hello on both streams."""

import os
import sys

from pympr.collectives.world import world
from pympr.run import watch
from pympr.run.agreement import agree_on, call_site

WORLD = world()
watch.open(WORLD)
agree_on(WORLD, {"action": "count", "where": call_site()})
print(f"hello from rank {WORLD.rank} of {WORLD.size}", *sys.argv[1:])
print(f"a word of rank {WORLD.rank}", file=sys.stderr)
if "threads" in sys.argv and WORLD.rank == 0:
    print(f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS')}")
if "stdin" in sys.argv and WORLD.rank == 0:
    print(f"stdin: {sys.stdin.read()!r}")
