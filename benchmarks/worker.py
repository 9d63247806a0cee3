"""One engine's process: load, then run one job as often as the conductor asks. Ranks of pympr run this too.

Usage: python benchmarks/worker.py ENGINE JOB PARAMETERS_AS_JSON
"""

import gc
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    # The source tree comes last, so that an installed pympr with its kernels is the one that is measured.
    sys.path[0:1] = []
    sys.path.append(str(Path(__file__).parent.parent))

from benchmarks import process  # noqa: E402
from benchmarks.channel import PATH_VARIABLE, Channel, connect  # noqa: E402

STARTED_VARIABLE = "PYMPR_BENCH_STARTED"


def main() -> int:
    engine, job, parameters = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    channel = connect(os.environ[PATH_VARIABLE])
    try:
        serve(channel, engine, job, parameters)
    except BaseException:
        channel.send({"error": traceback.format_exc()})
        raise
    finally:
        channel.close()
    return 0


def serve(channel: Channel, engine: str, job: str, parameters: dict[str, Any]) -> None:
    """Load the engine and the data, then answer one message a repetition until the conductor hangs up."""
    module = importlib.import_module(f"benchmarks.peers.{engine}")
    module.start()
    startup_seconds = time.monotonic() - float(os.environ[STARTED_VARIABLE])
    loading = time.monotonic()
    run, digest = getattr(module, job)(**parameters)
    channel.send(
        {
            "pid": os.getpid(),
            "startup_seconds": startup_seconds,
            "load_seconds": time.monotonic() - loading,
            "versions": module.versions(),
        }
    )
    while (message := channel.receive()) is not None and message.get("run"):
        channel.send(repeat(run, digest))


def repeat(run: Callable[[], Any], digest: Callable[[Any], list]) -> dict[str, Any]:
    """Run once; the digest and the garbage collection are outside the time."""
    gc.collect()
    process.reset_peak()
    begin, cpu = time.monotonic(), time.process_time()
    result = run()
    measured = {
        "begin": begin,
        "end": time.monotonic(),
        "cpu_seconds": time.process_time() - cpu,
        "peak_rss_bytes": process.status_bytes("self", "VmHWM"),
    }
    return measured | {"digest": digest(result)}


if __name__ == "__main__":
    sys.exit(main())
