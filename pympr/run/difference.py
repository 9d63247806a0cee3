"""What differs between ranks that should do the same: found together, said in one message."""

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import NamedTuple

from pympr.collectives.world import World
from pympr.run.meeting import END, share, tell

_MOST_GROUPS = 6
_MOST_CHARACTERS = 300
_MOST_TEXT_BYTES = 1 << 16
_ADVICE = (
    "every rank must reach the same actions in the same order on the same data; look for a branch on the rank, "
    "the order of a set, a clock, a random number or a file list that differs"
)


class Group(NamedTuple):
    """Ranks that gave the same value of a field."""

    ranks: list[int]
    value: str | None


class Difference(NamedTuple):
    """What differs, and who reports it: a rank that ended with an error code, else the lowest still running."""

    message: str
    sides: str
    reporting_rank: int
    exit_code: int


def describe(world: World, fields: Mapping[str, str], exit_code: int = 0) -> Difference:
    """Compare the fields of all ranks (collective): digests are gathered, texts come from one rank of each group."""
    summary = {"digests": {name: _digest(text) for name, text in fields.items()}, "code": exit_code}
    summary |= {name: fields.get(name, "")[:_MOST_CHARACTERS] for name in ("action", "where")}
    summaries = [json.loads(part) for part in share(world, json.dumps(summary).encode())]
    name = first_differing([summary["digests"] for summary in summaries])
    groups = group_ranks([summary["digests"].get(name) for summary in summaries])
    shown = [Group(ranks, _text_of(world, fields, name, ranks[0])) for ranks in groups[:_MOST_GROUPS]]
    line = _first_differing_line([group.value for group in shown])
    sides = _describe_sides(name, shown, line, len(groups), summaries)
    heading = f"the ranks do not run the same program: {name} differs{'' if line is None else f' in line {line + 1}'}"
    return Difference("\n".join([heading, sides, _ADVICE]), sides, *_reporter(summaries))


def _reporter(summaries: list[dict]) -> tuple[int, int]:
    """The rank that reports, and the exit code of a script that ended with an error, else 0."""
    for rank, summary in enumerate(summaries):
        if summary["code"]:
            return rank, summary["code"]
    return next((rank for rank, summary in enumerate(summaries) if summary["action"] != END), 0), 0


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def first_differing(digests: list[dict[str, str]]) -> str:
    """The first field, in the order of the lowest rank that has it, whose digests differ or that some rank lacks.

    >>> first_differing([{"action": "a", "plan": "p"}, {"action": "a", "plan": "q"}])
    'plan'
    """
    names = dict.fromkeys(name for each in digests for name in each)
    return next(name for name in names if len({each.get(name) for each in digests}) > 1)


def group_ranks(values: list[str | None]) -> list[list[int]]:
    """The ranks of each value, by lowest rank.

    >>> group_ranks(["a", "b", "a"])
    [[0, 2], [1]]
    """
    groups: dict[str | None, list[int]] = {}
    for rank, value in enumerate(values):
        groups.setdefault(value, []).append(rank)
    return list(groups.values())


def fold(ranks: Iterable[int]) -> str:
    """Ranks as a person writes them.

    >>> fold([3]), fold([0, 2, 3, 4, 9])
    ('rank 3', 'ranks 0, 2-4, 9')
    """
    runs: list[list[int]] = []
    for rank in sorted(ranks):
        if runs and rank == runs[-1][1] + 1:
            runs[-1][1] = rank
        else:
            runs.append([rank, rank])
    texts = [str(low) if low == high else f"{low}-{high}" for low, high in runs]
    return f"{'rank' if len(runs) == 1 and runs[0][0] == runs[0][1] else 'ranks'} {', '.join(texts)}"


def _text_of(world: World, fields: Mapping[str, str], name: str, rank: int) -> str | None:
    own = json.dumps(fields.get(name)).encode() if world.rank == rank else b""
    if len(own) > _MOST_TEXT_BYTES:
        own = json.dumps(fields[name][: _MOST_TEXT_BYTES // 8]).encode()
    return json.loads(tell(world, own, rank))


def _describe_sides(name: str, groups: list[Group], line: int | None, num_groups: int, summaries: list[dict]) -> str:
    lines = [_describe_group(name, group, line, summaries[group.ranks[0]]) for group in groups]
    if num_groups > len(groups):
        lines.append(f"  and {num_groups - len(groups)} more variants")
    return "\n".join(lines)


def _describe_group(name: str, group: Group, line: int | None, summary: dict[str, str]) -> str:
    value = "(nothing)" if group.value is None else group.value
    if line is not None:
        value = (value.split("\n")[line : line + 1] or ["(ends before)"])[0].strip()
    if len(value) > _MOST_CHARACTERS:
        value = value[:_MOST_CHARACTERS] + " ..."
    where = f" in {summary['action']}" if name == "where" else f" at {summary['where']}"
    return f"  {fold(group.ranks)}: {value}{where if len(where) > 4 else ''}"


def _first_differing_line(values: list[str | None]) -> int | None:
    """Where texts of several lines part; None for texts of one line."""
    split = [(value or "").split("\n") for value in values]
    if max(map(len, split)) == 1:
        return None
    count = min(map(len, split))
    return next((line for line in range(count) if len({lines[line] for lines in split}) > 1), count)
