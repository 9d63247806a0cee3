"""Where pympr's time goes in one case: seconds of each repetition, then rank 0's functions by their own CPU time.

mpirun -n 2 python benchmarks/profile_case.py wordcount-zipf --scale small
"""

import argparse
import cProfile
import pstats
import sys
import time
from pathlib import Path

if __package__ in (None, ""):
    # The source tree comes last, so that an installed pympr with its kernels is the one that is measured.
    sys.path[0:1] = []
    sys.path.append(str(Path(__file__).parent.parent))

from benchmarks.catalogue import SCALES, cases  # noqa: E402
from benchmarks.data import cache  # noqa: E402
from benchmarks.peers import pympr_engine  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case")
    parser.add_argument("--scale", choices=SCALES, default="small")
    parser.add_argument("--data", type=Path, default=cache.default_root())
    parser.add_argument("--reps", type=int, default=2)
    parser.add_argument("--functions", type=int, default=25)
    options = parser.parse_args()
    case = next(case for case in cases(SCALES[options.scale]) if case.label == options.case)
    pympr_engine.start()
    world = pympr_engine.world()
    root = options.data / options.scale
    if world.rank == 0:
        case.input(root)
    world.barrier()
    parameters = {name: str(path) for name, path in case.input(root).items()}
    if case.writes_file:
        (root / "out").mkdir(exist_ok=True)
        parameters["out"] = str(root / "out" / f"{case.label}-profile")
    run, digest = getattr(pympr_engine, case.job)(**parameters)
    profile = cProfile.Profile(time.process_time)
    for repetition in range(options.reps + 1):
        world.barrier()
        begin, cpu = time.monotonic(), time.process_time()
        result = profile.runcall(run) if repetition == options.reps else run()
        seconds, cpu = time.monotonic() - begin, time.process_time() - cpu
        found = digest(result)
        if world.rank == 0:
            name = "profiled" if repetition == options.reps else str(repetition)
            print(f"{name}: {seconds:.3f} s, cpu {cpu:.3f} s, digest {found}")
    if world.rank == 0:
        pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(options.functions)


if __name__ == "__main__":
    main()
