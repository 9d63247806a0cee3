"""What the exchanges of an action cost, beside what was predicted: text for `explain`."""

from dataclasses import asdict
from typing import Any

from pympr.collectives.choose import explain_exchange
from pympr.collectives.gather import allgather_objects
from pympr.collectives.world import World
from pympr.run.records import ActionRecord

_COLUMNS = ("rows", "bytes", "messages", "rounds", "seconds", "of them waiting", "with arranging")
_PREDICTED = ("predicted_bytes", "predicted_messages", "predicted_seconds")


def show_measured(world: World, record: ActionRecord) -> str:
    """A table for each exchange of an action, on all ranks alike. Collective."""
    why = explain_exchange(world)
    ranks = allgather_objects(world, [asdict(stage) for stage in record.stages])
    parts = [_table(stages, why) for stages in zip(*ranks, strict=True) if stages[0]["output"] != "result"]
    return "\n".join(parts) or "nothing is exchanged"


def _table(ranks: tuple[dict[str, Any], ...], why: str) -> str:
    """One exchange, as all ranks have seen it: rows of all of them, the rest of the busiest."""
    first = ranks[0]
    variant = first["variant"] or "solo"
    reason = "" if why == variant else f" ({why})"
    title = f"stage {first['stage']} -> {first['output']}, by {variant}{reason}"
    times = [max(rank[name] for rank in ranks) for name in ("moving_seconds", "wait_seconds", "exchange_seconds")]
    most = [max(rank[name] for rank in ranks) for name in ("messages", "rounds")]
    moved_bytes = max(max(rank["bytes_sent"], rank["bytes_received"]) for rank in ranks)
    measured = (sum(rank["rows_sent"] for rank in ranks), moved_bytes, *most, *times)
    foretold = [max((rank[name] for rank in ranks if rank[name] is not None), default=None) for name in _PREDICTED]
    predicted = (None, foretold[0], foretold[1], None, foretold[2], None, None)
    lines = [("", _COLUMNS), ("predicted", map(_text, predicted)), ("measured", map(_text, measured))]
    return "\n".join([title, *(_line(name, cells) for name, cells in lines)])


def _line(name: str, cells: Any) -> str:
    return f"  {name:<9}" + "".join(f"{cell:>17}" for cell in cells)


def _text(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.6f}" if isinstance(value, float) else f"{value:,}"
