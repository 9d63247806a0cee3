"""Python functions over records, fused so that no list stands between them."""

import functools
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Any

from pympr.data.block import Block, ManyBlock, ObjectBlock
from pympr.plan.function import Function
from pympr.run.operators.quick import quick

Steps = tuple[tuple[str, Function], ...]
# In one comprehension: Python's compiler takes 200 parentheses in each other.
_MOST_STEPS = 100
_MOST_LISTS = 1 << 12
PIECE_ROWS = 1 << 10
"""Records taken at a time: what Python makes of more does not stay in the cache."""
MOST_RESULTS = 1 << 13
"""A block is given on when it has so many."""


def run_steps(steps: Steps, blocks: Iterator[Block]) -> Iterator[Block]:
    """Blocks of results, one or more for every block of records that gives any.

    The steps are one list comprehension: no list or iterator stands between them. An
    exception of a user function leaves as itself, with a note that says which record of
    which block it was.
    """
    # No generator over all blocks: it would hold one while the next is read, whose memory could be used again.
    for begin in range(0, len(steps), _MOST_STEPS):
        part = steps[begin : begin + _MOST_STEPS]
        compute = fused(tuple(verb for verb, _ in part))
        functions = [quick(function.call) for _, function in part]
        blocks = chain.from_iterable(map(partial(_run_block, compute, functions), blocks))
    return blocks


def parts_of(block: Block) -> list[Block]:
    """The block; of lists that are columns only so many at a time become objects."""
    if not isinstance(block, ManyBlock):
        return [block]
    return [block.slice(at, min(at + _MOST_LISTS, len(block))) for at in range(0, len(block), _MOST_LISTS)]


def _run_block(compute: Callable[..., list[Any]], functions: list[Callable[..., Any]], block: Block) -> Iterator[Block]:
    results: list[Any] = []
    for begin in range(0, len(block), PIECE_ROWS):
        results += _run_piece(compute, functions, block.slice(begin, min(begin + PIECE_ROWS, len(block))), begin)
        if len(results) >= MOST_RESULTS:
            yield ObjectBlock(results)
            results = []
    if results:
        yield ObjectBlock(results)


def _run_piece(compute: Callable[..., list[Any]], functions: list[Any], piece: Block, begin: int) -> list[Any]:
    """The results for records of a block from record number `begin` on."""
    records = piece.records()
    source = iter(records)
    try:
        return compute(source, *functions)
    except StopIteration as error:
        stopped = RuntimeError("a function raised StopIteration: give next() a default, or catch it in the function")
        _note_position(stopped, records, source, begin)
        raise stopped from error
    except Exception as error:
        _note_position(error, records, source, begin)
        raise


@functools.cache
def fused(verbs: tuple[str, ...]) -> Callable[..., list[Any]]:
    """A function of an iterator of records and one function a verb that gives the list of results.

    >>> fused(("map", "filter"))([1, 2, 3], lambda x: x * x, lambda x: x > 1)
    [4, 9]
    """
    clauses, value = ["for r0 in records"], "r0"
    for number, verb in enumerate(verbs):
        value, clause = _VERBS[verb](value, f"f{number}", f"r{number + 1}")
        clauses += [clause] if clause else []
    names = "".join(f", f{number}" for number in range(len(verbs)))
    space: dict[str, Any] = {}
    source = f"def fused(records{names}):\n    return [{value} {' '.join(clauses)}]"
    exec(compile(source, f"<pympr: {' -> '.join(verbs)}>", "exec"), space)
    return space["fused"]


def _filter(value: str, function: str, name: str) -> tuple[str, str]:
    if value.isidentifier():
        return value, f"if {function}({value})"
    return name, f"for {name} in [{value}] if {function}({name})"


def _map_values(value: str, function: str, name: str) -> tuple[str, str]:
    if value.isidentifier():
        return f"({value}[0], {function}({value}[1]))", ""
    return f"({name}[0], {function}({name}[1]))", f"for {name} in [{value}]"


def _flat_map_values(value: str, function: str, name: str) -> tuple[str, str]:
    pair, begin = (value, "") if value.isidentifier() else (f"{name}p", f"for {name}p in [{value}] ")
    return f"({pair}[0], {name})", f"{begin}for {name} in {function}({pair}[1])"


# What a verb makes of the text of a value: the text of the new value, and the clause that goes before it.
_VERBS: dict[str, Callable[[str, str, str], tuple[str, str]]] = {
    "map": lambda value, function, name: (f"{function}({value})", ""),
    "filter": _filter,
    "flatMap": lambda value, function, name: (name, f"for {name} in {function}({value})"),
    "mapValues": _map_values,
    "flatMapValues": _flat_map_values,
}


def _note_position(error: Exception, records: Any, source: Iterator[Any], begin: int) -> None:
    """The record at which the iterator stands is the one that failed."""
    hint = getattr(source, "__length_hint__", None)
    if hint is None or any("record " in note for note in getattr(error, "__notes__", ())):
        return
    position = len(records) - hint() - 1
    if 0 <= position < len(records):
        error.add_note(f"record {begin + position} of its block: {_short(records[position])}")


def _short(record: Any) -> str:
    try:
        text = repr(record)
    except Exception as error:
        text = f"<{type(record).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= 200 else text[:200] + "..."
