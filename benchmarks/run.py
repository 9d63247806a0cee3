"""Measure pympr against its peers and write the tables of docs/performance.md.

    python -m benchmarks.run all --scale small
    python -m benchmarks.run all --scale full --only wordcount,sort --reps 3

Input is made on first use below --data and kept; --clean removes a family's input after it was measured. Records stay
beside the input, so that families can be measured one by one; the tables are made of all records of the scale.
"""

import argparse
import importlib.util
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
if __package__ in (None, ""):
    sys.path[0] = str(ROOT)

from benchmarks import exchange_family, report, schedule  # noqa: E402
from benchmarks.catalogue import SCALES, Case, cases  # noqa: E402
from benchmarks.data import cache  # noqa: E402
from benchmarks.exchange_family import FAMILY  # noqa: E402

MODULES = {"pyspark": "pyspark", "dask": "dask.bag", "polars": "polars", "duckdb": "duckdb", "numpy": "numpy"}


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    # A measurement that is terminated ends its engines, which would spoil the next one.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    scale = SCALES[options.scale]
    root = options.data / scale.name
    chosen = [case for case in cases(scale) if selected(case, options)]
    records = options.data / "records" / scale.name
    with_exchange = options.what in ("all", FAMILY) and (not options.only or FAMILY in options.only)
    if not chosen and not with_exchange:
        raise SystemExit(f"no case matches: the families are {', '.join([*families(), FAMILY])}")
    wrong = with_exchange and not exchange_family.measure(scale.name, options.ranks, records)
    for case in chosen if options.what != "report" else []:
        engines = [name for name in ("pympr", *case.peers) if usable(name, options)]
        record = schedule.measure(case, root, options.reps or scale.repetitions, engines, options.ranks)
        report.save(records / f"{case.label}.json", record)
        wrong |= bool(record["wrong"]) or bool(record["engines"].get("pympr", {}).get("failure"))
        if options.clean:
            clean(case, root)
    report.write(options.output, records, [case.label for case in cases(scale)])
    return 1 if wrong else 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "what", choices=["all", "report", *families(), FAMILY], help="a family; report: only write the tables"
    )
    parser.add_argument("--scale", choices=SCALES, default="small")
    parser.add_argument("--only", type=names, default=[], help="families or cases such as sort-uniform, with commas")
    parser.add_argument("--engines", type=names, default=[], help="pympr and peers to run, with commas; default all")
    parser.add_argument("--reps", type=int, default=0, help="warm repetitions; default by scale")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--data", type=Path, default=cache.default_root(), help="where input and records lie")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance.md")
    parser.add_argument("--clean", action="store_true", help="remove a family's input when it was measured")
    return parser.parse_args(arguments)


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def families() -> list[str]:
    return list(dict.fromkeys(case.family for case in cases(SCALES["full"])))


def selected(case: Case, options: argparse.Namespace) -> bool:
    if options.what not in ("all", "report", case.family):
        return False
    return not options.only or case.family in options.only or case.label in options.only


def usable(engine: str, options: argparse.Namespace) -> bool:
    """Is the engine asked for and installed; says so when it is not."""
    if options.engines and engine not in options.engines:
        return False
    module = MODULES.get(engine, engine)
    try:
        found = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        print(f"{engine} is left out: {module} is not installed", file=sys.stderr)
    return found


def clean(case: Case, root: Path) -> None:
    for path in case.input(root).values():
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
