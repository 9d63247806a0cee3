"""The report of a run: what was asked, how it ran, how fast, on what."""

import json
import os
import time
from typing import Any

COLUMNS = ("partitions", "rows_read", "bytes_read", "rows", "rows_sent", "messages", "bytes_sent")


def facts(program: Any, done: dict, num_bytes: int, seconds: float) -> dict[str, Any]:
    """All that is known of a run as plain values; `done` is the context's report of its actions."""
    records = _records_read(done["ranks"]) if program.records is None else program.records
    program.note_unused(records)
    return {
        "job": program.name,
        "options": {name: value for name, value in vars(program.options).items() if value is not None},
        "ended": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "seconds": seconds,
        "records": records,
        "unit": program.unit,
        "input_bytes": num_bytes,
        "megabytes_per_second": num_bytes / 1e6 / seconds,
        "notes": program.notes,
        "plans": dict(program.plans),
        **done,
    }


def _records_read(ranks: list[dict]) -> int:
    """Records of the input: those of the action that read most, as a job may read twice."""
    totals = [_total(ranks, action, "rows_read") for action in range(len(ranks[0]["actions"]))]
    return max(totals, default=0)


def _total(ranks: list[dict], action: int, name: str) -> int:
    return sum(stage[name] for rank in ranks for stage in rank["actions"][action]["stages"])


def summary(facts: dict[str, Any]) -> str:
    """One line: records, bytes, seconds, bytes a second (MB are millions of bytes).

    >>> summary({"records": 1234, "unit": "lines", "input_bytes": 5_000_000, "seconds": 0.5,
    ...     "megabytes_per_second": 10.0, "machine": {"ranks": 2}})
    '1,234 lines, 5.0 MB in 0.50 s on 2 ranks: 10.0 MB/s'
    """
    ranks = facts["machine"]["ranks"]
    on = f"{ranks} rank{'s' if ranks > 1 else ''}"
    amount = f"{facts['records']:,} {facts['unit']}, {facts['input_bytes'] / 1e6:,.1f} MB"
    return f"{amount} in {facts['seconds']:.2f} s on {on}: {facts['megabytes_per_second']:,.1f} MB/s"


def write(folder: str | None, facts: dict[str, Any]) -> str:
    """Write report.txt and report.json into a new folder; a sentence that says where, or why not."""
    try:
        path = _new_folder(folder or os.path.join("pympr-runs", f"{facts['job']}-{time.strftime('%Y%m%d-%H%M%S')}"))
        with open(os.path.join(path, "report.json"), "x", encoding="utf-8") as file:
            json.dump(facts, file, indent=1, ensure_ascii=False, default=str)
        with open(os.path.join(path, "report.txt"), "x", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text_of(facts))
    except OSError as error:
        return f"no report: {error}"
    return f"report: {os.path.join(path, 'report.txt')}"


def _new_folder(wanted: str) -> str:
    """Make the folder, with a number added when its name is taken."""
    number, path = 1, wanted
    while True:
        try:
            os.makedirs(path)
            return path
        except FileExistsError:
            number += 1
            path = f"{wanted}-{number}"


def text_of(facts: dict[str, Any]) -> str:
    """The report for people."""
    sections = [
        (f"{facts['job']}, ended {facts['ended']}", [summary(facts), *facts["notes"]]),
        ("options", _pairs(facts["options"])),
        ("machine", _pairs(facts["machine"])),
        ("versions", _pairs(facts["versions"])),
        ("settings", [facts["settings"]]),
        ("ranks", _ranks(facts["ranks"])),
        ("stages", _stages(facts["ranks"])),
        *((f"plan: {title}", [text]) for title, text in facts["plans"].items()),
    ]
    return "\n".join(f"{title}\n{'-' * len(title)}\n" + "\n".join(lines) + "\n" for title, lines in sections)


def _pairs(values: dict[str, Any]) -> list[str]:
    return [f"{name}: {value}" for name, value in values.items()]


def _ranks(ranks: list[dict]) -> list[str]:
    return [
        f"rank {rank['rank']} on {rank['host']}: peak memory {rank['peak_bytes'] / 1e6:,.0f} MB, "
        f"{sum(action['seconds'] for action in rank['actions']):.3f} s in {len(rank['actions'])} actions"
        for rank in ranks
    ]


def _stages(ranks: list[dict]) -> list[str]:
    """Every stage of every action: sums over the ranks, then what each rank took."""
    lines = []
    for number, action in enumerate(ranks[0]["actions"]):
        lines.append(f"{action['action']} at {action['where']}: {action['seconds']:.3f} s")
        for position, stage in enumerate(action["stages"]):
            every = [rank["actions"][number]["stages"][position] for rank in ranks]
            lines += _stage(stage, every)
    return lines


def _stage(stage: dict, every: list[dict]) -> list[str]:
    sums = ", ".join(f"{name} {sum(one[name] for one in every):,}" for name in COLUMNS if any(o[name] for o in every))
    variant = f", {stage['variant']}" if stage["variant"] else ""
    lines = [f"  stage {stage['stage']} -> {stage['output']}{variant}: {sums}"]
    for rank, one in enumerate(every):
        own = ", ".join(f"{name} {one[name]:,}" for name in COLUMNS if one[name])
        lines.append(f"    rank {rank}: {one['seconds']:.3f} s + exchange {one['exchange_seconds']:.3f} s; {own}")
    return lines
