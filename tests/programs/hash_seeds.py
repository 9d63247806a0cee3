"""Every rank has another PYTHONHASHSEED; what they agree on must not depend on it."""

import sys

from pympr.collectives.world import world
from pympr.run import guard
from pympr.run.agreement import agree_on, digest

WORLD = world()
guard.install(WORLD)
seeds = WORLD.comm.allgather(hash("a text"))
assert len(set(seeds)) == WORLD.size, "the seeds of hash() are equal: the test shows nothing"
fields = {name: name.upper() for name in {"action", "plan", "where", "stage", "input"}}
agree_on(WORLD, fields)
if WORLD.rank == 0:
    print(f"agreed on {digest(fields):016x}")
sys.exit(0)
